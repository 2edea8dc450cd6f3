import { parseAddress } from '../../addresses.js';
import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { wildcardSubdomainErrors } from '../../names.js';
import { wasSaidEmpty } from '../../normalize.js';
import { ipAddress } from '../addresses.js';
import { ageColumn, nameColumn } from '../columns.js';
import { validateHostname } from '../core/service/load-balancer-status.js';
import { ingressWarnings } from '../core/service/warnings.js';
import { dnsLabel, dnsSubdomain, oneOf, portText } from '../rules.js';
import { validateTypedReference } from './references.js';

const spec = path('spec');
const SHOWN_MAX = 3;

const OLD_CLASS = 'kubernetes.io/ingress.class';

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  scope: 'Namespaced',
  updateMetadata: 'both',
  generation: ['spec'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Class', type: 'string', value: classText },
    { name: 'Hosts', type: 'string', value: (it) => hostsText(it.spec?.rules ?? []) },
    { name: 'Address', type: 'string', value: addressText },
    { name: 'Ports', type: 'string', value: (it) => ((it.spec?.tls?.length ?? 0) > 0 ? '80, 443' : '80') },
    ageColumn(),
  ],
  validate: (it, old) => [...validateSpec(it), ...(old === undefined ? validateOldClass(it) : [])],
  validateStatusUpdate: validateStatus,
  strategy: {
    warnings: ({ metadata, spec: own }, old) =>
      old !== undefined || metadata.annotations?.[OLD_CLASS] === undefined || own?.ingressClassName !== undefined
        ? []
        : [`annotation "${OLD_CLASS}" is deprecated, please use 'spec.ingressClassName' instead`],
    statusWarnings: ({ status: state }) => ingressWarnings(state?.loadBalancer?.ingress ?? []),
  },
});

function validateOldClass({ metadata, spec: own }: Ingress): FieldError[] {
  const { [OLD_CLASS]: old } = metadata.annotations ?? {};
  if (old === undefined || own?.ingressClassName === undefined || old === own.ingressClassName) return [];
  return [invalid(`annotations.${OLD_CLASS}`, old, 'must match `ingressClassName` when both are specified')];
}

function validateStatus({ status: state }: Ingress, old: Ingress): FieldError[] {
  const before = (old.status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip);
  return (state?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }, index) => {
    const at = path('status', 'loadBalancer', 'ingress').index(index);
    return [
      ...(ip === '' ? [] : ipAddress(ip, at.child('ip'), before)),
      ...validateHostname(hostname, at.child('hostname')),
    ];
  });
}

function validateSpec({ spec: own = {} }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if ((own.rules?.length ?? 0) === 0 && own.defaultBackend === undefined)
    errors.push(
      invalid(spec, wasSaidEmpty(own, 'rules') ? [] : null, 'either `defaultBackend` or `rules` must be specified'),
    );
  return [
    ...errors,
    ...(own.defaultBackend === undefined ? [] : validateBackend(own.defaultBackend, spec.child('defaultBackend'))),
    ...(own.rules ?? []).flatMap((rule, index) => validateRule(rule, spec.child('rules').index(index))),
    ...(own.tls ?? []).flatMap((tls, index) => validateTls(tls, spec.child('tls').index(index))),
    ...(own.ingressClassName === undefined ? [] : dnsSubdomain(own.ingressClassName, spec.child('ingressClassName'))),
  ];
}

function validateTls({ hosts = [], secretName = '' }: IngressTLS, at: Path): FieldError[] {
  return [
    ...hosts.flatMap((host, index) => {
      const here = at.child('hosts').index(index);
      if (!host.includes('*')) return dnsSubdomain(host, here);
      return wildcardSubdomainErrors(host).map((text) => invalid(here, host, text));
    }),
    ...(secretName === '' ? [] : dnsSubdomain(secretName, at.child('secretName'))),
  ];
}

function validateRule({ host = '', http }: IngressRule, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (host !== '') {
    const here = at.child('host');
    if (parseAddress(host) !== undefined) errors.push(invalid(here, host, 'must be a DNS name, not an IP address'));
    if (host.includes('*')) errors.push(...wildcardSubdomainErrors(host).map((text) => invalid(here, host, text)));
    else errors.push(...dnsSubdomain(host, here));
  }
  if (http === undefined) return errors;
  if ((http.paths ?? []).length === 0) return [...errors, required(at.child('http', 'paths'))];
  return [
    ...errors,
    ...(http.paths ?? []).flatMap((it, index) => validatePath(it, at.child('http', 'paths').index(index))),
  ];
}

function validatePath({ path: text = '', pathType, backend }: HTTPIngressPath, at: Path): FieldError[] {
  if (pathType === undefined) return [required(at.child('pathType'), 'pathType must be specified')];
  const errors: FieldError[] = [];
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!text.startsWith('/')) errors.push(invalid(at.child('path'), text, 'must be an absolute path'));
    for (const bad of ['//', '/./', '/../', '%2f', '%2F']) {
      if (text.includes(bad)) errors.push(invalid(at.child('path'), text, `must not contain '${bad}'`));
    }
    for (const bad of ['/..', '/.']) {
      if (text.endsWith(bad)) errors.push(invalid(at.child('path'), text, `cannot end with '${bad}'`));
    }
  } else if (pathType === 'ImplementationSpecific') {
    if (text !== '' && !text.startsWith('/')) errors.push(invalid(at.child('path'), text, 'must be an absolute path'));
  } else {
    errors.push(...oneOf(pathType, ['Exact', 'ImplementationSpecific', 'Prefix'], at.child('pathType')));
  }
  return [...errors, ...validateBackend(backend ?? {}, at.child('backend'))];
}

/** Upstream tells what is wrong with the port of the backend itself. */
function validateBackend({ service, resource }: IngressBackend, at: Path): FieldError[] {
  if (service !== undefined && resource !== undefined)
    return [invalid(at, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) return validateTypedReference(resource, at.child('resource'));
  if (service === undefined) return [invalid(at, '', 'resource or service backend is required')];
  const here = at.child('service');
  const { name: serviceName = '', port } = service;
  const errors = serviceName === '' ? [required(here.child('name'))] : dnsLabel(serviceName, here.child('name'));
  const { name = '', number = 0 } = port ?? {};
  if (name !== '' && number !== 0) errors.push(invalid(at, '', 'cannot set both port name & port number'));
  else if (name !== '') errors.push(...portText(name, here.child('port', 'name')));
  else if (number !== 0) errors.push(...portText(number, here.child('port', 'number')));
  else errors.push(required(at, 'port name or number is required'));
  return errors;
}

function classText({ spec: own, metadata }: Ingress): string {
  return own?.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'] ?? '<none>';
}

function hostsText(rules: readonly IngressRule[]): string {
  const hosts = rules.map((rule) => rule.host ?? '').filter((host) => host !== '');
  if (hosts.length === 0) return '*';
  const more = hosts.length - SHOWN_MAX;
  return more > 0 ? `${hosts.slice(0, SHOWN_MAX).join(',')} + ${more} more...` : hosts.join(',');
}

function addressText(it: Ingress): string {
  return (it.status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip || entry.hostname || '').join(',');
}
