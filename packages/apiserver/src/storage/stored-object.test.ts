import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, encodeGoJson, type KubeObject } from '@keelson/api';
import fc from 'fast-check';
import { CacheMemory } from './cache-memory.js';
import { storedForm } from './stored-form.js';
import { StoredObject } from './stored-object.js';

const pods = allKinds.find(({ plural, group }) => plural === 'pods' && group === '')!;

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const object = fc.record(
  {
    apiVersion: fc.constantFrom('v1', 'apps/v1', 'a.example/v1beta1'),
    kind: fc.constantFrom('Pod', 'ConfigMap'),
    metadata: fc.record(
      {
        name: text,
        labels: fc.dictionary(text, fc.constantFrom('<b>', '&', '\u2028', '—', '\u2029x', 'ä', '\ud800')),
        resourceVersion: fc.constant('7'),
        selfLink: fc.constant('/x'),
      },
      { requiredKeys: [] },
    ),
    spec: fc.dictionary(text, fc.oneof(fc.jsonValue(), fc.constant(9007199254740993n))),
    data: fc.record({ metadata: fc.constant({}), kind: text, resourceVersion: text }, { requiredKeys: [] }),
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
) as fc.Arbitrary<object> as fc.Arbitrary<KubeObject>;

/** As it was stored, at a revision. */
function at({ metadata, ...rest }: KubeObject, revision: number): KubeObject {
  const { resourceVersion: _old, selfLink: _link, ...others } = metadata;
  return { metadata: { resourceVersion: String(revision), ...others }, ...rest } as KubeObject;
}

const plain = (value: unknown) => encodeGoJson(value);
const same = (left: unknown, right: unknown) => assert.deepEqual(JSON.parse(plain(left)), JSON.parse(plain(right)));

test('the text and the object of a value are what was stored, at its revision or a later one, kept or not', () => {
  fc.assert(
    fc.property(object, fc.nat(), fc.nat(), fc.boolean(), (given, revision, later, isKept) => {
      const stored = StoredObject.parse('n/x', { modRevision: revision, value: storedForm(given) });
      if (isKept) stored.keep(new CacheMemory());
      for (const [it, version] of [
        [stored, revision],
        [stored.at(later), later],
        [stored.at(later).at(revision), revision],
        [stored.renewed(), revision],
      ] as const) {
        const { bytes, itemAt } = it.text!;
        const { apiVersion, kind, ...item } = at(given, version);
        assert.equal(bytes.toString(), plain({ apiVersion, kind, ...item }));
        same(JSON.parse(`{${bytes.subarray(itemAt)}`), item);
        same(it.object, at(given, version));
        same(it.peek(), it.object);
      }
    }),
  );
});

test('values that another program wrote are served in the same form', () => {
  const metadata = { name: 'x', labels: { a: '<&>' }, resourceVersion: '3' };
  const given = { kind: 'ConfigMap', metadata, data: { b: '\u2028' }, apiVersion: 'v1' } as KubeObject;
  for (const value of [JSON.stringify(given), JSON.stringify(given, undefined, 2), `${JSON.stringify(given)}\n`]) {
    const stored = StoredObject.parse('n/x', { modRevision: 5, value: Buffer.from(value) });
    const { apiVersion, kind, ...rest } = at(given, 5);
    assert.equal(stored.text?.bytes.toString(), plain({ apiVersion, kind, ...rest }));
    same(stored.object, at(given, 5));
  }
});

test('a value that is no object fails whoever reads it', () => {
  const parse = (value: string) => StoredObject.parse('n/x', { modRevision: 5, value: Buffer.from(value) });
  assert.throws(() => parse('not JSON'), SyntaxError);
  assert.throws(() => parse('k8s:enc:aesgcm:v1:key:…'), /n\/x is stored encrypted/);
});

const value = (name: string, size: number) =>
  storedForm({
    ...{ apiVersion: 'v1', kind: 'Pod', spec: { nodeName: `node-${name}`, schedulerName: 'x'.repeat(size) } },
    metadata: { name, namespace: 'n', labels: { app: 'web' } },
  } as KubeObject);

test('what is made of kept objects is forgotten when it becomes too much, and made again', () => {
  const memory = new CacheMemory(10_000);
  const all = Array.from({ length: 50 }, (_, at) => {
    const stored = StoredObject.parse(`n/p${at}`, { modRevision: at + 1, value: value(`p${at}`, 500) });
    stored.keep(memory);
    return stored;
  });
  const first = all[0]!.object;
  assert.equal(all[0]!.object, first);
  let encodings = 0;
  const encode = (stored: StoredObject) =>
    stored.encoded('upper', () => {
      encodings += 1;
      return Buffer.from(stored.path.toUpperCase());
    });
  for (const stored of all) assert.equal(encode(stored).toString(), stored.path.toUpperCase());
  assert.equal(encodings, 50);
  encode(all.at(-1)!);
  assert.equal(encodings, 50, 'a recent one is still there');
  encode(all[0]!);
  assert.equal(encodings, 51, 'the first has gone');
  for (const stored of all) same(stored.object.metadata.name, stored.path.slice(2));
  assert.notEqual(all[0]!.object, first);
  assert.deepEqual(all[0]!.object, first);
});

test('a long list does not push out what others ask for', () => {
  const memory = new CacheMemory(10_000);
  const all = Array.from({ length: 50 }, (_, at) => {
    const stored = StoredObject.parse(`n/p${at}`, { modRevision: at + 1, value: value(`p${at}`, 500) });
    stored.keep(memory);
    return stored;
  });
  const asked = all.slice(30, 35).map((stored) => stored.object);
  for (const stored of all) assert.equal(stored.listed.metadata.name, stored.path.slice(2));
  assert.deepEqual(
    asked.map((object, at) => object === all[30 + at]!.object),
    [true, true, true, true, true],
  );
  assert.equal(all[0]!.listed, all[0]!.listed, 'there was room for the first');
  assert.notEqual(all[49]!.listed, all[49]!.listed);
});

test('labels and fields by which is selected stay, labels once for all who have the same', () => {
  const memory = new CacheMemory(1);
  const [one, other] = ['a', 'b'].map((name) => {
    const stored = StoredObject.parse(`n/${name}`, { modRevision: 1, value: value(name, 10) });
    stored.keep(memory);
    return stored;
  });
  assert.deepEqual(one!.labels, { app: 'web' });
  assert.equal(one!.labels, other!.labels);
  assert.equal(one!.field(pods, 'spec.nodeName'), 'node-a');
  assert.equal(other!.field(pods, 'spec.nodeName'), 'node-b');
  assert.equal(one!.field(pods, 'status.phase'), pods.selectableFields['status.phase']!(one!.object));
});
