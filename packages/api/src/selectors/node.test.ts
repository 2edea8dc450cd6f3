import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Node, NodeSelectorRequirement, Pod, Taint, Toleration } from '../gen/types.js';
import { isNodeRequired, matchesNodeTerm, tolerates } from './node.js';

const node: Node = { metadata: { name: 'n1', labels: { zone: 'a', cores: '8', empty: '' } } };
const meets = (requirement: NodeSelectorRequirement) => matchesNodeTerm({ matchExpressions: [requirement] }, node);

it('reads the operators of node selectors', () => {
  assert.ok(meets({ key: 'zone', operator: 'In', values: ['a', 'b'] }));
  assert.ok(!meets({ key: 'rack', operator: 'In', values: [''] }));
  assert.ok(meets({ key: 'rack', operator: 'NotIn', values: ['a'] }));
  assert.ok(meets({ key: 'empty', operator: 'Exists' }));
  assert.ok(meets({ key: 'rack', operator: 'DoesNotExist' }));
  assert.ok(meets({ key: 'cores', operator: 'Gt', values: ['7'] }));
  assert.ok(!meets({ key: 'cores', operator: 'Gt', values: ['8'] }));
  assert.ok(meets({ key: 'cores', operator: 'Lt', values: ['9'] }));
  assert.ok(!meets({ key: 'empty', operator: 'Lt', values: ['9'] }), 'no number is not zero');
});

it('does not take what every object has for a label', () => {
  assert.ok(!meets({ key: 'toString', operator: 'Exists' }));
});

it('wants all of a term, any of the terms, and nothing of an empty term', () => {
  const pod = (...nodeSelectorTerms: Parameters<typeof matchesNodeTerm>[0][]): Pod => ({
    metadata: {},
    spec: {
      containers: [],
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    },
  });
  const zone = { key: 'zone', operator: 'In', values: ['a'] };
  const name = { key: 'metadata.name', operator: 'In', values: ['n2'] };
  assert.ok(!isNodeRequired(pod({ matchExpressions: [zone], matchFields: [name] }), node));
  assert.ok(isNodeRequired(pod({ matchFields: [name] }, { matchExpressions: [zone] }), node));
  assert.ok(!isNodeRequired(pod({}), node));
  assert.ok(!isNodeRequired({ metadata: {}, spec: { containers: [], nodeSelector: { zone: 'b' } } }, node));
});

it('lets a toleration cover a taint by effect, key, operator and value', () => {
  const taint: Taint = { key: 'k', value: '5', effect: 'NoSchedule' };
  const covers = (toleration: Toleration) => tolerates(toleration, taint);
  assert.ok(covers({ operator: 'Exists' }), 'no key covers all');
  assert.ok(covers({ key: 'k', value: '5' }));
  assert.ok(!covers({ key: 'k', value: '6' }));
  assert.ok(!covers({ key: 'k', operator: 'Exists', effect: 'NoExecute' }));
  assert.ok(covers({ key: 'k', operator: 'Gt', value: '4' }));
  assert.ok(!covers({ key: 'k', operator: 'Lt', value: '4' }));
  assert.ok(!tolerates({ operator: 'Equal' }, { key: 'other', effect: 'NoSchedule' }), 'Equal needs a key');
});
