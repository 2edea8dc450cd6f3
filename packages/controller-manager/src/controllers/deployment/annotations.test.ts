import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Deployment, ReplicaSet } from '@keelson/api';
import { newestAnnotations, REVISION, revisionOf } from './annotations.js';

const HISTORY = 'deployment.kubernetes.io/revision-history';
const deployment: Deployment = { metadata: {} };
const withRevision = (text: string): ReplicaSet => ({ metadata: { annotations: { [REVISION]: text } } });
const next = (existing: Record<string, string>, revision: bigint) =>
  newestAnnotations(deployment, existing, revision, false);

it('revisions have 64 bits, and what is none counts for nothing', () => {
  assert.equal(revisionOf(withRevision('3546343826724305832')) + 1n, 3546343826724305833n);
  assert.equal(revisionOf(withRevision('9223372036854775807')), 9223372036854775807n);
  for (const text of ['', 'x', '1.5', '0x1', '9223372036854775808']) assert.equal(revisionOf(withRevision(text)), 0n);
  assert.equal(next({}, 3546343826724305833n)[REVISION], '3546343826724305833');
});

it('a set that comes back remembers what it was, so far as there is room', () => {
  assert.deepEqual(next({ [REVISION]: '2' }, 5n), { [REVISION]: '5', [HISTORY]: '2' });
  assert.deepEqual(next({ [REVISION]: '5', [HISTORY]: '1,2' }, 9n), { [REVISION]: '9', [HISTORY]: '1,2,5' });
  assert.deepEqual(next({ [REVISION]: '5' }, 5n), { [REVISION]: '5' });
  assert.deepEqual(next({ [REVISION]: 'x' }, 5n), { [REVISION]: 'x' });
  const long = Array.from({ length: 700 }, (_, index) => String(index)).join(',');
  const kept = next({ [REVISION]: '1000', [HISTORY]: long }, 1001n)[HISTORY] ?? '';
  assert.ok(kept.length <= 2000 && kept.endsWith(',699,1000'));
});
