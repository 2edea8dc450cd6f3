import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd } from '@keelson/protocol';
import { Lane } from '../replica/lane.js';
import { WatchRequests } from './watch-requests.js';

const create = (key: string) =>
  etcd.WatchRequest.decode(etcd.WatchRequest.encode({ createRequest: { key: Buffer.from(key) } }));
const progress = etcd.WatchRequest.decode(etcd.WatchRequest.encode({ progressRequest: {} }));
const settled = () => new Promise((resolve) => setImmediate(resolve));

function stream(authorOf: (request: etcd.WatchRequest) => string | Promise<string> = () => 'nobody') {
  const deferred: (() => void)[] = [];
  const lane = new Lane({ unitsPerStep: 10 }, { defer: (run) => deferred.push(run) });
  const taken: string[] = [];
  let paused = false;
  const source = {
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
    },
  };
  const requests = new WatchRequests<string>({
    lane: () => lane,
    source: source as never,
    authorOf,
    take: (request, author) => {
      taken.push(`${request.createRequest?.key ?? 'progress'} ${author}`);
      return 1;
    },
    failed: (error) => assert.fail(String(error)),
  });
  return { requests, taken, deferred, isPaused: () => paused };
}

test('requests that come at once are dealt with a step a turn, in order; meanwhile the stream is not read', async () => {
  const { requests, taken, deferred, isPaused } = stream();
  for (let n = 0; n < 500; n += 1) requests.push(create(`k${n}`));
  assert.ok(taken.length <= 10, `${taken.length} at once`);
  assert.equal(isPaused(), true);
  for (let run = deferred.shift(); run; run = deferred.shift()) {
    const before = taken.length;
    run();
    assert.ok(taken.length - before <= 10, `${taken.length - before} in a turn`);
    await settled();
  }
  assert.deepEqual(
    taken,
    Array.from({ length: 500 }, (_, n) => `k${n} nobody`),
  );
  assert.equal(isPaused(), false);
});

test('one whose author is still to be found out holds up those after it', async () => {
  let found: (author: string) => void = () => undefined;
  const author = new Promise<string>((resolve) => {
    found = resolve;
  });
  const { requests, taken } = stream((request) => (String(request.createRequest?.key) === 'a' ? author : 'nobody'));
  for (const key of ['a', 'b']) requests.push(create(key));
  await settled();
  assert.deepEqual(taken, []);
  found('alice');
  await settled();
  assert.deepEqual(taken, ['a alice', 'b nobody']);
});

test('progress that is asked for again before it was answered is asked for once', async () => {
  const { requests, taken, deferred } = stream();
  for (let n = 0; n < 20; n += 1) requests.push(create(`k${n}`));
  for (let n = 0; n < 7_000; n += 1) requests.push(progress);
  for (let run = deferred.shift(); run; run = deferred.shift()) {
    run();
    await settled();
  }
  assert.equal(taken.filter((each) => each.startsWith('progress')).length, 1);
});
