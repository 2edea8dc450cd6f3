import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import { isSelector, validateCollisions, validateReplicaCounts } from './workload.js';

const FIELDS = { counts: ['replicas', 'readyReplicas'], parts: ['readyReplicas'], ready: 'readyReplicas' };
const counts = (status: object) => validateReplicaCounts(status, FIELDS).map(errorText);

test('parts are no more than the whole, and nothing is below zero', () => {
  assert.deepEqual(counts({ replicas: 3, readyReplicas: 3, availableReplicas: 3 }), []);
  assert.deepEqual(counts({ replicas: 1, readyReplicas: 2 }), [
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ]);
  assert.deepEqual(counts({ replicas: -1 }), [
    'status.replicas: Invalid value: -1: must be greater than or equal to 0',
    'status.readyReplicas: Invalid value: null: cannot be greater than status.replicas',
  ]);
  assert.match(
    counts({ replicas: 3, readyReplicas: 1, availableReplicas: 2 })[0] ?? '',
    /availableReplicas: .*than readyReplicas/,
  );
});

test('collisions only become more', () => {
  assert.deepEqual(validateCollisions({ collisionCount: 2 }, { collisionCount: 1 }), []);
  assert.deepEqual(validateCollisions({}, {}), []);
  assert.match(validateCollisions({}, { collisionCount: 1 }).map(errorText)[0] ?? '', /cannot be decremented/);
});

test('a selector is one only where every part of it is well-formed', () => {
  assert.ok(isSelector({ matchLabels: { app: 'a' }, matchExpressions: [{ key: 'b', operator: 'Exists' }] }));
  assert.ok(!isSelector({ matchLabels: { app: 'a b' } }));
  assert.ok(!isSelector({ matchLabels: { 'a/b/c': '' } }));
  assert.ok(!isSelector({ matchExpressions: [{ key: 'b', operator: 'in', values: ['c'] }] }));
});
