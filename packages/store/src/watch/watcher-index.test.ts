import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Watcher, type WatcherSink } from './watcher.js';
import { WatcherIndex } from './watcher-index.js';

const sink = {} as WatcherSink;
const flags = { startRevision: 0, prevKv: false, noPut: false, noDelete: false, fragment: false };

function watcherOf(id: number, start: string, end: string | undefined): Watcher {
  const range = { start: Buffer.from(start), end: end === undefined ? undefined : Buffer.from(end) };
  return new Watcher(id, { ...flags, ...range, progressNotify: false }, sink, 1);
}

const key = fc.stringMatching(/^[a-c]{1,3}$/);
const spec = fc.record({ start: key, end: fc.oneof(key, fc.constant(''), fc.constant(undefined)) });

test('finds exactly the watchers that want a key, as they come and go', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(spec, fc.boolean()), { maxLength: 30 }),
      fc.array(key, { minLength: 1 }),
      (steps, keys) => {
        const index = new WatcherIndex<Watcher>();
        const present: Watcher[] = [];
        for (const [at, [{ start, end }, leave]] of steps.entries()) {
          if (leave && present.length > 0) index.remove(present.splice(at % present.length, 1)[0]!);
          const watcher = watcherOf(at, start, end);
          index.add(watcher);
          present.push(watcher);
        }
        for (const each of keys.map((text) => Buffer.from(text))) {
          const found = index.at(each).flatMap((watchers) => [...watchers].map(({ id }) => id));
          const change = { main: 1, sub: 0, deleted: false, previous: { main: 0, sub: 0 }, kv: each, key: each };
          const wanted = present.filter((watcher) => watcher.wants(change)).map(({ id }) => id);
          assert.deepEqual(found.sort(), wanted.sort());
        }
        assert.equal(index.size, present.length);
      },
    ),
  );
});
