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
