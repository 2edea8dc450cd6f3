import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, type CustomResourceDefinition, customKind, type FieldError, type KubeObject } from '@keelson/api';
import { context, request, world } from '../../test/world.js';
import type { RequestContext } from './context.js';
import { KnownKinds, kindName, refuseInvalid, runStage } from './stage.js';

const opts = { fieldManager: 'tests' };
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';

const object = (name: string, size: number, bad = false): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, finalizers: bad ? ['no domain'] : undefined },
    data: { k: 'v', large: 'x'.repeat(size) },
  }) as KubeObject;

const SIZES = { small: 10, large: 30_000 };

/** What is the same whatever the size. */
function comparable(it: KubeObject): unknown {
  const { uid: _uid, resourceVersion: _version, name: _name, ...metadata } = it.metadata;
  return { ...it, metadata, data: Object.keys((it as KubeObject & { data: object }).data) };
}

test('a large object goes the same way as a small one', async () => {
  const { registry, configMaps, close } = await world();
  const outcomes = await Promise.all(
    Object.entries(SIZES).map(async ([name, size]) => {
      const made: unknown[] = [];
      const note = ({ object: it }: { object: KubeObject }) => made.push(comparable(it));
      const patch = (body: object, type: string, options = opts) =>
        registry.patch(configMaps, request(configMaps, 'patch', name, body, options, type), context).then(note);
      note(await registry.create(configMaps, request(configMaps, 'create', '', object(name, size), opts), context));
      await patch({ metadata: { labels: { a: 'b' } } }, STRATEGIC);
      await patch([{ op: 'add', path: '/data/j', value: 'x' }], JSON_PATCH);
      await patch({ ...object(name, size), data: { applied: 'yes' } }, APPLY, { fieldManager: 'other' });
      const updated = { ...object(name, size), data: { only: 'x'.repeat(size) } };
      note(await registry.update(configMaps, request(configMaps, 'update', name, updated, opts), context));
      return made;
    }),
  );
  assert.equal(outcomes[0]!.length, 5);
  assert.deepEqual(outcomes[0], outcomes[1]);
  await close();
});

test('what is wrong with a large one is said as of a small one', async () => {
  const { registry, configMaps, close } = await world();
  const said = async (size: number) => {
    const told: string[] = [];
    const warned: string[] = [];
    const asking = { ...context, warn: (text: string) => void warned.push(text) };
    const tell = (work: Promise<unknown>) =>
      work.then(
        () => told.push('done'),
        (error: Error & { code?: number }) => told.push(`${error.code} ${error.message.replaceAll(/x{10,}/g, '')}`),
      );
    const create = (body: object, options = {}) =>
      tell(registry.create(configMaps, request(configMaps, 'create', '', body, options), asking));
    await create(object('a', size, true));
    await create({ ...object('a', size), nope: 1 }, { fieldValidation: 'Strict' });
    await create({ ...object('b', size), kind: 'Secret' });
    await create({ ...object(`ok-${size}`, size), nope: 1 });
    const patch = (body: object, type: string) =>
      tell(registry.patch(configMaps, request(configMaps, 'patch', `ok-${size}`, body, opts, type), asking));
    await patch([{ op: 'test', path: '/data/k', value: 'w' }], JSON_PATCH);
    await patch({ ...object(`ok-${size}`, size), data: { k: 'mine' } }, APPLY);
    await patch({ data: 5, metadata: { annotations: { large: 'x'.repeat(size) } } }, STRATEGIC);
    return { told: told.map((text) => text.replaceAll(`ok-${size}`, 'ok')), warned };
  };
  const small = await said(10);
  assert.deepEqual(small.warned, ['unknown field "nope"']);
  assert.deepEqual(await said(30_000), small);
  await close();
});

test('an object that its defaults make larger than a body may be is refused', async () => {
  const { registry, pods, close } = await world();
  const containers = Array.from({ length: 24_000 }, (_, at) => ({ name: `c${at}` }));
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default' }, spec: { containers } };
  await assert.rejects(registry.create(pods, request(pods, 'create', '', pod, opts), context), {
    code: 413,
    message: /^Request entity is too large: with its defaults/,
  });
  await close();
});

test('loopback addresses are for the server itself, and for who lives on one machine', async () => {
  const { registry, collection, close } = await world();
  const endpoints = collection('endpoints');
  const said = async (ip: string, size: number, by: RequestContext) => {
    const annotations = { large: 'x'.repeat(size) };
    const body = { metadata: { name: 'e', annotations }, subsets: [{ addresses: [{ ip }], ports: [{ port: 1 }] }] };
    const options = { dryRun: ['All'] };
    return registry.create(endpoints, request(endpoints, 'create', '', body, options), by).then(
      () => 'done',
      (error: Error) => error.message.replace(/^.* is invalid: /, ''),
    );
  };
  const refused =
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)';
  for (const size of Object.values(SIZES)) {
    assert.equal(await said('127.0.0.1', size, context), refused);
    assert.equal(await said('127.0.0.1', size, { ...context, isServer: true }), 'done');
    assert.match(await said('0.0.0.0', size, { ...context, isServer: true }), /may not be unspecified/);
  }
  await close();
});

test('on one machine the rule about loopback addresses is none', () => {
  const kind = allKinds.find((it) => it.kind === 'Endpoints')!;
  const errors: FieldError[] = [
    { type: 'FieldValueInvalid', field: 'a', detail: 'loopback', rule: 'loopback' },
    { type: 'FieldValueInvalid', field: 'b', detail: 'other' },
  ];
  assert.throws(() => refuseInvalid(kind, 'e', errors, true), /: b: Invalid value: null: other$/);
  refuseInvalid(kind, 'e', errors.slice(0, 1), true);
  assert.throws(() => refuseInvalid(kind, 'e', errors.slice(0, 1), false), /loopback/);
});

test('another thread makes a custom kind of the definition that comes with the question', () => {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { a: { type: 'integer', default: 1 } } } },
  };
  const definition = {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  } as CustomResourceDefinition;
  const kind = kindName(customKind(definition, 'v1'))!;
  const known = new KnownKinds();
  const sent = (spec: object) => {
    const it = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec };
    return { rest: JSON.stringify(it), managers: undefined };
  };
  const filled = runStage({ kind, do: 'default', object: sent({}) }, known);
  assert.ok('object' in filled);
  assert.deepEqual(JSON.parse(filled.object?.rest ?? '').spec, { a: 1 });
  const refused = runStage({ kind, do: 'validate', isLocal: false, errors: [], next: sent({ a: 'x' }) }, known);
  assert.ok('refused' in refused);
  assert.match(refused.refused.message, /spec\.a in body must be of type integer/);
  const unknown = runStage(
    { kind: { group: 'x', version: 'v1', plural: 'ys' }, do: 'default', object: sent({}) },
    known,
  );
  assert.deepEqual(unknown, { failed: 'no kind x/v1 ys' });
});
