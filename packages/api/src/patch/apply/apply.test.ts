import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Container, Deployment } from '../../gen/types.js';
import type { KubeObject } from '../../kind.js';
import { deployment } from '../../kinds/apps/deployment.js';
import { configMap } from '../../kinds/core/config-map.js';
import { serviceAccount } from '../../kinds/core/service-account.js';
import { applyServerSide, checkApplied, convertApplied, trackUpdate, type Writer } from './index.js';

const writer = (manager: string, time = '2024-01-01T00:00:00Z'): Writer => ({
  manager,
  apiVersion: 'v1',
  subresource: '',
  time,
  resetFields: [],
});

function apply(live: KubeObject | undefined, manager: string, data: object, force = false): ConfigMap {
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...data };
  return applyServerSide(live, applied, configMap, { ...writer(manager), force }) as ConfigMap;
}

const owners = (it: KubeObject): object =>
  Object.fromEntries(
    (it.metadata.managedFields ?? []).map((entry) => [`${entry.manager} ${entry.operation}`, entry.fieldsV1]),
  );

test('who applies owns what is applied, and what is applied no more is gone', () => {
  const first = apply(undefined, 'alice', { data: { x: '1', y: '2' } });
  assert.deepEqual(first.data, { x: '1', y: '2' });
  assert.deepEqual(owners(first), { 'alice Apply': { 'f:data': { 'f:x': {}, 'f:y': {} } } });
  const second = apply(first, 'alice', { data: { x: '9' } });
  assert.deepEqual(second.data, { x: '9' });
  assert.deepEqual(owners(second), { 'alice Apply': { 'f:data': { 'f:x': {} } } });
});

test('a value that two apply alike is shared, and stays until the last lets go', () => {
  const both = apply(apply(undefined, 'alice', { data: { x: '1' } }), 'bob', { data: { x: '1' } });
  const one = apply(both, 'alice', { data: { z: '1' } });
  assert.deepEqual(one.data, { x: '1', z: '1' });
  assert.deepEqual(apply(one, 'bob', {}).data, { z: '1' });
});

test('another manager stands in the way, unless forced', () => {
  const live = apply(undefined, 'alice', { data: { x: '1', y: '1' } });
  assert.throws(() => apply(live, 'bob', { data: { x: '2', y: '2' } }), {
    code: 409,
    message: 'Apply failed with 2 conflicts: conflicts with "alice":\n- .data.x\n- .data.y',
  });
  const forced = apply(live, 'bob', { data: { x: '2' } }, true);
  assert.deepEqual(owners(forced), {
    'alice Apply': { 'f:data': { 'f:y': {} } },
    'bob Apply': { 'f:data': { 'f:x': {} } },
  });
});

test('nothing applied over a struct, map or list takes nothing away, and is owned', () => {
  const live = apply(undefined, 'alice', { data: { x: '1' } });
  const after = apply(live, 'bob', { data: null });
  assert.deepEqual(after.data, { x: '1' });
  assert.deepEqual(owners(after), { 'alice Apply': { 'f:data': { 'f:x': {} } }, 'bob Apply': { 'f:data': {} } });
  const containers = applyContainers(undefined, 'alice', [{ name: 'a', image: 'a:1' }]);
  const kept = applyServerSide(
    containers,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template: null } },
    deployment,
    { ...writer('bob'), apiVersion: 'apps/v1', force: true },
  ) as Deployment;
  assert.deepEqual(containersOf(kept), [{ name: 'a', image: 'a:1' }]);
});

test('of an object with an item that nothing tells from others nobody manages anything, and nobody applies', () => {
  const account = (secrets: object[]) =>
    ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 's', namespace: 'n' }, secrets }) as KubeObject;
  const live = account([{ name: 'a' }]);
  trackUpdate(undefined, live, serviceAccount, writer('alice'));
  assert.equal(live.metadata.managedFields?.length, 1);
  const next = { ...account([{}]), metadata: structuredClone(live.metadata) };
  trackUpdate(live, next, serviceAccount, writer('bob'));
  assert.equal(next.metadata.managedFields, undefined);
  assert.throws(
    () => applyServerSide(next, account([{ name: 'a' }]), serviceAccount, { ...writer('bob'), force: false }),
    {
      code: 500,
      message:
        /^failed to create typed live object \(n\/s; \/v1, Kind=ServiceAccount\): \.secrets: element 0: associative list/,
    },
  );
});

test('an update owns what it changes and conflicts by its version', () => {
  const created: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } };
  trackUpdate(undefined, created, configMap, writer('creator'));
  assert.deepEqual(owners(created), { 'creator Update': { 'f:data': { '.': {}, 'f:x': {} } } });
  assert.throws(() => apply(created, 'alice', { data: { x: '2' } }), {
    message: 'Apply failed with 1 conflict: conflict with "creator" using v1: .data.x',
  });
  const replaced: ConfigMap = { ...structuredClone(created), data: { n: '1' } };
  trackUpdate(created, replaced, configMap, writer('replacer'));
  assert.deepEqual(owners(replaced), {
    'creator Update': { 'f:data': {} },
    'replacer Update': { 'f:data': { 'f:n': {} } },
  });
});

test('an update that changes nothing leaves the record as it is', () => {
  const live: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } };
  trackUpdate(undefined, live, configMap, writer('creator'));
  const next = structuredClone(live);
  trackUpdate(live, next, configMap, writer('other', '2025-01-01T00:00:00Z'));
  assert.deepEqual(next.metadata.managedFields, live.metadata.managedFields);
});

test('an empty list of managers sent by a client resets the record', () => {
  const live: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } };
  trackUpdate(undefined, live, configMap, writer('creator'));
  const next = { ...structuredClone(live), metadata: { name: 'a', managedFields: [] } };
  trackUpdate(live, next, configMap, writer('resetter'));
  assert.deepEqual(owners(next), {});
});

function applyContainers(live: KubeObject | undefined, manager: string, containers: object[]): Deployment {
  const applied = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { template: { spec: { containers } } },
  };
  return applyServerSide(live, applied, deployment, {
    ...writer(manager),
    apiVersion: 'apps/v1',
    force: false,
  }) as Deployment;
}

const containersOf = (it: Deployment): Container[] => it.spec?.template?.spec?.containers ?? [];

test('items of keyed lists are owned by their key; an applied item goes after those before it', () => {
  const first = applyContainers(undefined, 'alice', [{ name: 'a', image: 'a:1', ports: [{ containerPort: 80 }] }]);
  const second = applyContainers(first, 'bob', [{ name: 'side', image: 's:1' }]);
  assert.deepEqual(
    second.spec?.template?.spec?.containers?.map((it) => it.name),
    ['a', 'side'],
  );
  const [entry] = second.metadata.managedFields ?? [];
  assert.deepEqual(entry?.fieldsV1, {
    'f:spec': {
      'f:template': {
        'f:spec': {
          'f:containers': {
            'k:{"name":"a"}': {
              '.': {},
              'f:name': {},
              'f:image': {},
              'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            },
          },
        },
      },
    },
  });
  assert.throws(() => applyContainers(second, 'bob', [{ name: 'a', image: 'a:2' }]), {
    message: 'Apply failed with 1 conflict: conflict with "alice": .spec.template.spec.containers[name="a"].image',
  });
  const third = applyContainers(second, 'bob', []);
  assert.deepEqual(
    third.spec?.template?.spec?.containers?.map((it) => it.name),
    ['a'],
  );
});

test('a configuration must be of the kind and of known fields of the right shape', () => {
  const good = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
  assert.equal(checkApplied(configMap, good).body, good);
  const bad: [object, string][] = [
    [{ ...good, kind: 'Secret' }, 'invalid object type: /v1, Kind=Secret'],
    [{ metadata: {} }, 'invalid object type: /, Kind='],
    [{ ...good, metadata: { managedFields: [{}] } }, 'metadata.managedFields must be nil'],
    [{ ...good, metadata: { managedFields: [] } }, 'metadata.managedFields must be nil'],
    [
      { ...good, nope: 1 },
      'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .nope: field not declared in schema',
    ],
  ];
  for (const [body, message] of bad) assert.throws(() => checkApplied(configMap, body), { message });
  assert.throws(() => checkApplied(configMap, { ...good, data: { k: 1 } }), { code: 500 });
  const unreadable = { ...good, metadata: { name: 'a', managedFields: [{ time: 'now' }] } };
  assert.equal(checkApplied(configMap, unreadable).body, unreadable, 'a record that cannot be read is none');
  assert.throws(() => checkApplied(configMap, { ...good, metadata: { managedFields: ['x'] } }), {
    message: /: \.metadata\.managedFields\[0]: expected map, got &\{x}$/,
  });
  const containers = [{ name: 'c' }, { name: 'c' }];
  const twice = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    spec: { template: { spec: { containers } } },
  };
  assert.throws(() => checkApplied(deployment, twice), {
    message:
      'failed to create typed patch object (/; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="c"]',
  });
});

test('what values say is read only of what an apply came to', () => {
  const kind = 'Deployment';
  const odd = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'a', creationTimestamp: 5 },
    spec: { replicas: 2 ** 31 },
  };
  const { body, what } = checkApplied(deployment, odd);
  assert.throws(() => convertApplied(deployment, body, what), {
    code: 500,
    message:
      /^failed to convert new object \(\/a; apps\/v1, Kind=Deployment\) to proper version: unable to convert unstructured object/,
  });
  const { metadata: _meta, ...rest } = odd;
  const converted = convertApplied(deployment, rest as object, what) as { spec: { replicas: number } };
  assert.equal(converted.spec.replicas, -(2 ** 31));
});

test('an apply that changes nothing is of no time; before the first one all belonged to others', () => {
  const live = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } };
  const first = apply(live, 'alice', { data: { k: 'v' } });
  assert.deepEqual(
    first.metadata.managedFields?.map(({ manager, operation, time }) => [manager, operation, time !== undefined]),
    [
      ['alice', 'Apply', false],
      ['before-first-apply', 'Update', true],
    ],
  );
  const second = apply(first, 'alice', { data: { k: 'v', l: 'w' } });
  assert.ok(second.metadata.managedFields?.[0]?.time);
});

test('a struct that is applied no more goes with its defaults, unless somebody owns a field of it', () => {
  const probe = { exec: { command: ['true'] }, periodSeconds: 1 };
  const first = applyContainers(undefined, 'alice', [{ name: 'c', image: 'x', readinessProbe: probe }]);
  const defaulted = structuredClone(first);
  Object.assign(containersOf(defaulted)[0]!.readinessProbe!, { failureThreshold: 3, successThreshold: 1 });
  const [without] = containersOf(applyContainers(defaulted, 'alice', [{ name: 'c', image: 'x' }]));
  assert.deepEqual(without, { name: 'c', image: 'x' });

  const shared = structuredClone(defaulted);
  containersOf(shared)[0]!.readinessProbe!.failureThreshold = 5;
  trackUpdate(defaulted, shared, deployment, writer('editor'));
  const [kept] = containersOf(applyContainers(shared, 'alice', [{ name: 'c', image: 'x' }]));
  assert.deepEqual(kept?.readinessProbe, { failureThreshold: 5, successThreshold: 1 });
});

test('an item that is applied no more goes though others own fields of it', () => {
  const first = applyContainers(undefined, 'alice', [
    { name: 'c', image: 'x' },
    { name: 'd', image: 'y' },
  ]);
  const edited = structuredClone(first);
  containersOf(edited)[1]!.image = 'z';
  trackUpdate(first, edited, deployment, writer('editor'));
  const after = applyContainers(edited, 'alice', [{ name: 'c', image: 'x' }]);
  assert.deepEqual(
    containersOf(after).map(({ name }) => name),
    ['c'],
  );
});

test('kubectl takes over what it applied itself before, and keeps its own record true', () => {
  const LAST = 'kubectl.kubernetes.io/last-applied-configuration';
  const last = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1', y: '1' } };
  const live: ConfigMap = {
    ...last,
    metadata: { name: 'a', annotations: { [LAST]: JSON.stringify(last) } },
    data: { x: '1', y: '1' },
  };
  trackUpdate(undefined, live, configMap, writer('kubectl-client-side-apply'));
  const after = apply(live, 'kubectl', { metadata: { name: 'a', labels: { l: '1' } }, data: { x: '2', y: '1' } });
  assert.deepEqual(after.data, { x: '2', y: '1' });
  assert.equal(
    after.metadata.annotations?.[LAST],
    '{"apiVersion":"v1","data":{"x":"2","y":"1"},"kind":"ConfigMap","metadata":{"labels":{"l":"1"},"name":"a"}}\n',
  );
  assert.throws(() => apply(live, 'alice', { data: { x: '2' } }), { code: 409 });

  const edited = structuredClone(live);
  edited.data = { x: '1', y: '9' };
  trackUpdate(live, edited, configMap, writer('editor'));
  assert.throws(() => apply(edited, 'kubectl', { data: { x: '2', y: '3' } }), {
    message: 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.y',
  });
});
