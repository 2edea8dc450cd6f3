import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ApiError, apiErrors, type Deployment, type ReplicaSet } from '@keelson/api';
import type { Action, Decision } from '../../framework/actions.js';
import { decide } from './decide.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const labels = { app: 'web' };

function deployment(spec: Partial<NonNullable<Deployment['spec']>> = {}, more: Partial<Deployment> = {}): Deployment {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'one' }] } };
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u', generation: 1, annotations: {} },
    spec: { replicas: 3, selector: { matchLabels: labels }, template, progressDeadlineSeconds: 600, ...spec },
    ...more,
  };
}

const look = (it: Deployment, owned: readonly ReplicaSet[] = [], running = false) =>
  decide({ deployment: it, owned, anyRuns: () => running, now: NOW });

const writes = ({ steps = [] }: Decision): Exclude<Action, { do: 'tell' }>[] =>
  steps.flat().filter((it) => it.do !== 'tell');

/** The ReplicaSet that a decision makes, as the API server answers with it. */
function made(decision: Decision): ReplicaSet {
  const [creation] = writes(decision);
  assert.equal(creation?.do, 'create');
  const set = creation.object as ReplicaSet;
  return { ...set, metadata: { ...set.metadata, uid: 'set' } };
}

describe('a decision about a Deployment', () => {
  it('makes the ReplicaSet first, says so, and finds it the next time', () => {
    const first = look(deployment());
    const set = made(first);
    const noted = writes(first)[1]?.object as Deployment;
    assert.equal(noted.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
    assert.equal(noted.status?.conditions?.[0]?.reason, 'NewReplicaSetCreated');
    const next = look(noted, [set]);
    assert.deepEqual(writes(next), []);
    assert.equal(next.afterwards?.(undefined).length, 1);
    assert.deepEqual(next.afterwards?.(new Error('x')), []);
    assert.ok(next.again! > 600_000);
  });

  it('says what keeps the ReplicaSet from being made', () => {
    const first = look(deployment());
    const [written] = first.afterwards!(new Error('exceeded quota'));
    const { conditions } = (written as { object: Deployment }).object.status!;
    assert.deepEqual(
      conditions?.map((it) => [it.status, it.reason, it.message]),
      [['False', 'ReplicaSetCreateError', 'Failed to create new replica set: exceeded quota']],
    );
  });

  it('takes another name when that of another template is the same, not when it is its own', () => {
    const [creation] = writes(look(deployment()));
    assert.equal(creation?.do, 'create');
    const mine = creation.object as ReplicaSet;
    assert.deepEqual(creation.taken?.(mine), []);
    const other = { ...mine, spec: { ...mine.spec!, template: {} } };
    const [counted] = creation.taken!(other);
    const next = (counted as { object: Deployment }).object;
    assert.equal(next.status?.collisionCount, 1);
    assert.notEqual(made(look(next)).metadata.name, mine.metadata.name);
  });

  it('does nothing but count while it is on its way out, or selects everything', () => {
    const going = deployment();
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    assert.deepEqual(writes(look(going)), []);
    const all = look(deployment({ selector: {} }));
    assert.deepEqual(
      all.steps?.flat().map((it) => it.do === 'tell' && it.reason),
      ['SelectingAll'],
    );
    const [status] = all.afterwards!(undefined);
    assert.equal((status as { object: Deployment }).object.status?.observedGeneration, 1);
  });

  it('notes a pause before anything else, and then only scales', () => {
    const [noted] = writes(look(deployment({ paused: true })));
    const paused = (noted as { object: Deployment }).object;
    assert.equal(paused.status?.conditions?.[0]?.reason, 'DeploymentPaused');
    assert.deepEqual(writes(look(paused)), []);
    const resumed = { ...paused, spec: { ...paused.spec!, paused: false } };
    const [goesOn] = writes(look(resumed));
    assert.equal((goesOn as { object: Deployment }).object.status?.conditions?.[0]?.reason, 'DeploymentResumed');
  });

  it('replaces wholly: the old pods have ended before the new ReplicaSet is made', () => {
    const strategy = { type: 'Recreate' };
    const old = made(look(deployment({ strategy })));
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'two' }] } };
    const changed = deployment({ strategy, template }, { status: { conditions: [] } });
    const [shrunk] = writes(look(changed, [old]));
    assert.equal((shrunk as { object: ReplicaSet }).object.spec?.replicas, 0);
    const empty = { ...old, spec: { ...old.spec!, replicas: 0 } };
    assert.deepEqual(writes(look(changed, [empty], true)), []);
    assert.equal(made(look(changed, [empty], false)).spec?.replicas, 3);
  });

  it('tells of a refusal', () => {
    const [creation] = writes(look(deployment()));
    const refusal: ApiError = apiErrors.forbidden({ group: 'apps', plural: 'replicasets' }, 'web', 'no');
    const text = creation?.failed?.(refusal);
    assert.deepEqual([text?.type, text?.reason], ['Warning', 'FailedCreate']);
  });
});
