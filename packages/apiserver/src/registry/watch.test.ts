import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, type Kind, type KubeObject, type RequestOptions, type StorageForm } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import { selectionOf } from './selection.js';
import { type WatchEvent, WatchStream } from './watch.js';

const configMap = allKinds.find((it) => it.kind === 'ConfigMap')!;
const stored = (name: string, revision: number, labels: Record<string, string> = {}) =>
  new StoredObject(`n/${name}`, revision, { metadata: { name, namespace: 'n', labels } } as KubeObject);

function given(options: RequestOptions = {}, bufferMax = 100, kind: Kind = configMap) {
  const cache = new ResourceCache({ historyMax: 100 });
  const clock = new ManualClock();
  let revision = 1;
  const stream = new WatchStream(
    {
      collection: { kind },
      selection: selectionOf(kind, options),
      prefix: 'n/',
      bookmarks: options.allowWatchBookmarks ?? false,
      timeoutMs: 10_000,
      bookmarkMs: 1_000,
      bufferMax,
    },
    { clock, cache, revision: () => revision, from: 1 },
  );
  const iterator = stream[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await iterator.next();
    if (done) return undefined;
    return (value as readonly WatchEvent[]).map((it) => `${it.type} ${it.stored.object.metadata.name ?? ''}`.trim());
  };
  const at = (value: number) => {
    revision = value;
  };
  return { cache, clock, stream, next, at };
}

test('an object that comes into a selection is added, one that leaves it deleted', async () => {
  const { cache, next } = given({ labelSelector: 'a=1' });
  cache.put(stored('x', 2));
  cache.put(stored('x', 3, { a: '1' }));
  cache.put(stored('x', 4, { a: '1', b: '2' }));
  cache.put(stored('x', 5, { a: '2' }));
  cache.delete('n/x', 6);
  assert.deepEqual(await next(), ['ADDED x', 'MODIFIED x', 'DELETED x']);
});

test('other namespaces are not seen', async () => {
  const { cache, next } = given();
  cache.put(new StoredObject('m/x', 2, { metadata: { name: 'other' } }));
  cache.put(stored('x', 3));
  assert.deepEqual(await next(), ['ADDED x']);
});

test('bookmarks tell how far a quiet watch is, once', async () => {
  const { clock, next, at } = given({ allowWatchBookmarks: true });
  at(9);
  await clock.advance(1_000);
  assert.deepEqual(await next(), ['BOOKMARK']);
  await clock.advance(1_000);
  at(10);
  await clock.advance(1_000);
  assert.deepEqual(await next(), ['BOOKMARK']);
});

test('initial objects come first and are closed by a bookmark', async () => {
  const { stream, next } = given({ allowWatchBookmarks: true });
  stream.seed([stored('a', 1), stored('b', 1)], true);
  assert.deepEqual(await next(), ['ADDED a', 'ADDED b', 'BOOKMARK']);
});

test('a client that does not read loses its watch, not the server its memory', async () => {
  const { cache, next } = given({}, 3);
  for (let revision = 2; revision < 8; revision++) cache.put(stored('x', revision));
  assert.equal(await next(), undefined);
});

test('a watch ends in its time', async () => {
  const { clock, next } = given();
  const end = next();
  await clock.advance(10_000);
  assert.equal(await end, undefined);
});

/** A kind whose objects are stored in another version. */
function versionWith(more: Partial<StorageForm<KubeObject>>): Kind {
  const { group, version, kind, plural } = configMap;
  const same = (it: KubeObject) => it;
  const storage = { group, version, kind, plural, isVersion: true, toStorage: same, fromStorage: same, ...more };
  return { ...configMap, storage };
}

test('events of a kind that others convert come in their order, whichever is ready first', async () => {
  let convert = () => {};
  const fromStorage = (all: readonly KubeObject[]) =>
    new Promise<readonly KubeObject[]>((resolve) => {
      convert = () => resolve(all);
    });
  const kind = versionWith({ byOthers: { toStorage: async (it) => it, fromStorage } });
  // Whenever the other one comes while the first is on its way out: it comes after it.
  for (let ticks = 0; ticks < 16; ticks++) {
    const { cache, next } = given({}, 100, kind);
    cache.put(stored('a', 2));
    convert();
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    const ready = stored('b', 3);
    ready.keepForm(kind, ready.object);
    cache.put(ready);
    const seen: string[] = [];
    while (seen.length < 2) seen.push(...(await next())!);
    assert.deepEqual(seen, ['ADDED a', 'ADDED b'], `after ${ticks} ticks`);
  }
});

test('an object that cannot be shown ends the watch, and nobody else is disturbed', async () => {
  const fromStorage = () => {
    throw new Error('stored in a version that is gone');
  };
  const { cache, next } = given({ labelSelector: 'a=1' }, 100, versionWith({ fromStorage }));
  cache.put(stored('x', 2, { a: '1' }));
  assert.equal(await next(), undefined);
});
