import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from '../decode.js';
import type { Kind, KubeObject } from '../kind.js';
import { mutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.js';
import { validatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.js';
import { deployment } from './apps/deployment.js';
import { statefulSet } from './apps/stateful-set.js';
import { namespace } from './core/namespace.js';
import { replicationController } from './core/replication-controller.js';
import { ingressClass } from './networking/ingress-class.js';
import { networkPolicy } from './networking/network-policy.js';
import { role } from './rbac/role.js';
import { deviceClass } from './resource/device-class.js';
import { storageClass } from './storage/storage-class.js';

/** An object as a body gives it, with its defaults. */
function read<T extends KubeObject>(kind: Kind<T>, body: object): T {
  const { object } = decodeObject(kind, body, { fieldValidation: 'Strict' });
  kind.defaults(object);
  return object;
}

const told = (errors: readonly { field: string; detail?: string }[]) => errors.map(({ field }) => field);

/** The generation after an update from what `before` says to what `after` says. */
function generationAfter<T extends KubeObject>(kind: Kind<T>, before: object, after: object): number | undefined {
  const metadata = { name: 'x', generation: 1 };
  const [old, next] = [read(kind, { ...before, metadata }), read(kind, { ...after, metadata })];
  kind.strategy.prepareForUpdate(next, old);
  return Number(next.metadata.generation);
}

test('an empty list that is said is a change only where upstream compares without regard to meaning', () => {
  const hook = (matchExpressions?: []) => ({
    webhooks: [{ name: 'a.b.c', namespaceSelector: matchExpressions === undefined ? {} : { matchExpressions } }],
  });
  for (const kind of [mutatingWebhookConfiguration, validatingWebhookConfiguration] as Kind[]) {
    assert.equal(generationAfter(kind, hook(), hook([])), 2, kind.kind);
    assert.equal(generationAfter(kind, hook(), hook()), 1, kind.kind);
  }
  assert.equal(
    generationAfter(networkPolicy, { spec: { podSelector: {} } }, { spec: { podSelector: {}, ingress: [] } }),
    2,
  );
  const spec = (volumes: object) => ({ spec: { template: { spec: { ...volumes } } } });
  assert.equal(generationAfter(deployment, spec({}), spec({ volumes: [] })), 1);
});

test('what no gate lets in is no change', () => {
  const spec = (rollingUpdate: object) => ({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
  assert.equal(generationAfter(statefulSet, spec({ partition: 1 }), spec({ partition: 1, maxUnavailable: 1 })), 1);
  assert.equal(generationAfter(statefulSet, spec({ partition: 1 }), spec({ partition: 2, maxUnavailable: 1 })), 2);
});

test('a finalizer of a namespace is told as new, and again as a change', () => {
  const old = read(namespace, { metadata: { name: 'n', resourceVersion: '1' } });
  const next = read(namespace, { metadata: { name: 'n', resourceVersion: '1', finalizers: ['*'] } });
  const [at, item] = ['metadata.finalizers', 'metadata.finalizers[0]'];
  assert.deepEqual(told(namespace.validateUpdate(next, old)), [at, at, item, item]);
});

test('what is checked of an update comes in the order of upstream: roles as new ones first, classes by what may not change', () => {
  const metadata = { name: 'x', namespace: 'n', resourceVersion: '1' };
  const update = (kind: Kind, before: object, after: object) => {
    const [old, next] = [before, after].map((fields) =>
      read(kind, { ...fields, metadata: { ...metadata, ...(fields as { metadata?: object }).metadata } }),
    );
    return told(kind.validateUpdate(next!, old!));
  };
  const [at, item] = ['metadata.finalizers', 'metadata.finalizers[0]'];
  const bad = { metadata: { finalizers: ['*'] }, rules: [{ verbs: ['get'], resources: ['pods'] }] };
  assert.deepEqual(update(role as Kind, {}, bad), [at, at, item, 'rules[0].apiGroups', item]);
  const controller = (name: string) => ({ metadata: { namespace: '' }, spec: { controller: name } });
  assert.deepEqual(update(ingressClass as Kind, controller('a.b/c'), controller('/')), [
    'spec.controller',
    'spec.controller',
  ]);
  const [error] = ingressClass.validateUpdate(
    read(ingressClass, { metadata: { name: 'x', resourceVersion: '1' }, spec: { controller: '/' } }),
    read(ingressClass, { metadata: { name: 'x', resourceVersion: '1' }, spec: { controller: 'a.b/c' } }),
  );
  assert.equal(error?.detail, 'field is immutable');
});

test('an empty list that a body says is shown as one, not as none', () => {
  const parameters = (fields: object) =>
    read(storageClass, { metadata: { name: 's', resourceVersion: '1' }, provisioner: 'a.b/c', ...fields });
  const [error] = storageClass.validateUpdate(parameters({ parameters: {} }), parameters({ parameters: { a: 'b' } }));
  assert.deepEqual(error?.value, {});
  const [other] = storageClass.validateUpdate(parameters({}), parameters({ parameters: { a: 'b' } }));
  assert.equal(other?.value, undefined);
  const none = { metadata: { name: 's', resourceVersion: '1' }, provisioner: 'a.b/c' };
  assert.deepEqual(told(storageClass.validateUpdate(parameters({ parameters: {} }), read(storageClass, none))), []);
  const policy = read(networkPolicy, { metadata: { name: 'p' }, spec: { podSelector: {}, policyTypes: [] } });
  const before = read(networkPolicy, { metadata: { name: 'p', generation: 1 }, spec: { podSelector: {} } });
  networkPolicy.strategy.prepareForUpdate(policy, before);
  assert.equal(Number(policy.metadata.generation), 1, 'it has its default by now');
});

test('owners are shown in the order of Go fields', () => {
  const owner = (uid: string) => ({ uid, controller: true, name: uid, kind: 'K', apiVersion: 'v1' });
  const it = read(namespace, { metadata: { name: 'n', ownerReferences: [owner('a'), owner('b')] } });
  const [error] = namespace.validate(it);
  assert.equal(
    JSON.stringify((error?.value as object[] | undefined)?.[0]),
    '{"apiVersion":"v1","kind":"K","name":"a","uid":"a","controller":true}',
  );
});

test('of what the name is made is no matter where only the name is checked', () => {
  const metadata = { name: 'x', generateName: 'A_' };
  assert.deepEqual(told(deviceClass.validate(read(deviceClass, { metadata, spec: {} }))), []);
  assert.deepEqual(told(deviceClass.validate(read(deviceClass, { metadata: { name: 'A_' }, spec: {} }))), [
    'metadata.name',
  ]);
  const spec = {
    selector: { a: 'b' },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  };
  const controller = read(replicationController, { metadata: { ...metadata, namespace: 'n' }, spec });
  assert.deepEqual(told(replicationController.validate(controller)), []);
});

test('the selector of a ReplicationController is a plain map: it need not be well-formed to choose nothing', () => {
  const spec = { selector: { '/a': 'a:b' }, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } };
  const controller = read(replicationController, { metadata: { name: 'x', namespace: 'n' }, spec });
  assert.deepEqual(told(replicationController.validate(controller)), ['spec.template.metadata.labels']);
});
