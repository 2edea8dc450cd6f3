import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { ApiClient } from '../api-client.js';
import { resources } from '../resource.js';
import { MemoryTransport, until } from '../testing/index.js';
import { limited } from './limited.js';

it('lets no more requests go than it may, and does not count watches', async () => {
  const clock = new ManualClock();
  const server = new MemoryTransport({ clock });
  const client = new ApiClient(limited(server, { qps: 10, burst: 2 }, clock));
  const stop = new AbortController();
  const watches = Array.from({ length: 5 }, () =>
    client.watch(resources.pods, { signal: stop.signal })[Symbol.asyncIterator]().next(),
  );
  await until(() => server.requests.length === 5);
  const asked = Array.from({ length: 6 }, () => client.list(resources.pods));
  await until(() => server.requests.length === 7);
  await clock.advanceAsync(99);
  assert.equal(server.requests.length, 7);
  await clock.advanceAsync(301);
  await Promise.all(asked);
  assert.equal(server.requests.length, 11);
  const leaving = new AbortController();
  const waiting = Array.from({ length: 10 }, () => client.list(resources.pods, { signal: leaving.signal }));
  leaving.abort();
  const outcomes = await Promise.allSettled(waiting);
  assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 10);
  stop.abort();
  await Promise.all(watches);
});
