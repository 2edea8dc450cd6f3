import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { CacheMemory } from './cache-memory.js';
import { ResourceCache } from './resource-cache.js';
import { storedForm } from './stored-form.js';
import { StoredObject } from './stored-object.js';

const stored = (path: string, revision: number) => new StoredObject(path, revision, { metadata: { name: path } });

test('events after a revision are given in order', () => {
  const cache = new ResourceCache({ historyMax: 10 });
  cache.reset([stored('n/a', 3)], 5);
  cache.put(stored('n/a', 6));
  cache.put(stored('n/b', 7));
  cache.delete('n/a', 8);
  assert.deepEqual(
    cache.since(5)?.map(({ type, revision }) => [type, revision]),
    [
      ['MODIFIED', 6],
      ['ADDED', 7],
      ['DELETED', 8],
    ],
  );
  assert.deepEqual(
    cache.since(7)?.map(({ current }) => current.revision),
    [8],
  );
  assert.deepEqual(cache.since(8), []);
  assert.equal(cache.since(4), undefined);
});

test('what is forgotten is not told as if it were all', () => {
  const cache = new ResourceCache({ historyMax: 4 });
  for (let revision = 1; revision <= 5; revision++) cache.put(stored('n/a', revision));
  const oldest = cache.historyStart;
  assert.ok(oldest > 0);
  assert.equal(cache.since(oldest - 1), undefined);
  assert.equal(cache.since(oldest)?.[0]?.revision, oldest + 1);
});

test('a list is of one namespace, in the order of names, from a point on', () => {
  const cache = new ResourceCache({ historyMax: 4 });
  cache.reset(
    ['n/b', 'm/a', 'n/a', 'n2/a', 'n/c'].map((path) => stored(path, 1)),
    1,
  );
  assert.deepEqual(
    [...cache.list('n/')].map(({ path }) => path),
    ['n/a', 'n/b', 'n/c'],
  );
  assert.deepEqual(
    [...cache.list('n/', 'n/a')].map(({ path }) => path),
    ['n/b', 'n/c'],
  );
});

test('an unknown deletion is no event', () => {
  const cache = new ResourceCache({ historyMax: 4 });
  cache.delete('n/a', 9);
  assert.deepEqual(cache.since(0), []);
});

test('a list of the past is what the list was, from any point on, as long as what happened since is known', () => {
  const random = seededRandom(5);
  const cache = new ResourceCache({ historyMax: 60 });
  const paths = ['m/a', 'm/b', 'n/a', 'n/b', 'n/b-1', 'n/c', 'n2/a'];
  const seen: { revision: number; objects: readonly StoredObject[] }[] = [];
  for (let revision = 1; revision <= 200; revision += 1) {
    const path = paths[random.integer(paths.length)]!;
    if (random.integer(3) === 0) cache.delete(path, revision);
    else cache.put(stored(path, revision));
    seen.push({ revision, objects: [...cache.list()] });
    for (const then of seen.slice(-50)) {
      for (const [prefix, after] of [
        ['', ''],
        ['n/', ''],
        ['n/', 'n/b'],
        ['', 'm/b'],
      ] as const) {
        const wanted = then.objects.filter((it) => it.path.startsWith(prefix) && it.path > after);
        assert.deepEqual([...(cache.listAt(then.revision, prefix, after) ?? [])], wanted);
      }
    }
  }
  assert.equal(cache.listAt(cache.historyStart - 1), undefined);
});

test('a history of large objects is short', () => {
  const cache = new ResourceCache({ historyMax: 1_000 });
  const large = (revision: number) => new StoredObject('n/a', revision, { metadata: { name: 'a' } }, 2 ** 20);
  for (let revision = 1; revision <= 200; revision++) cache.put(large(revision));
  const events = cache.since(cache.historyStart)!;
  assert.ok(events.length <= 64, `${events.length} MiB`);
  assert.ok(events.length >= 32);
  assert.equal(cache.since(cache.historyStart - 1), undefined);
  cache.put(new StoredObject('n/b', 201, { metadata: { name: 'b' } }, 2 ** 30));
  assert.equal(cache.get('n/b')?.revision, 201);
  assert.deepEqual(cache.since(201), []);
});

test('objects come and go in the memory that all share, and what is still known stays as it was', () => {
  const random = seededRandom(8);
  const memory = new CacheMemory(20_000);
  const caches = [1, 2].map(() => new ResourceCache({ historyMax: 40 }, memory));
  const textOf = (name: string, revision: number) => ({
    name,
    value: `${revision}`.padEnd((revision * 37) % 900, '-'),
  });
  for (let revision = 1; revision <= 5_000; revision++) {
    const cache = caches[random.integer(2)]!;
    const name = `o${random.integer(60)}`;
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: textOf(name, revision) };
    const value = storedForm(object as unknown as KubeObject);
    if (random.integer(3) === 0) cache.delete(name, revision);
    else cache.put(StoredObject.parse(name, { modRevision: revision, value }));
    if (random.integer(1_000) === 0) cache.renew();
    if (random.integer(1_500) === 0)
      cache.reset(
        [...cache.list()].map((it) => it.renewed()),
        revision,
      );
    if (revision % 100 > 0) continue;
    for (const it of caches) {
      const known = (it.since(it.historyStart) ?? []).flatMap(({ current, previous }) => [
        current,
        previous ?? current,
      ]);
      for (const stored of [...it.list(), ...known]) {
        const { metadata, data } = stored.object as unknown as typeof object;
        const written = Number.parseInt(data.value, 10);
        assert.equal(metadata.name, stored.path);
        assert.deepEqual(data, textOf(stored.path, written));
        assert.equal((metadata as { resourceVersion?: string }).resourceVersion, `${stored.revision}`);
        assert.ok(stored.text!.bytes.includes(`"resourceVersion":"${stored.revision}"`));
      }
    }
  }
});
