import type { Service } from '../../../gen/types.js';
import { defineKind, status } from '../../../kind.js';
import { dnsLabelName } from '../../../meta.js';
import { ageColumn, labelsText, nameColumn } from '../../columns.js';
import { serviceDefaults } from './defaults.js';
import { validateLoadBalancerStatus } from './load-balancer-status.js';
import { dropUnused } from './type-change.js';
import { validateChange } from './update.js';
import { validateService } from './validate.js';
import { ingressWarnings, serviceWarnings } from './warnings.js';

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
  updateMetadata: ['update', 'change', 'rules'],
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
  defaults: serviceDefaults,
  validate: validateService,
  validateUpdate: validateChange,
  validateStatusUpdate: validateLoadBalancerStatus,
  canonicalize({ spec }) {
    // It was never meant to be there, but is no error.
    if (spec?.type === 'ExternalName') delete spec.internalTrafficPolicy;
  },
  strategy: {
    allowCreateOnUpdate: true,
    warnings: serviceWarnings,
    statusWarnings: ({ status: state }) => ingressWarnings(state?.loadBalancer?.ingress ?? []),
    prepareForUpdate: dropUnused,
  },
});

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
