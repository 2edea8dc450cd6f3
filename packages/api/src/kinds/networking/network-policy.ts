import { areBothFamilies, parseRange } from '../../addresses.js';
import { type FieldError, forbidden, invalid, notSupported, type Path, path, required } from '../../field-errors.js';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ipRange, ipRangeWarnings } from '../addresses.js';
import { ageColumn, nameColumn, selectorText } from '../columns.js';
import { portNumber, portText, validateLabelSelector } from '../rules.js';

const spec = path('spec');
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const TYPES = ['Ingress', 'Egress'];

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  generation: ['spec'],
  emptyIsChange: true,
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
  validate: (it, old) => [
    ...validateLabelSelector(it.spec?.podSelector, spec.child('podSelector')),
    ...validateRules(it, old === undefined ? [] : rangesOf(old)),
    ...validateTypes(it.spec?.policyTypes ?? []),
  ],
  strategy: {
    warnings: (it) =>
      blocksOf(it).flatMap(({ block, at }) => [
        ...ipRangeWarnings(block.cidr ?? '', at.child('cidr')),
        ...(block.except ?? []).flatMap((range, index) => ipRangeWarnings(range, at.child('except').index(index))),
      ]),
  },
});

interface Rule {
  readonly ports: readonly NetworkPolicyPort[];
  readonly peers: readonly NetworkPolicyPeer[];
  readonly side: 'from' | 'to';
  readonly at: Path;
}

function rulesOf({ spec: own = {} }: NetworkPolicy): Rule[] {
  return [
    ...(own.ingress ?? []).map(({ ports = [], from = [] }, index) => {
      return { ports, peers: from, side: 'from' as const, at: spec.child('ingress').index(index) };
    }),
    ...(own.egress ?? []).map(({ ports = [], to = [] }, index) => {
      return { ports, peers: to, side: 'to' as const, at: spec.child('egress').index(index) };
    }),
  ];
}

function blocksOf(it: NetworkPolicy): { block: IPBlock; at: Path }[] {
  return rulesOf(it).flatMap(({ peers, side, at }) =>
    peers.flatMap(({ ipBlock }, index) =>
      ipBlock === undefined ? [] : [{ block: ipBlock, at: at.child(side).index(index).child('ipBlock') }],
    ),
  );
}

/** Ranges that were there before may stay, wherever they are now. */
function rangesOf(it: NetworkPolicy): string[] {
  return blocksOf(it).flatMap(({ block }) => [block.cidr ?? '', ...(block.except ?? [])]);
}

function validateRules(it: NetworkPolicy, known: readonly string[]): FieldError[] {
  return rulesOf(it).flatMap(({ ports, peers, side, at }) => [
    ...ports.flatMap((port, index) => validatePort(port, at.child('ports').index(index))),
    ...peers.flatMap((peer, index) => validatePeer(peer, at.child(side).index(index), known)),
  ]);
}

function validateTypes(types: readonly string[]): FieldError[] {
  const at = spec.child('policyTypes');
  if (types.length > TYPES.length) return [invalid(at, types, 'may not specify more than two policyTypes')];
  return types.flatMap((type, index) => (TYPES.includes(type) ? [] : [notSupported(at.index(index), type, TYPES)]));
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const end = at.child('endPort');
  if (protocol !== undefined && !PROTOCOLS.includes(protocol))
    errors.push(notSupported(at.child('protocol'), protocol, PROTOCOLS));
  if (endPort !== undefined && typeof port !== 'number') {
    const why = port === undefined ? '`port` is not specified' : '`port` is non-numeric';
    errors.push(invalid(end, endPort, `may not be specified when ${why}`));
  }
  if (port !== undefined) errors.push(...portText(port, at.child('port')));
  if (endPort === undefined || typeof port !== 'number') return errors;
  if (endPort < port) errors.push(invalid(end, port, 'must be greater than or equal to `port`'));
  return [...errors, ...portNumber(endPort, end)];
}

function validatePeer(peer: NetworkPolicyPeer, at: Path, known: readonly string[]): FieldError[] {
  const given = (['podSelector', 'namespaceSelector', 'ipBlock'] as const).filter((field) => peer[field] !== undefined);
  if (given.length === 0) return [required(at, 'must specify a peer')];
  const errors = [
    ...validateLabelSelector(peer.podSelector, at.child('podSelector')),
    ...validateLabelSelector(peer.namespaceSelector, at.child('namespaceSelector')),
  ];
  if (peer.ipBlock === undefined) return errors;
  errors.push(...validateBlock(peer.ipBlock, at.child('ipBlock'), known));
  return given.length > 1 ? [...errors, forbidden(at, 'may not specify both ipBlock and another peer')] : errors;
}

function validateBlock({ cidr = '', except = [] }: IPBlock, at: Path, known: readonly string[]): FieldError[] {
  if (cidr === '') return [required(at.child('cidr'))];
  const errors = ipRange(cidr, at.child('cidr'), known);
  const whole = parseRange(cidr);
  if (whole === undefined) return errors;
  return [
    ...errors,
    ...except.flatMap((text, index) => {
      const here = at.child('except').index(index);
      const found = ipRange(text, here, known);
      if (parseRange(text) === undefined || isWithin(text, cidr)) return found;
      return [...found, invalid(here, text, 'must be a strict subset of `cidr`')];
    }),
  ];
}

/** Whether a range is a part of another one, and not all of it. */
function isWithin(part: string, whole: string): boolean {
  const [inner, outer] = [parseRange(part), parseRange(whole)];
  if (inner === undefined || outer === undefined) return false;
  if (areBothFamilies([inner.first, outer.first]) || inner.prefix <= outer.prefix) return false;
  const rest = BigInt((outer.first.family === 4 ? 32 : 128) - outer.prefix);
  return inner.first.value >> rest === outer.first.value >> rest;
}
