import { duplicate, type FieldError, forbidden, invalid, notSupported, path, required } from '../../../field-errors.js';
import type { Service, ServicePort, ServiceSpec } from '../../../gen/types.js';
import { validateLabels } from '../../../meta.js';
import { qualifiedNameErrors } from '../../../names.js';
import { ipAddress, ipRange, nonSpecialIpAddress } from '../../addresses.js';
import { dnsLabel, dnsSubdomain, oneOf, portNumber, portText } from '../../rules.js';
import { validateClusterIps } from './cluster-ips.js';
import { isHeadless, isReachedFromOutside, needsHealthCheck } from './needs.js';
import { OLD_TOPOLOGY, TOPOLOGY } from './warnings.js';

const spec = path('spec');
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const TRAFFIC_POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const SECONDS_OF_A_DAY = 86_400;
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const LOAD_BALANCERS_ONLY = "may only be used when `type` is 'LoadBalancer'";

export function validateService({ metadata, spec: own = {} }: Service, old?: Service): FieldError[] {
  const { annotations = {} } = metadata;
  const ports = own.ports ?? [];
  const errors = validateTopology(annotations);
  if (ports.length === 0 && !isHeadless(own) && own.type !== 'ExternalName') errors.push(required(spec.child('ports')));
  errors.push(...validateType(own));
  errors.push(...validatePorts(ports));
  errors.push(...validateLabels(own.selector, spec.child('selector')));
  errors.push(...validateAffinity(own));
  errors.push(...validateClusterIps(own, old?.spec));
  errors.push(...validateExternalIps(own, old?.spec));
  errors.push(...oneOfRequired(own.type, TYPES, 'type'));
  errors.push(...validateNodePorts(own, ports), ...validatePairs(ports));
  errors.push(...validateSourceRanges(own, annotations, old));
  errors.push(...validateNodePortAllocation(own));
  errors.push(...validateLoadBalancerClass(own));
  return [...errors, ...validateTraffic(own)];
}

function validateTopology(annotations: Record<string, string>): FieldError[] {
  const { [OLD_TOPOLOGY]: old, [TOPOLOGY]: mode } = annotations;
  if (old === undefined || mode === undefined || old === mode) return [];
  const text = `must match annotations[${OLD_TOPOLOGY}] when both are specified`;
  return [invalid(path('metadata', 'annotations').key(TOPOLOGY), mode, text)];
}

function oneOfRequired(value = '', supported: readonly string[], field: string): FieldError[] {
  return value === '' ? [required(spec.child(field))] : oneOf(value, supported, spec.child(field));
}

function validateType(own: ServiceSpec): FieldError[] {
  if (own.type === 'ExternalName') return validateExternalName(own);
  if (!isHeadless(own) || (own.type !== 'LoadBalancer' && own.type !== 'NodePort')) return [];
  return [invalid(spec.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${own.type} services`)];
}

function validateExternalName(own: ServiceSpec): FieldError[] {
  const text = 'may not be set for ExternalName services';
  const errors: FieldError[] = [];
  if ((own.clusterIPs?.length ?? 0) > 0) errors.push(forbidden(spec.child('clusterIPs'), text));
  if ((own.ipFamilies?.length ?? 0) > 0) errors.push(forbidden(spec.child('ipFamilies'), text));
  if (own.ipFamilyPolicy !== undefined) errors.push(forbidden(spec.child('ipFamilyPolicy'), text));
  const name = (own.externalName ?? '').replace(/\.$/, '');
  const at = spec.child('externalName');
  return [...errors, ...(name === '' ? [required(at)] : dnsSubdomain(name, at))];
}

function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = spec.child('ports').index(index);
    const { name = '', targetPort = 0, protocol = '', appProtocol } = port;
    const errors: FieldError[] = [];
    if (name === '' && ports.length > 1) errors.push(required(at.child('name')));
    if (name !== '') {
      errors.push(...dnsLabel(name, at.child('name')));
      if (names.has(name)) errors.push(duplicate(at.child('name'), name));
      names.add(name);
    }
    errors.push(...portNumber(port.port ?? 0, at.child('port')));
    errors.push(
      ...(protocol === '' ? [required(at.child('protocol'))] : oneOf(protocol, PROTOCOLS, at.child('protocol'))),
      ...portText(targetPort, at.child('targetPort')),
    );
    if (appProtocol === undefined) return errors;
    const texts = qualifiedNameErrors(appProtocol);
    return [...errors, ...texts.map((text) => invalid(at.child('appProtocol'), appProtocol, text))];
  });
}

function validateAffinity(own: ServiceSpec): FieldError[] {
  const errors = oneOfRequired(own.sessionAffinity, ['ClientIP', 'None'], 'sessionAffinity');
  const { sessionAffinityConfig: config } = own;
  const at = spec.child('sessionAffinityConfig');
  if (own.sessionAffinity === 'None' && config !== undefined)
    return [...errors, forbidden(at, 'must not be set when session affinity is None')];
  if (own.sessionAffinity !== 'ClientIP') return errors;
  if (config === undefined) return [...errors, required(at, 'when session affinity type is ClientIP')];
  if (config.clientIP === undefined)
    return [...errors, required(at.child('clientIP'), 'when session affinity type is ClientIP')];
  const { timeoutSeconds: seconds } = config.clientIP;
  const within = at.child('clientIP', 'timeoutSeconds');
  if (seconds === undefined) return [...errors, required(within, 'when session affinity type is ClientIP')];
  if (seconds > 0 && seconds <= SECONDS_OF_A_DAY) return errors;
  return [...errors, invalid(within, seconds, `must be greater than 0 and less than ${SECONDS_OF_A_DAY}`)];
}

function validateExternalIps({ externalIPs = [] }: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  return externalIPs.flatMap((ip, index) => {
    const at = spec.child('externalIPs').index(index);
    const errors = ipAddress(ip, at, old?.externalIPs);
    return errors.length > 0 ? errors : nonSpecialIpAddress(ip, at);
  });
}

function validateNodePorts({ type }: ServiceSpec, ports: readonly ServicePort[]): FieldError[] {
  const at = (index: number) => spec.child('ports').index(index).child('nodePort');
  const seen = new Set<string>();
  const unused = ports.flatMap(({ nodePort = 0 }, index) =>
    type === 'ClusterIP' && nodePort !== 0 ? [forbidden(at(index), "may not be used when `type` is 'ClusterIP'")] : [],
  );
  const twice = ports.flatMap(({ nodePort = 0, protocol }, index) => {
    if (nodePort === 0) return [];
    const pair = `${protocol}/${nodePort}`;
    const isTwice = seen.has(pair);
    seen.add(pair);
    return isTwice ? [duplicate(at(index), nodePort)] : [];
  });
  return [...unused, ...twice];
}

function validatePairs(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const pair = `${port.protocol}/${port.port ?? 0}`;
    const isTwice = seen.has(pair);
    seen.add(pair);
    return isTwice ? [duplicate(spec.child('ports').index(index), shownPort(port))] : [];
  });
}

/** Upstream shows the pair that clashes in its internal struct. */
function shownPort({ port = 0, protocol = '' }: ServicePort): object {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}

function validateSourceRanges(
  { type, loadBalancerSourceRanges: ranges = [] }: ServiceSpec,
  annotations: Record<string, string>,
  old: Service | undefined,
): FieldError[] {
  const isUnused = type !== 'LoadBalancer';
  if (ranges.length > 0) {
    const at = spec.child('LoadBalancerSourceRanges');
    const before = (old?.spec?.loadBalancerSourceRanges ?? []).map((it) => it.trim());
    return [
      ...(isUnused ? [forbidden(at, LOAD_BALANCERS_ONLY)] : []),
      ...ranges.flatMap((range, index) => ipRange(range.trim(), at.index(index), before)),
    ];
  }
  const text = annotations[SOURCE_RANGES];
  if (text === undefined) return [];
  const at = path('metadata', 'annotations').key(SOURCE_RANGES);
  const isSame = old?.metadata.annotations?.[SOURCE_RANGES] === text;
  return [
    ...(isUnused ? [forbidden(at, LOAD_BALANCERS_ONLY)] : []),
    ...(text.trim() === '' || isSame ? [] : text.split(',').flatMap((range) => ipRange(range.trim(), at))),
  ];
}

function validateNodePortAllocation({ type, allocateLoadBalancerNodePorts: allocates }: ServiceSpec): FieldError[] {
  if (type === 'LoadBalancer') return allocates === undefined ? [required('allocateLoadBalancerNodePorts')] : [];
  return allocates === undefined ? [] : [forbidden(spec.child('allocateLoadBalancerNodePorts'), LOAD_BALANCERS_ONLY)];
}

export function validateLoadBalancerClass({ type, loadBalancerClass: name }: ServiceSpec): FieldError[] {
  if (name === undefined) return [];
  const at = spec.child('loadBalancerClass');
  if (type !== 'LoadBalancer') return [forbidden(at, LOAD_BALANCERS_ONLY)];
  return qualifiedNameErrors(name).map((text) => invalid(at, name, text));
}

function validateTraffic(own: ServiceSpec): FieldError[] {
  const { type = '', externalTrafficPolicy = '', internalTrafficPolicy, trafficDistribution } = own;
  const errors: FieldError[] = [];
  if (isReachedFromOutside(own))
    errors.push(...oneOfRequired(externalTrafficPolicy, TRAFFIC_POLICIES, 'externalTrafficPolicy'));
  else if (externalTrafficPolicy !== '') {
    const text = 'may only be set for externally-accessible services';
    errors.push(invalid(spec.child('externalTrafficPolicy'), externalTrafficPolicy, text));
  }
  errors.push(...validateHealthCheck(own));
  const isRequired = ['ClusterIP', 'LoadBalancer', 'NodePort'].includes(type);
  if (internalTrafficPolicy === undefined) {
    if (isRequired) errors.push(required(spec.child('internalTrafficPolicy')));
  } else errors.push(...oneOf(internalTrafficPolicy, TRAFFIC_POLICIES, spec.child('internalTrafficPolicy')));
  if (trafficDistribution === undefined || DISTRIBUTIONS.includes(trafficDistribution)) return errors;
  return [...errors, notSupported(spec.child('trafficDistribution'), trafficDistribution, DISTRIBUTIONS)];
}

function validateHealthCheck(own: ServiceSpec): FieldError[] {
  const at = spec.child('healthCheckNodePort');
  const port = own.healthCheckNodePort ?? 0;
  if (needsHealthCheck(own)) return port === 0 ? [required(at)] : portNumber(port, at);
  const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return port === 0 ? [] : [invalid(at, port, text)];
}
