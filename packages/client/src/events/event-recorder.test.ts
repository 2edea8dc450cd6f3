import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrors, type Event, type Pod } from '@keelson/api';
import { seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { ApiClient } from '../api-client.js';
import { resources } from '../resource.js';
import { MemoryTransport } from '../testing/index.js';
import { EventRecorder } from './event-recorder.js';

function pod(name = 'web', resourceVersion = '1'): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion } };
}

function world(options: { queueMax?: number } = {}) {
  const clock = new ManualClock();
  const server = new MemoryTransport({ clock });
  const client = new ApiClient(server);
  const dependencies = { client, clock, random: seededRandom(3), logger: silentLogger };
  const recorder = new EventRecorder({ component: 'tester', ...options }, dependencies);
  const events = async () => (await client.list<Event>(resources.events, {})).items;
  return { clock, server, client, recorder, events };
}

describe('EventRecorder', () => {
  it('writes an event in the namespace of what it is about', async () => {
    const { recorder, events } = world();
    recorder.record(pod(), 'Normal', 'Scheduled', 'found a node');
    await recorder.flush();
    const [event] = await events();
    assert.equal(event?.metadata.namespace, 'shop');
    assert.match(event?.metadata.name ?? '', /^web\.[0-9a-f]{16}$/);
    assert.deepEqual([event?.count, event?.type, event?.reason], [1, 'Normal', 'Scheduled']);
    assert.deepEqual(event?.source, { component: 'tester' });
  });

  it('counts a repeat up, though the object changed in between', async () => {
    const { recorder, events, clock } = world();
    recorder.record(pod('web', '1'), 'Warning', 'FailedScheduling', 'no room');
    await recorder.flush();
    clock.advance(5_000);
    recorder.record(pod('web', '2'), 'Warning', 'FailedScheduling', 'no room');
    await recorder.flush();
    const all = await events();
    assert.equal(all.length, 1);
    assert.equal(all[0]?.count, 2);
    assert.notEqual(all[0]?.lastTimestamp, all[0]?.firstTimestamp);
  });

  it('begins anew when the event to count up is gone', async () => {
    const { recorder, events, client } = world();
    recorder.record(pod(), 'Normal', 'Again', 'x');
    await recorder.flush();
    const [old] = await events();
    await client.delete(resources.events, { namespace: 'shop', name: old?.metadata.name ?? '' });
    recorder.record(pod(), 'Normal', 'Again', 'x');
    await recorder.flush();
    assert.deepEqual(
      (await events()).map((it) => it.count),
      [1],
    );
  });

  it('silences an object that causes too many, and lets it speak again with time', async () => {
    const { recorder, events, clock } = world();
    for (let count = 0; count < 40; count++) recorder.record(pod('noisy'), 'Normal', 'Talk', `word ${count}`);
    recorder.record(pod('quiet'), 'Normal', 'Talk', 'one word');
    await recorder.flush();
    assert.equal((await events()).length, 26);
    clock.advance(301_000);
    recorder.record(pod('noisy'), 'Normal', 'Talk', 'after a pause');
    recorder.record(pod('noisy'), 'Normal', 'Talk', 'too soon again');
    await recorder.flush();
    assert.equal((await events()).length, 27);
  });

  it('drops what it cannot queue and what the server refuses', async () => {
    const { recorder, events, server } = world({ queueMax: 2 });
    server.intercept = ({ verb }) => (verb === 'create' ? apiErrors.serviceUnavailable('down') : undefined);
    for (let count = 0; count < 10; count++) recorder.record(pod(`p${count}`), 'Normal', 'Talk', 'x');
    await recorder.flush();
    const tried = server.requests.length;
    assert.ok(tried <= 3, `${tried} requests`);
    assert.equal((await events()).length, 0);
  });

  it('writes what is recorded just as the last event was written', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const { recorder, events } = world();
      recorder.record(pod('first'), 'Normal', 'Talk', 'x');
      for (let turn = 0; turn < turns; turn++) await undefined;
      recorder.record(pod('second'), 'Normal', 'Talk', 'x');
      await recorder.flush();
      assert.equal((await events()).length, 2, `${turns} turns after the first`);
    }
  });

  it('cuts a long message', async () => {
    const { recorder, events } = world();
    recorder.record(pod(), 'Normal', 'Talk', 'x'.repeat(5_000));
    await recorder.flush();
    const [event] = await events();
    assert.equal(event?.message?.length, 1024);
  });
});
