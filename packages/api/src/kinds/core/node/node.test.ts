import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../../field-errors.js';
import type { Node, NodeSpec, NodeStatus } from '../../../gen/types.js';
import { deepClone } from '../../../object.js';
import { node } from './node.js';

function given(spec: NodeSpec = {}, status: NodeStatus = {}): Node {
  const it: Node = { metadata: { name: 'n', resourceVersion: '1' }, spec, status };
  node.defaults(it);
  return it;
}

const problems = (spec: NodeSpec, status: NodeStatus = {}) => node.validate(given(spec, status)).map(errorText);

function changed(before: NodeSpec, after: NodeSpec): string[] {
  return node.validateUpdate(given(after), given(before)).map(errorText);
}

test('the first range of pods stands in two fields, and the older one counts', () => {
  assert.deepEqual(given({ podCIDR: '10.0.0.0/24' }).spec?.podCIDRs, ['10.0.0.0/24']);
  assert.equal(given({ podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }).spec?.podCIDR, '10.0.0.0/24');
  const differing = { podCIDR: '10.1.0.0/24', podCIDRs: ['10.0.0.0/24', 'fd00::/64'] };
  assert.deepEqual(given(differing).spec?.podCIDRs, ['10.1.0.0/24']);
});

test('a node has a range of each family at the most, which stays', () => {
  assert.deepEqual(problems({ podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }), []);
  const two = ['10.0.0.0/24', '10.1.0.0/24'];
  assert.deepEqual(problems({ podCIDRs: two }), [
    `spec.podCIDRs: Invalid value: ${JSON.stringify(two)}: may specify no more than one CIDR for each IP family`,
  ]);
  assert.deepEqual(problems({ podCIDRs: ['10.0.0.1/24'] }), [
    'spec.podCIDRs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
  ]);
  assert.deepEqual(changed({}, { podCIDR: '10.0.0.0/24' }), []);
  const fixed = 'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid';
  for (const after of [{}, { podCIDR: '10.1.0.0/24' }, { podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }])
    assert.deepEqual(changed({ podCIDR: '10.0.0.0/24' }, after), [fixed]);
});

test('taints are told of as metadata, in upstreams own form', () => {
  const taints = [
    { key: 'k', effect: 'NoSchedule' },
    { key: 'k', effect: 'NoSchedule', value: 'v' },
    { key: 'k', effect: 'No' },
  ];
  assert.deepEqual(problems({ taints }), [
    'metadata.taints[1]: Duplicate value: {"Key":"k","Value":"v","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    'metadata.taints[2].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ]);
});

test('what a kubelet can do is said in order, each once', () => {
  const said = (declaredFeatures: string[]) =>
    problems({}, { declaredFeatures }).map((text) => text.replace(/^status.declaredFeatures/, ''));
  assert.deepEqual(said(['A', 'B/c', 'Bd']), []);
  assert.deepEqual(said(['B', 'A']), ['[1]: Invalid value: "A": list must be sorted alphabetically']);
  assert.deepEqual(said(['A', 'A']), ['[1]: Duplicate value: "A"']);
  for (const bad of ['a', '', 'A/', 'A b', '/A']) assert.match(said([bad])[0] ?? '', /invalid feature name/);
  assert.match(said([`A${'b'.repeat(253)}`])[0] ?? '', /must be no more than 253 characters$/);
});

test('configuration from the API comes no more; what is there of it is checked', () => {
  const configSource = { configMap: { namespace: 'n', name: 'c', kubeletConfigKey: 'k' } };
  const it = given({ configSource }, { config: { active: configSource } });
  node.strategy.prepareForCreate(it);
  assert.deepEqual([it.spec?.configSource, it.status?.config], [undefined, undefined]);
  const old = given({ configSource });
  const next = deepClone(old);
  node.strategy.prepareForUpdate(next, old);
  assert.deepEqual(next.spec?.configSource, configSource);
  next.spec = { configSource: { configMap: { ...configSource.configMap, uid: 'u', name: 'A' } } };
  assert.match(
    node.validateUpdate(next, old).map(errorText).join(),
    /uid must not be set in spec.*configMap.name: Inv/,
  );
});
