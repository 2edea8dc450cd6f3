import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn, selectorText } from '../columns.js';
import { oneOf, portText, validateLabelSelector } from '../rules.js';

const spec = path('spec');
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'Pod-Selector', type: 'string', value: (it) => selectorText(it.spec?.podSelector) },
    ageColumn(),
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.podSelector ??= {};
    // A policy with egress rules speaks of both ways.
    it.spec.policyTypes ??= (it.spec.egress?.length ?? 0) > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const { ports = [] } of [...(it.spec.ingress ?? []), ...(it.spec.egress ?? [])]) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
  },
  validate: ({ spec: own = {} }) => [
    ...validateLabelSelector(own.podSelector, spec.child('podSelector')),
    ...(own.ingress ?? []).flatMap((rule, index) =>
      validateRule(rule.ports ?? [], rule.from ?? [], 'from', spec.child('ingress').index(index)),
    ),
    ...(own.egress ?? []).flatMap((rule, index) =>
      validateRule(rule.ports ?? [], rule.to ?? [], 'to', spec.child('egress').index(index)),
    ),
    ...(own.policyTypes ?? []).flatMap((type, index) =>
      oneOf(type, ['Egress', 'Ingress'], spec.child('policyTypes').index(index)),
    ),
  ],
});

function validateRule(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  side: 'from' | 'to',
  at: Path,
): FieldError[] {
  return [
    ...ports.flatMap((port, index) => validatePort(port, at.child('ports').index(index))),
    ...peers.flatMap((peer, index) => validatePeer(peer, at.child(side).index(index))),
  ];
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: Path): FieldError[] {
  const errors = oneOf(protocol, PROTOCOLS, at.child('protocol'));
  if (port !== undefined) errors.push(...portText(port, at.child('port')));
  if (endPort === undefined) return errors;
  if (typeof port === 'string')
    errors.push(invalid(at.child('endPort'), endPort, 'may not be specified when `port` is non-numeric'));
  else if (port === undefined) errors.push(required(at.child('port'), 'must be specified when `endPort` is specified'));
  else if (endPort < port)
    errors.push(invalid(at.child('endPort'), endPort, 'must be greater than or equal to `port`'));
  return errors;
}

function validatePeer(peer: NetworkPolicyPeer, at: Path): FieldError[] {
  const given = (['podSelector', 'namespaceSelector', 'ipBlock'] as const).filter((field) => peer[field] !== undefined);
  if (given.length === 0) return [required(at, 'must specify a peer')];
  const errors = [
    ...validateLabelSelector(peer.podSelector, at.child('podSelector')),
    ...validateLabelSelector(peer.namespaceSelector, at.child('namespaceSelector')),
  ];
  if (peer.ipBlock === undefined) return errors;
  if (given.length > 1) {
    errors.push({
      type: 'FieldValueForbidden',
      field: String(at),
      detail: 'may not specify both ipBlock and another peer',
    });
  }
  if ((peer.ipBlock.cidr ?? '') === '') errors.push(required(at.child('ipBlock', 'cidr')));
  return errors;
}
