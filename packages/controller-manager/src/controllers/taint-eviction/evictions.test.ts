import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod, Taint, Toleration } from '@keelson/api';
import { leaveAt } from './evictions.js';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const taint: Taint = { key: 'k', effect: 'NoExecute', timeAdded: '2026-01-01T00:09:00Z' };
const pod = (...tolerations: Toleration[]): Pod => ({ metadata: {}, spec: { containers: [], tolerations } });
const exists = (tolerationSeconds?: number): Toleration => ({
  key: 'k',
  operator: 'Exists',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});
const after = (it: Pod, taints: Taint[]) => {
  const at = leaveAt(it, taints, NOW, NOW);
  return at === undefined ? undefined : (at - NOW) / 1000;
};

it('a pod leaves a tainted node at once, later or never, as it tolerates', () => {
  assert.equal(after(pod(), []), undefined);
  assert.equal(after(pod(), [{ key: 'k', effect: 'NoSchedule' }]), undefined);
  assert.equal(after(pod(), [taint]), 0);
  assert.equal(after(pod(exists()), [taint]), undefined);
  assert.equal(after(pod(exists(300)), [taint]), 240, 'counted from when the taint came');
  assert.equal(after(pod(exists(300), exists(100)), [taint]), 40, 'the shortest counts');
});

it('a pod that tolerates one taint leaves for another', () => {
  assert.equal(after(pod(exists()), [taint, { key: 'other', effect: 'NoExecute' }]), 0);
});

it('a taint without a time counts from when it was seen', () => {
  assert.equal(after(pod(exists(30)), [{ key: 'k', effect: 'NoExecute' }]), 30);
});
