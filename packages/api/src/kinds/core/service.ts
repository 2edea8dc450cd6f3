import { duplicate, type FieldError, forbidden, invalid, path, required } from '../../field-errors.js';
import type { Service, ServicePort, ServiceSpec } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { dnsLabelName, immutableField, validateLabels } from '../../meta.js';
import { isIpv4, isIpv6 } from '../../names.js';
import { ageColumn, labelsText, nameColumn } from '../columns.js';
import { dnsLabel, dnsSubdomain, inRange, ipAddress, oneOf, oneOfOrAbsent, portNumber, portText } from '../rules.js';

const spec = path('spec');
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const SECONDS_OF_THREE_HOURS = 10_800;
const SECONDS_OF_A_DAY = 86_400;

/** Cluster addresses and node ports are given by the API server, which knows what is taken. */
export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  nameRule: dnsLabelName,
  subresources: [
    {
      name: 'proxy',
      gvk: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
    status,
  ],
  columns: [
    nameColumn(),
    { name: 'Type', type: 'string', value: (it) => it.spec?.type ?? '' },
    { name: 'Cluster-IP', type: 'string', value: (it) => it.spec?.clusterIPs?.[0] ?? it.spec?.clusterIP ?? '<none>' },
    { name: 'External-IP', type: 'string', value: externalIpText },
    { name: 'Port(s)', type: 'string', value: portsText },
    ageColumn(),
    { name: 'Selector', type: 'string', priority: 1, value: (it) => labelsText(it.spec?.selector) },
  ],
  selectableFields: {
    'spec.clusterIP': (it) => it.spec?.clusterIP ?? '',
    'spec.type': (it) => it.spec?.type ?? '',
  },
  defaults({ spec: own, status: state }) {
    if (own !== undefined) defaultSpec(own);
    if (own?.type !== 'LoadBalancer') return;
    for (const ingress of state?.loadBalancer?.ingress ?? []) if (ingress.ip !== undefined) ingress.ipMode ??= 'VIP';
  },
  validate: (it) => validateSpec(it.spec ?? {}),
  validateUpdate: (next, old) => {
    const [now, before] = [next.spec ?? {}, old.spec ?? {}];
    if (before.type === 'ExternalName' || now.type === 'ExternalName') return [];
    if ((before.clusterIP ?? '') === '') return [];
    return immutableField(
      now.clusterIPs ?? [now.clusterIP],
      before.clusterIPs ?? [before.clusterIP],
      spec.child('clusterIPs').index(0),
    ).map((error) => ({ ...error, value: now.clusterIPs ?? null, detail: 'may not change once set' }));
  },
  validateStatusUpdate: validateIngress,
  strategy: {
    allowCreateOnUpdate: true,
    warnings: ({ spec: own = {} }) => serviceWarnings(own),
    prepareForUpdate(next, old) {
      keepAllocated(next.spec ?? {}, old.spec ?? {});
    },
  },
});

function defaultSpec(own: ServiceSpec): void {
  own.type ??= 'ClusterIP';
  own.sessionAffinity ??= 'None';
  if (own.sessionAffinity === 'None') delete own.sessionAffinityConfig;
  if (own.sessionAffinity === 'ClientIP') {
    own.sessionAffinityConfig ??= {};
    own.sessionAffinityConfig.clientIP ??= {};
    own.sessionAffinityConfig.clientIP.timeoutSeconds ??= SECONDS_OF_THREE_HOURS;
  }
  for (const port of own.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '')
      port.targetPort = port.port ?? 0;
  }
  const isExternal = own.type === 'NodePort' || own.type === 'LoadBalancer';
  if (isExternal) own.externalTrafficPolicy ??= 'Cluster';
  if (isExternal || own.type === 'ClusterIP') own.internalTrafficPolicy ??= 'Cluster';
  if (own.type === 'LoadBalancer') own.allocateLoadBalancerNodePorts ??= true;
}

/** What was allocated stays, as long as the type has a use for it; what another type used goes. */
function keepAllocated(next: ServiceSpec, old: ServiceSpec): void {
  if (next.type === 'ExternalName') {
    for (const field of CLUSTER_ONLY) delete next[field];
  } else if (old.type !== 'ExternalName') {
    if ((next.clusterIP ?? '') === '' && (next.clusterIPs?.length ?? 0) === 0)
      copy(next, old, 'clusterIP', 'clusterIPs');
    copyAbsent(next, old, 'ipFamilies', 'ipFamilyPolicy');
  }
  const hadNodePorts = old.type === 'NodePort' || old.type === 'LoadBalancer';
  const hasNodePorts = next.type === 'NodePort' || next.type === 'LoadBalancer';
  if (hadNodePorts && !hasNodePorts) {
    if (next.externalTrafficPolicy === old.externalTrafficPolicy) delete next.externalTrafficPolicy;
    if (next.healthCheckNodePort === old.healthCheckNodePort) delete next.healthCheckNodePort;
    const had = new Set((old.ports ?? []).map((it) => it.nodePort));
    for (const port of next.ports ?? []) if (had.has(port.nodePort)) delete port.nodePort;
  }
  if (hadNodePorts && hasNodePorts) keepNodePorts(next, old);
}

const CLUSTER_ONLY = [
  ...(['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const),
  ...(['externalTrafficPolicy', 'healthCheckNodePort', 'allocateLoadBalancerNodePorts'] as const),
];

function keepNodePorts(next: ServiceSpec, old: ServiceSpec): void {
  const idOf = ({ port, protocol }: ServicePort) => `${port}/${protocol}`;
  // Of several that are alike the first counts.
  const had = new Map([...(old.ports ?? [])].reverse().map((it) => [idOf(it), it.nodePort]));
  const taken = new Set((next.ports ?? []).map((port) => port.nodePort ?? 0));
  for (const port of next.ports ?? []) {
    const before = had.get(idOf(port));
    if ((port.nodePort ?? 0) === 0 && before !== undefined && !taken.has(before)) port.nodePort = before;
  }
}

function copy(next: ServiceSpec, old: ServiceSpec, ...fields: (keyof ServiceSpec)[]): void {
  for (const field of fields) if (old[field] !== undefined) Object.assign(next, { [field]: old[field] });
}

function copyAbsent(next: ServiceSpec, old: ServiceSpec, ...fields: (keyof ServiceSpec)[]): void {
  copy(next, old, ...fields.filter((field) => next[field] === undefined));
}

function validateSpec(own: ServiceSpec): FieldError[] {
  const isHeadless = own.clusterIP === 'None' || own.clusterIPs?.[0] === 'None';
  const ports = own.ports ?? [];
  const errors: FieldError[] = [];
  if (ports.length === 0 && !isHeadless && own.type !== 'ExternalName') errors.push(required(spec.child('ports')));
  errors.push(...validateTypeRules(own, isHeadless));
  errors.push(...validatePorts(own, ports, isHeadless));
  errors.push(...validateLabels(own.selector, spec.child('selector')));
  errors.push(...validateAffinity(own), ...validateClusterIps(own), ...validateAddresses(own));
  if (!TYPES.includes(own.type ?? '')) errors.push(...oneOf(own.type, TYPES, spec.child('type')));
  errors.push(...validateNodePorts(own, ports), ...validateTraffic(own));
  return errors;
}

function validateTypeRules(own: ServiceSpec, isHeadless: boolean): FieldError[] {
  const clusterIps = spec.child('clusterIPs').index(0);
  if (own.type === 'ExternalName') {
    const name = (own.externalName ?? '').replace(/\.$/, '');
    const errors: FieldError[] = [];
    if ((own.clusterIP ?? '') !== '')
      errors.push(forbidden(clusterIps, `may not be set when \`type\` is 'ExternalName'`));
    errors.push(
      ...(name === '' ? [required(spec.child('externalName'))] : dnsSubdomain(name, spec.child('externalName'))),
    );
    return errors;
  }
  if (isHeadless && own.type !== 'ClusterIP' && TYPES.includes(own.type ?? '')) {
    return [invalid(clusterIps, 'None', `may not be set to 'None' for ${own.type} services`)];
  }
  return [];
}

function validatePorts(own: ServiceSpec, ports: readonly ServicePort[], isHeadless: boolean): FieldError[] {
  const names = new Set<string>();
  const errors = ports.flatMap((port, index) => {
    const at = spec.child('ports').index(index);
    const { name = '', targetPort = 0, protocol = '' } = port;
    const found: FieldError[] = [];
    if (name === '' && ports.length > 1) found.push(required(at.child('name')));
    if (name !== '') {
      found.push(...dnsLabel(name, at.child('name')));
      if (names.has(name)) found.push(duplicate(at.child('name'), name));
      names.add(name);
    }
    found.push(...portNumber(port.port ?? 0, at.child('port')));
    found.push(
      ...(protocol === '' ? [required(at.child('protocol'))] : oneOf(protocol, PROTOCOLS, at.child('protocol'))),
    );
    found.push(...portText(targetPort, at.child('targetPort')));
    if (isHeadless && own.type === 'ClusterIP' && targetPort !== port.port && own.selector === undefined) return found;
    return found;
  });
  const pairs = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const pair = `${port.protocol}/${port.port}`;
    if (pairs.has(pair)) errors.push(duplicate(spec.child('ports').index(index), shownPort(port)));
    pairs.add(pair);
  }
  return errors;
}

/** Upstream shows the pair that clashes in its internal struct. */
function shownPort({ port, protocol }: ServicePort): object {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}

function validateAffinity(own: ServiceSpec): FieldError[] {
  const affinity = own.sessionAffinity ?? '';
  const at = spec.child('sessionAffinity');
  if (affinity === '') return [required(at)];
  const errors = oneOf(affinity, ['ClientIP', 'None'], at);
  const seconds = own.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (affinity !== 'ClientIP' || seconds === undefined) return errors;
  const config = spec.child('sessionAffinityConfig', 'clientIP', 'timeoutSeconds');
  if (seconds > 0 && seconds <= SECONDS_OF_A_DAY) return errors;
  return [...errors, invalid(config, seconds, `must be greater than 0 and less than ${SECONDS_OF_A_DAY}`)];
}

function validateClusterIps(own: ServiceSpec): FieldError[] {
  const ips = own.clusterIPs ?? (own.clusterIP === undefined ? [] : [own.clusterIP]);
  return ips.flatMap((ip, index) => {
    if (ip === '' || ip === 'None') return [];
    return ipAddress(ip, spec.child('clusterIPs').index(index));
  });
}

function validateAddresses(own: ServiceSpec): FieldError[] {
  return (own.externalIPs ?? []).flatMap((ip, index) => {
    const at = spec.child('externalIPs').index(index);
    const errors = ipAddress(ip, at);
    return errors.length > 0 ? errors : notSpecial(ip).map((text) => invalid(at, ip, text));
  });
}

/** Addresses that no outside client can mean. */
function notSpecial(ip: string): string[] {
  if (ip === '0.0.0.0' || ip === '::') return [`may not be unspecified (${ip})`];
  if ((isIpv4(ip) && ip.startsWith('127.')) || ip === '::1')
    return ['may not be in the loopback range (127.0.0.0/8, ::1/128)'];
  if ((isIpv4(ip) && ip.startsWith('169.254.')) || (isIpv6(ip) && /^fe[89ab]/i.test(ip))) {
    return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)'];
  }
  if (isIpv4(ip) && ip.startsWith('224.0.0.'))
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'];
  return [];
}

function validateIngress(it: Service): FieldError[] {
  return (it.status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '', ipMode }, index) => {
    const at = path('status', 'loadBalancer', 'ingress').index(index);
    const errors = ip === '' ? [] : ipAddress(ip, at.child('ip'));
    if (ip !== '' && ipMode === undefined)
      errors.push(required(at.child('ipMode'), 'must be specified when `ip` is set'));
    if (ip === '' && ipMode !== undefined)
      errors.push(forbidden(at.child('ipMode'), 'may not be specified when `ip` is not set'));
    if (ipMode !== undefined) errors.push(...oneOf(ipMode, ['Proxy', 'VIP'], at.child('ipMode')));
    return hostname === '' ? errors : [...errors, ...dnsSubdomain(hostname, at.child('hostname'))];
  });
}

function validateNodePorts(own: ServiceSpec, ports: readonly ServicePort[]): FieldError[] {
  if (own.type !== 'ClusterIP') return [];
  return ports.flatMap((port, index) => {
    if ((port.nodePort ?? 0) === 0) return [];
    return [
      forbidden(spec.child('ports').index(index).child('nodePort'), "may not be used when `type` is 'ClusterIP'"),
    ];
  });
}

function validateTraffic(own: ServiceSpec): FieldError[] {
  const at = spec.child('externalTrafficPolicy');
  const isExternal = own.type === 'NodePort' || own.type === 'LoadBalancer' || (own.externalIPs?.length ?? 0) > 0;
  const errors: FieldError[] = [];
  if (own.externalTrafficPolicy !== undefined && !isExternal) {
    errors.push(invalid(at, own.externalTrafficPolicy, 'may only be set for externally-accessible services'));
  } else errors.push(...oneOfOrAbsent(own.externalTrafficPolicy, ['Cluster', 'Local'], at));
  if (own.healthCheckNodePort !== undefined) {
    errors.push(...inRange(own.healthCheckNodePort, 0, 65535, spec.child('healthCheckNodePort')));
  }
  errors.push(...oneOfOrAbsent(own.internalTrafficPolicy, ['Cluster', 'Local'], spec.child('internalTrafficPolicy')));
  const policies = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];
  return [...errors, ...oneOfOrAbsent(own.ipFamilyPolicy, policies, spec.child('ipFamilyPolicy'))];
}

function externalIpText(it: Service): string {
  const own = it.spec ?? {};
  const given = own.externalIPs ?? [];
  const balanced = (it.status?.loadBalancer?.ingress ?? []).map((ingress) => ingress.ip || ingress.hostname || '');
  switch (own.type) {
    case 'LoadBalancer':
      if (balanced.length + given.length > 0) return [...balanced, ...given].join(',');
      return '<pending>';
    case 'ExternalName':
      return own.externalName ?? '';
    default:
      return given.length > 0 ? given.join(',') : '<none>';
  }
}

function portsText(it: Service): string {
  const ports = (it.spec?.ports ?? []).map(({ port, nodePort = 0, protocol }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.length === 0 ? '<none>' : ports.join(',');
}

function serviceWarnings(own: ServiceSpec): string[] {
  const { type, clusterIP, loadBalancerIP, externalIPs = [], externalName, sessionAffinity, trafficDistribution } = own;
  const warnings: string[] = [];
  const isExternalName = type === 'ExternalName';
  if (!isExternalName && clusterIP === 'None') {
    if (loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored when spec.clusterIP is "None"');
    if (externalIPs.length > 0) warnings.push('spec.externalIPs is ignored when spec.clusterIP is "None"');
    if (sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored when spec.clusterIP is "None"');
  }
  if (externalIPs.length > 0) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
    if (isExternalName) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!isExternalName && externalName)
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (trafficDistribution === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}
