import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, decodeProtobuf, encodeProtobuf, type KubeObject, runSteps, type Steps } from '@keelson/api';
import { StoredObject } from '../storage/stored-object.js';
import { type Encoder, jsonEncoder, metadataEncoder, protobufEncoder, tableEncoder, yamlEncoder } from './encoder.js';

const kind = allKinds.find((it) => it.plural === 'configmaps')!;
const COUNT = 1_050;

const items = Array.from({ length: COUNT }, (_, at) => {
  const metadata = { name: `c${at}`, namespace: 'a', resourceVersion: `${at}`, labels: { '<': '>' } };
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { k: `${at}` } } as KubeObject;
  return new StoredObject(`a/c${at}`, at, object, 200);
});
const answer = { type: 'list', kind, items, metadata: { resourceVersion: '7', continue: 'more' } } as const;

function counted<T>(steps: Steps<T>): { value: T; yields: number } {
  for (let yields = 0; ; yields++) {
    const { done, value } = steps.next();
    if (done === true) return { value, yields };
  }
}

const listed = (steps: Steps<readonly Buffer[]>) => Buffer.concat(runSteps(steps));
const tables = () => tableEncoder({ includeObject: 'Metadata', now: () => new Date(0) });
const ENCODERS: Readonly<Record<string, () => Encoder>> = {
  JSON: () => jsonEncoder,
  Table: tables,
  metadata: () => metadataEncoder(jsonEncoder, 'meta.k8s.io/v1'),
  protobuf: () => protobufEncoder,
  YAML: () => yamlEncoder,
};

for (const [name, encoder] of Object.entries(ENCODERS)) {
  test(`a long list as ${name} takes a step for every few hundred items, a short one none`, () => {
    assert.ok(counted(encoder().list(answer)).yields >= 5);
    assert.equal(counted(encoder().list({ ...answer, items: items.slice(0, 100) })).yields, 0);
  });
}

test('items that are large are fewer a step', () => {
  const large = items
    .slice(0, 10)
    .map(({ path, revision, object }) => new StoredObject(path, revision, object, 2 ** 20));
  assert.ok(counted(jsonEncoder.list({ ...answer, items: large })).yields >= 9);
});

test('items say their kind and version where the kind’s do', () => {
  const typed = { ...kind, hasTypedItems: true };
  const some = items.slice(0, 2);
  const versions = {
    ...typed,
    storage: { ...typed, isVersion: true, toStorage: (it: KubeObject) => it, fromStorage: (it: KubeObject) => it },
  };
  for (const of of [typed, versions]) {
    const list = listed(jsonEncoder.list({ ...answer, kind: of, items: some })).toString();
    assert.deepEqual(
      JSON.parse(list).items,
      some.map(({ object }) => object),
    );
  }
});

test('a list in steps is the list', () => {
  const bodies = items.map(({ object: { kind: _kind, apiVersion: _version, ...rest } }) => rest);
  const list = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: answer.metadata, items: bodies };
  const json = JSON.stringify(list).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
  assert.equal(listed(jsonEncoder.list(answer)).toString(), json);
  assert.deepEqual(listed(protobufEncoder.list(answer)), encodeProtobuf(list));
  assert.deepEqual(decodeProtobuf(listed(protobufEncoder.list(answer))), list);
  const none = { ...answer, items: [] };
  assert.equal(listed(jsonEncoder.list(none)).toString(), JSON.stringify({ ...list, items: [] }));
  const table = JSON.parse(listed(tables().list(answer)).toString());
  assert.deepEqual(
    table.rows.map((row: { cells: unknown[] }) => row.cells[0]),
    items.map(({ object }) => object.metadata.name),
  );
  assert.ok(table.columnDefinitions.length > 1);
  assert.deepEqual(JSON.parse(listed(tables().list(none)).toString()).rows, []);
  const metadata = JSON.parse(listed(ENCODERS['metadata']!().list(answer)).toString());
  assert.equal(metadata.kind, 'PartialObjectMetadataList');
  assert.deepEqual(metadata.items[COUNT - 1].metadata, items[COUNT - 1]!.object.metadata);
});

test('rows and metadata are of the form that is stored', () => {
  const kindOf = (plural: string, version: string) =>
    allKinds.find((it) => it.plural === plural && it.version === version)!;
  const metadata = {
    name: 'x',
    namespace: 'a',
    annotations: { 'deprecated.daemonset.template.generation': '1', b: 'c' },
  };
  const daemonSet = new StoredObject(
    'a/x',
    1,
    { kind: 'DaemonSet', apiVersion: 'apps/v1', metadata } as KubeObject,
    200,
  );
  const list = (kind: typeof answer.kind, stored: StoredObject[]) => ({ ...answer, kind, items: stored });
  const sets = list(kindOf('daemonsets', 'v1'), [daemonSet]);
  const row = (encoder: Encoder, of: typeof sets) => JSON.parse(listed(encoder.list(of)).toString());
  assert.deepEqual(row(tables(), sets).rows[0].object.metadata.annotations, { b: 'c' });
  assert.deepEqual(row(ENCODERS['metadata']!(), sets).items[0].metadata.annotations, { b: 'c' });

  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };
  const pods = { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1k' } };
  const metrics = [
    { type: 'Resource', resource },
    { type: 'Pods', pods },
  ];
  const scaleTargetRef = { kind: 'Deployment', name: 'd' };
  const hpa = { metadata: { name: 'h', namespace: 'a' }, spec: { maxReplicas: 2, scaleTargetRef, metrics } };
  const stored = new StoredObject('a/h', 1, hpa as unknown as KubeObject, 200);
  const [first] = row(tables(), list(kindOf('horizontalpodautoscalers', 'v1'), [stored])).rows;
  assert.equal(first.cells[2], 'cpu: <unknown>/50%, <unknown>/1k');
  assert.equal(first.object.metadata.annotations, undefined);
});

test('a table of nothing has no rows where the columns are the default ones', () => {
  const roles = { ...answer, kind: allKinds.find((it) => it.plural === 'roles')!, items: [] };
  assert.equal(JSON.parse(listed(tables().list(roles)).toString()).rows, null);
  assert.deepEqual(JSON.parse(listed(tables().list({ ...answer, items: [] })).toString()).rows, []);
});
