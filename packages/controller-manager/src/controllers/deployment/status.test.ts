import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment, DeploymentStatus, ReplicaSet } from '@keelson/api';
import { findCondition } from '../../framework/conditions.js';
import { countStatus, deadlineIn, isComplete, rolloutStatus } from './status.js';

const START = Date.parse('2026-01-01T00:00:00Z');

function deployment(status: DeploymentStatus = {}): Deployment {
  return {
    metadata: { name: 'web', generation: 3 },
    spec: { replicas: 4, progressDeadlineSeconds: 600, selector: {}, template: {} },
    status,
  };
}

function set(name: string, replicas: number, available: number): ReplicaSet {
  const status = { replicas, readyReplicas: available, availableReplicas: available };
  return { metadata: { name, uid: name }, spec: { replicas, selector: {} }, status };
}

const progress = (status: DeploymentStatus) => findCondition(status.conditions, 'Progressing');

describe('the status of a Deployment', () => {
  it('counts over all ReplicaSets, and is available while enough pods are', () => {
    const status = countStatus(deployment(), { newest: set('new', 2, 0), old: [set('old', 3, 3)] }, START);
    assert.deepEqual(
      [status.replicas, status.updatedReplicas, status.availableReplicas, status.unavailableReplicas],
      [5, 2, 3, 2],
    );
    assert.equal(status.observedGeneration, 3);
    assert.equal(findCondition(status.conditions, 'Available')?.status, 'True');
    const less = countStatus(deployment(), { newest: set('new', 2, 0), old: [set('old', 3, 2)] }, START);
    assert.equal(findCondition(less.conditions, 'Available')?.reason, 'MinimumReplicasUnavailable');
  });

  it('progresses, is timed out when nothing moves for its deadline, and is done in the end', () => {
    const first = rolloutStatus(deployment(), { newest: set('new', 4, 1), old: [] }, START);
    assert.equal(progress(first)?.reason, 'ReplicaSetUpdated');
    assert.equal(deadlineIn(deployment(), first, START), 601_000);
    const stuck = { newest: set('new', 4, 1), old: [] };
    const waiting = rolloutStatus(deployment(first), stuck, START + 600_000);
    assert.equal(progress(waiting)?.reason, 'ReplicaSetUpdated');
    const late = rolloutStatus(deployment(waiting), stuck, START + 600_001);
    assert.deepEqual([progress(late)?.status, progress(late)?.reason], ['False', 'ProgressDeadlineExceeded']);
    assert.equal(deadlineIn(deployment(), late, START + 600_001), undefined);
    const done = rolloutStatus(deployment(late), { newest: set('new', 4, 4), old: [] }, START + 700_000);
    assert.deepEqual([progress(done)?.status, progress(done)?.reason], ['True', 'NewReplicaSetAvailable']);
    assert.equal(progress(done)?.message, 'ReplicaSet "new" has successfully progressed.');
    assert.ok(isComplete(deployment(), done));
  });

  it('stays done when a pod fails later', () => {
    const done = rolloutStatus(deployment(), { newest: set('new', 4, 4), old: [] }, START);
    const later = rolloutStatus(deployment(done), { newest: set('new', 4, 2), old: [] }, START + 5_000_000);
    assert.equal(progress(later)?.reason, 'NewReplicaSetAvailable');
  });

  it('says what keeps a ReplicaSet from making pods, until it no longer does', () => {
    const newest = set('new', 4, 0);
    newest.status!.conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }];
    const failing = rolloutStatus(deployment(), { newest, old: [] }, START);
    assert.equal(findCondition(failing.conditions, 'ReplicaFailure')?.message, 'quota');
    const healed = rolloutStatus(deployment(failing), { newest: set('new', 4, 4), old: [] }, START);
    assert.equal(findCondition(healed.conditions, 'ReplicaFailure'), undefined);
  });
});
