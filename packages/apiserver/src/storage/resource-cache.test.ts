import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@keelson/service';
import { ResourceCache } from './resource-cache.js';
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
