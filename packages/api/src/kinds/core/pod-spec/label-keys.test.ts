import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../../gen/types.js';
import { pod } from '../pod.js';

const labels = { app: 'web', hash: 'h1' };

function created(spec: object, metadata: object = {}): Pod {
  const it = { metadata: { name: 'p', namespace: 'n', labels, ...metadata }, spec } as unknown as Pod;
  pod.defaults(it);
  pod.strategy.prepareForCreate(it);
  return it;
}

const told = (it: Pod) => pod.validate(it).map(({ field, detail }) => `${field}: ${detail}`);
const containers = [{ name: 'c', image: 'i' }];
const spread = (constraint: object) => ({
  containers,
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', ...constraint }],
});
const selectorOf = (it: Pod) => it.spec?.topologySpreadConstraints?.[0]?.labelSelector;
const hash = { key: 'hash', operator: 'In', values: ['h1'] };

test('a new pod spreads among those with its own values of the keys', () => {
  const matchLabels = { app: 'web' };
  const it = created(spread({ labelSelector: { matchLabels }, matchLabelKeys: ['hash', 'absent'] }));
  assert.deepEqual(selectorOf(it), { matchLabels, matchExpressions: [hash] });
  assert.deepEqual(told(it), [], 'what was written there itself is no repetition');
  assert.equal(selectorOf(created(spread({ matchLabelKeys: ['hash'] }))), undefined);
  assert.deepEqual(selectorOf(created(spread({ labelSelector: {}, matchLabelKeys: ['hash'] }), { labels: {} })), {});
});

test('a key that the selector speaks of already is told where both stand', () => {
  const twice = created(spread({ labelSelector: { matchLabels: { hash: 'h1' } }, matchLabelKeys: ['app', 'hash'] }));
  assert.deepEqual(told(twice), [
    'spec.topologySpreadConstraints[0][1]: exists in both matchLabelKeys and labelSelector',
  ]);
  assert.deepEqual(told(created(spread({ matchLabelKeys: ['hash'] }))), [
    'spec.topologySpreadConstraints[0].matchLabelKeys: must not be specified when labelSelector is not set',
  ]);
});

test('terms of affinity and of the other say with whom and without whom, required and preferred', () => {
  const term = () => ({
    topologyKey: 'zone',
    labelSelector: { matchExpressions: [{ key: 'x', operator: 'Exists' }] },
    matchLabelKeys: ['hash'],
    mismatchLabelKeys: ['app', 'absent'],
  });
  const affinity = () => ({
    requiredDuringSchedulingIgnoredDuringExecution: [term()],
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term() }],
  });
  const it = created({ containers, affinity: { podAffinity: affinity(), podAntiAffinity: affinity() } });
  const wanted = [{ key: 'x', operator: 'Exists' }, hash, { key: 'app', operator: 'NotIn', values: ['web'] }];
  for (const side of [it.spec?.affinity?.podAffinity, it.spec?.affinity?.podAntiAffinity]) {
    const [required] = side?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const [preferred] = side?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const found of [required, preferred?.podAffinityTerm])
      assert.deepEqual(found?.labelSelector?.matchExpressions, wanted);
  }
  assert.deepEqual(told(it), []);
});
