import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Job } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { testWorld } from '../../testing/world.js';
import { expire, ttlAfterFinishedController } from './index.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');

function finished(ttl: number | undefined, secondsAgo: number, type = 'Complete'): Job {
  const time = rfc3339(NOW - secondsAgo * 1000);
  return {
    metadata: { name: 'j', namespace: 'default', uid: 'u', resourceVersion: '7' },
    spec: ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl },
    status: { conditions: [{ type, status: 'True', lastTransitionTime: time }] },
  };
}

it('a Job goes when its time is over, and not without one, unfinished, or on its way already', () => {
  const decided = (job: Job) => {
    const { steps = [], again } = expire(job, NOW, () => {});
    const [action] = steps.flat();
    return action?.do === 'delete' ? [action.propagationPolicy, action.resourceVersion] : again;
  };
  assert.deepEqual(decided(finished(60, 60)), ['Foreground', '7']);
  assert.deepEqual(decided(finished(0, 0, 'Failed')), ['Foreground', '7']);
  assert.equal(decided(finished(60, 59)), 1_000);
  // Finished in the future, by a clock that is ahead: it is waited for.
  assert.equal(decided(finished(60, -600)), 660_000);
  assert.equal(decided(finished(undefined, 60)), undefined);
  assert.equal(decided(finished(60, 600, 'Suspended')), undefined);
  const going = finished(0, 60);
  going.metadata.deletionTimestamp = rfc3339(NOW);
  assert.equal(decided(going), undefined);
});

it('a time that is changed later counts, and a clock that is set', async () => {
  const world = testWorld();
  const { client, clock, informers, server } = world;
  const jobs = informers.for(resources.jobs);
  await world.start(ttlAfterFinishedController);
  const make = async (name: string, ttlSecondsAfterFinished?: number) => {
    const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: rfc3339(clock.now()) }];
    const spec = ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished };
    await client.create<Job>(resources.jobs, {
      metadata: { name, namespace: 'default' },
      spec,
      status: { conditions },
    });
  };
  const going = (name: string) => jobs.get('default', name)?.metadata.deletionTimestamp !== undefined;
  const set = (name: string, ttl: number) =>
    client.patch(resources.jobs, { namespace: 'default', name }, 'merge', { spec: { ttlSecondsAfterFinished: ttl } });
  await make('longer', 60);
  await make('shorter', 86_400);
  await make('kept');
  await clock.advanceAsync(30_000);
  await set('longer', 3_600);
  await set('shorter', 40);
  await clock.advanceAsync(20_000);
  assert.deepEqual(['longer', 'shorter', 'kept'].map(going), [false, true, false]);
  clock.jump(3_600_000);
  await clock.advanceAsync(60_000);
  await until(() => going('longer'), { clock });
  assert.ok(!going('kept'));
  await clock.advanceAsync(600_000);
  assert.equal(server.requests.filter((it) => it.verb === 'delete').length, 2);
  await world.stop();
});
