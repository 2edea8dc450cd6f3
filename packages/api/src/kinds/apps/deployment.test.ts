import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { Deployment, DeploymentSpec } from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { deployment } from './deployment.js';

function given(spec: DeploymentSpec): Deployment {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
  const selector = { matchLabels: { app: 'a' } };
  const it: Deployment = { metadata: { name: 'd', namespace: 'n' }, spec: { selector, template, ...spec } };
  deployment.defaults(it);
  deployment.strategy.prepareForCreate(it);
  return it;
}

const problems = (spec: DeploymentSpec): string[] => deployment.validate(given(spec)).map(errorText);

test('defaults: one replica, a rolling update by quarters', () => {
  const { spec, status, metadata } = given({});
  assert.equal(spec?.replicas, 1);
  assert.deepEqual(spec?.strategy, {
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
  });
  assert.deepEqual([spec?.revisionHistoryLimit, spec?.progressDeadlineSeconds], [10, 600]);
  assert.deepEqual(status, {});
  assert.equal(metadata.generation, 1);
});

test('the selector must be there, choose something, and choose the template', () => {
  assert.deepEqual(problems({}), []);
  assert.deepEqual(problems({ selector: {} }), [
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ]);
  assert.deepEqual(problems({ selector: { matchLabels: { app: 'b' } } }), [
    'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
  ]);
});

test('a rolling update must be able to go on', () => {
  const rolling = (rollingUpdate: object) => problems({ strategy: { rollingUpdate } });
  assert.deepEqual(rolling({ maxSurge: 0, maxUnavailable: '0%' }), [
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ]);
  assert.match(rolling({ maxSurge: '10' })[0] ?? '', /a valid percent string must be/);
  assert.deepEqual(problems({ strategy: { type: 'Recreate', rollingUpdate: {} } }), [
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ]);
});

test('generation counts changes of the spec and of annotations, and of nothing else', () => {
  const old = given({});
  const after = (change: (it: Deployment) => void): number | undefined => {
    const next = deepClone(old);
    change(next);
    deployment.strategy.prepareForUpdate(next, old);
    return next.metadata.generation;
  };
  assert.equal(
    after(() => {}),
    1,
  );
  assert.equal(
    after((it) => Object.assign(it.spec ?? {}, { replicas: 3 })),
    2,
  );
  assert.equal(
    after((it) => Object.assign(it.metadata, { annotations: { a: 'b' } })),
    2,
  );
  assert.equal(
    after((it) => Object.assign(it.metadata, { labels: { a: 'b' } })),
    1,
  );
  assert.equal(
    after((it) => Object.assign(it, { status: { replicas: 9 } })),
    1,
  );
});

test('the selector never changes; scale reads and writes replicas', () => {
  const old = given({});
  old.metadata.resourceVersion = '1';
  const next = deepClone(old);
  if (next.spec?.template !== undefined) {
    next.spec.selector = { matchLabels: { app: 'b' } };
    next.spec.template.metadata = { labels: { app: 'b' } };
  }
  assert.deepEqual(deployment.validateUpdate(next, old).map(errorText), [
    'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
  ]);
  const { scale } = deployment.strategy;
  scale?.set(next, 5);
  assert.deepEqual(scale?.get(next), { specReplicas: 5, statusReplicas: 0, selector: 'app=b' });
});
