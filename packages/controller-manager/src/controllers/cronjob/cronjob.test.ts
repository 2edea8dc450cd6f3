import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrors, type CronJob, type CronJobSpec, type CronJobStatus, type Job, TimeZones } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { decide } from './decide.js';
import { cronJobs } from './index.js';
import { jobOf } from './started-jobs.js';

const zones = new TimeZones();
const limits = { successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 };
const utc = zones.get('UTC')!;
const at = (text: string) => Date.parse(`2026-01-01T${text}Z`);

function cronJob(spec: Partial<CronJobSpec> = {}, status: CronJobStatus = {}): CronJob {
  return {
    metadata: {
      name: 'c',
      namespace: 'default',
      uid: 'cj',
      resourceVersion: '50',
      creationTimestamp: '2026-01-01T00:00:30Z',
    },
    spec: { schedule: '* * * * *', concurrencyPolicy: 'Allow', ...limits, jobTemplate: { spec: {} }, ...spec },
    status,
  };
}

function started(owner: CronJob, start: number, finish?: 'Complete' | 'Failed'): Job {
  const job = jobOf(owner, start, utc);
  job.metadata.uid = `uid-${job.metadata.name}`;
  const time = rfc3339(start + 10_000);
  job.status = { startTime: rfc3339(start) };
  if (finish !== undefined) job.status.conditions = [{ type: finish, status: 'True', lastTransitionTime: time }];
  if (finish === 'Complete') job.status.completionTime = time;
  return job;
}

const reference = (job: Job) => ({ kind: 'Job', name: job.metadata.name, uid: job.metadata.uid });

/** What was decided: events as `REASON text`, names created and deleted, the status, and when to look again. */
function decided(owner: CronJob, jobs: Job[], now: number, jobsVersion = 100) {
  const view = { jobs, jobsVersion, zone: utc, zones, now, made: () => {} };
  const { steps = [], afterwards, again } = decide(owner, view);
  const actions = steps.flat();
  const [update] = afterwards?.(undefined) ?? [];
  return {
    events: actions.flatMap((it) => (it.do === 'tell' ? [`${it.reason}: ${it.message}`] : [])),
    created: actions.flatMap((it) => (it.do === 'create' ? [it.object.metadata.name] : [])),
    deleted: actions.flatMap((it) => (it.do === 'delete' ? [it.object.metadata.name] : [])),
    status: update?.do === 'update' ? (update.object as CronJob).status : undefined,
    again,
  };
}

const MINUTE = at('00:01:00') / 60_000;

describe('a decision about a CronJob', () => {
  it('starts what is due, named by its minute, and looks again exactly at the next start', () => {
    assert.deepEqual(decided(cronJob(), [], at('00:00:45')), {
      events: [],
      created: [],
      deleted: [],
      status: undefined,
      again: 15_000,
    });
    const found = decided(cronJob(), [], at('00:01:00'));
    assert.deepEqual([found.created, found.again], [[`c-${MINUTE}`], 60_000]);
    // Of several that were missed the last one alone.
    assert.deepEqual(decided(cronJob(), [], at('00:05:20')).created, [`c-${MINUTE + 4}`]);
  });

  it('makes a Job of the template that says when, in its zone, it was to start', () => {
    const jobTemplate = { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: { parallelism: 2 } };
    const zoned = cronJob({ timeZone: 'Asia/Kolkata', jobTemplate });
    const { metadata, spec } = jobOf(zoned, at('00:01:00'), zones.get('Asia/Kolkata')!);
    assert.deepEqual(metadata.labels, { a: 'b' });
    const scheduled = metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'];
    assert.deepEqual([metadata.annotations?.c, scheduled], ['d', '2026-01-01T05:31:00+05:30']);
    assert.deepEqual(metadata.ownerReferences?.[0]?.kind, 'CronJob');
    assert.deepEqual(spec, { parallelism: 2 });
  });

  it('notes a started Job when it sees it, running or finished, and never starts it again', () => {
    const owner = cronJob();
    const running = started(owner, at('00:01:00'));
    const found = decided(owner, [running], at('00:01:01'));
    assert.deepEqual([found.created, found.events], [[], []]);
    assert.deepEqual(
      found.status?.active?.map((it) => it.name),
      [running.metadata.name],
    );
    assert.equal(found.status?.lastScheduleTime, '2026-01-01T00:01:00Z');
    const ended = decided(owner, [started(owner, at('00:01:00'), 'Complete')], at('00:01:20'));
    assert.deepEqual(ended.events, [`SawCompletedJob: Saw completed job: c-${MINUTE}, condition: Complete`]);
    assert.deepEqual(ended.status, {
      lastScheduleTime: '2026-01-01T00:01:00Z',
      lastSuccessfulTime: '2026-01-01T00:01:10Z',
    });
  });

  it('forgets Jobs that finish or are gone, but not on word that may be old', () => {
    const start = at('00:01:00');
    const job = started(cronJob(), start);
    const status = { active: [reference(job)], lastScheduleTime: rfc3339(start) };
    const failed = decided(cronJob({}, status), [started(cronJob(), start, 'Failed')], at('00:01:30'));
    assert.deepEqual(failed.events, [`SawCompletedJob: Saw completed job: c-${MINUTE}, condition: Failed`]);
    assert.deepEqual(failed.status, { lastScheduleTime: rfc3339(start) });
    const gone = decided(cronJob({}, status), [], at('00:01:30'));
    assert.deepEqual(gone.events, [`MissingJob: Active job went missing: c-${MINUTE}`]);
    const early = decided(cronJob({}, status), [], at('00:01:30'), 49);
    assert.deepEqual([early.events, early.status, early.again], [[], undefined, 1_000]);
  });

  it('says of a Job that somebody else made for it that it is unexpected', () => {
    const stranger = started(cronJob(), at('00:01:00'));
    stranger.metadata.name = 'by-hand';
    const { events } = decided(cronJob({ suspend: true }), [stranger], at('00:01:00'));
    assert.deepEqual(events, ['UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand']);
  });

  it('follows its policy when a Job is still active', () => {
    const job = started(cronJob(), at('00:01:00'));
    const status = { active: [reference(job)], lastScheduleTime: '2026-01-01T00:01:00Z' };
    const now = at('00:02:00');
    const forbidden = decided(cronJob({ concurrencyPolicy: 'Forbid' }, status), [job], now);
    assert.deepEqual([forbidden.created, forbidden.again], [[], 60_000]);
    assert.match(forbidden.events[0] ?? '', /^JobAlreadyActive: Not starting job because prior execution is running/);
    const replaced = decided(cronJob({ concurrencyPolicy: 'Replace' }, status), [job], now);
    assert.deepEqual([replaced.created, replaced.deleted], [[`c-${MINUTE + 1}`], [`c-${MINUTE}`]]);
    assert.equal(replaced.status?.active, undefined);
    const allowed = decided(cronJob({}, status), [job], now);
    assert.deepEqual([allowed.created, allowed.deleted], [[`c-${MINUTE + 1}`], []]);
  });

  it('keeps the last Jobs of each kind', () => {
    const owner = cronJob({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0, suspend: true });
    const done = ['00:01:00', '00:03:00', '00:02:00'].map((it) => started(owner, at(it), 'Complete'));
    const failed = started(owner, at('00:04:00'), 'Failed');
    const { deleted } = decided(owner, [...done, failed], at('00:05:00'));
    assert.deepEqual(deleted, [`c-${MINUTE}`, `c-${MINUTE + 1}`, `c-${MINUTE + 3}`]);
  });

  it('does not start what is too late, and says so', () => {
    const late = decided(cronJob({ schedule: '0 * * * *', startingDeadlineSeconds: 10 }), [], at('01:00:11'));
    assert.deepEqual([late.created, late.events, late.again], [[], [], 3_589_000]);
    assert.deepEqual(
      decided(cronJob({ schedule: '0 * * * *', startingDeadlineSeconds: 10 }), [], at('01:00:09')).created.length,
      1,
    );
    const huge = decided(cronJob({ startingDeadlineSeconds: 2 ** 62 }), [], at('00:01:00'));
    assert.equal(huge.created.length, 1);
  });

  it('says that too many were missed, and starts the last', () => {
    const found = decided(cronJob(), [], at('03:00:00'));
    assert.match(found.events[0] ?? '', /^TooManyMissedTimes: too many missed start times\. Set or decrease/);
    assert.deepEqual(found.created, [`c-${MINUTE + 179}`]);
    assert.deepEqual(decided(cronJob({ startingDeadlineSeconds: 300 }), [], at('03:00:00')).events, []);
  });

  it('says what is wrong with a schedule or a zone, and waits for another', () => {
    const cases: [Partial<CronJobSpec>, RegExp][] = [
      [
        { schedule: 'x' },
        /^UnparseableSchedule: unparseable schedule: "x" : expected exactly 5 fields, found 1: \[x\]$/,
      ],
      [{ schedule: '59 23 31 2 *' }, /^InvalidSchedule: invalid schedule: 59 23 31 2 \* : time difference between/],
      [{ timeZone: 'Mars/Olympus' }, /^UnknownTimeZone: invalid timeZone: "Mars\/Olympus": unknown time zone/],
    ];
    for (const [spec, event] of cases) {
      const found = decided(cronJob(spec), [], at('01:00:00'));
      assert.match(found.events[0] ?? '', event);
      assert.deepEqual([found.created, found.again], [[], undefined]);
    }
    const zoned = decided(cronJob({ schedule: 'TZ=Asia/Tokyo 2 9 * * *' }), [], at('00:02:00'));
    assert.match(zoned.events[0] ?? '', /^UnsupportedSchedule: CRON_TZ or TZ used in schedule/);
    assert.deepEqual(zoned.created, [`c-${MINUTE + 1}`]);
  });

  it('says that a start in the future holds everything up', () => {
    const ahead = decided(cronJob({}, { lastScheduleTime: '2027-01-01T00:00:00Z' }), [], at('00:05:00'));
    assert.match(ahead.events[0] ?? '', /^ClockSkew: last schedule time 2027-01-01T00:00:00Z is in the future/);
    assert.deepEqual(ahead.created, []);
  });

  it('goes on from its last start where the schedule is an interval', () => {
    const owner = cronJob({ schedule: '@every 7m' }, { lastScheduleTime: '2026-01-01T00:10:13Z' });
    const found = decided(owner, [], at('00:32:00'));
    assert.deepEqual([found.created, found.again], [[`c-${at('00:31:13') / 60_000 - 13 / 60}`], 373_000]);
  });
});

describe('the CronJob controller', () => {
  const worldAt = async (spec: Partial<CronJobSpec>) => {
    const world = testWorld();
    const jobs = world.informers.for(resources.jobs);
    await world.start(cronJobs(() => 'UTC'));
    await world.client.create(resources.cronJobs, {
      metadata: { name: 'c', namespace: 'default' },
      spec: { ...cronJob().spec, ...spec },
    });
    const current = () => world.informers.for(resources.cronJobs).get('default', 'c');
    const made = () => world.server.requests.filter((it) => it.verb === 'create' && it.path.resource === 'jobs').length;
    return { ...world, jobs, current, made, world };
  };
  const finish = async ({ client, clock }: TestWorld, job: Job) => {
    const time = rfc3339(clock.now());
    const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: time }];
    const status = { startTime: time, completionTime: time, conditions };
    await client.update(resources.jobs, { ...job, status }, { subresource: 'status' });
  };

  it('starts a Job each minute, keeps its history, and its status tells', async () => {
    const { world, jobs, current, made, clock } = await worldAt({ successfulJobsHistoryLimit: 2 });
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advanceAsync(60_000);
      for (const job of jobs.list()) if (job.status === undefined) await finish(world, job);
    }
    await clock.advanceAsync(1_000);
    assert.equal(made(), 10);
    assert.equal(jobs.list().length, 2);
    assert.equal(current()?.status?.active, undefined);
    assert.ok(current()?.status?.lastSuccessfulTime !== undefined);
    await world.stop();
  });

  it('loses and doubles nothing when a status write or an answer is lost', async () => {
    const { world, jobs, current, made, clock, server } = await worldAt({});
    let lost = 0;
    server.lose = ({ verb, path }) =>
      path.resource === 'jobs' && verb === 'create' && lost++ < 2 ? apiErrors.timeout('gone') : undefined;
    let refused = 0;
    server.intercept = ({ path }) =>
      path.subresource === 'status' && refused++ < 3 ? apiErrors.internalError('no') : undefined;
    await clock.advanceAsync(60_000);
    await until(() => current()?.status?.active?.length === 1, { clock });
    assert.ok(refused >= 3 && made() >= 2);
    assert.equal(jobs.list().length, 1);
    await world.stop();
  });

  it('says whose name is in the way, and does not try without end', async () => {
    const { world, current, made, clock, client } = await worldAt({ schedule: '30 * * * *' });
    const start = Math.ceil(clock.now() / 1_800_000) * 1_800_000;
    for (const it of [start, start + 1_800_000]) {
      await client.create(resources.jobs, { metadata: { name: `c-${it / 60_000}`, namespace: 'default' }, spec: {} });
    }
    await clock.advanceAsync(3 * 3_600_000);
    assert.ok(made() <= 6, `${made()} tries`);
    assert.ok(current()?.status?.active === undefined || current()?.status?.active?.length === 2);
    await world.stop();
  });

  it('looks at its CronJobs when the clock is set', async () => {
    const { world, made, clock } = await worldAt({ schedule: '0 0 1 1 *' });
    await clock.advanceAsync(60_000);
    clock.jump(400 * 86_400_000);
    await clock.advanceAsync(120_000);
    assert.equal(made(), 1);
    clock.jump(-400 * 86_400_000);
    await clock.advanceAsync(86_400_000);
    assert.equal(made(), 1);
    await world.stop();
  });
});

/** Does what was decided, as far as one CronJob and its Jobs are concerned, and lets every Job end after ten seconds. */
function* yearOf(spec: Partial<CronJobSpec>, begin: number, days: number): Generator<number> {
  let owner = cronJob(spec);
  owner.metadata.creationTimestamp = rfc3339(begin);
  let jobs: Job[] = [];
  for (let now = begin; now < begin + days * 86_400_000; ) {
    const view = { jobs, jobsVersion: 100, zone: utc, zones, now, made: () => {} };
    const { steps = [], afterwards, again } = decide(owner, view);
    let acted = false;
    for (const action of [...steps.flat(), ...(afterwards?.(undefined) ?? [])]) {
      acted ||= action.do !== 'tell';
      if (action.do === 'delete') jobs = jobs.filter((it) => it.metadata.name !== action.object.metadata.name);
      if (action.do === 'update') owner = action.object as CronJob;
      if (action.do !== 'create') continue;
      assert.ok(!jobs.some((it) => it.metadata.name === action.object.metadata.name), 'made twice');
      jobs = [...jobs, { ...started(owner, now), metadata: { ...action.object.metadata, uid: `${now}` } }];
      yield now;
    }
    if (acted) continue;
    const open = jobs.findIndex((it) => it.status?.conditions === undefined);
    if (open < 0) now += again ?? Number.POSITIVE_INFINITY;
    else {
      now += 10_000;
      const { status } = started(owner, now - 10_000, 'Complete');
      jobs = jobs.with(open, { ...jobs[open]!, status });
    }
  }
  assert.ok(jobs.length <= 3);
}

it('a year of CronJobs takes a second, and every start of it is one', () => {
  const begin = Date.parse('2026-01-01T00:00:00Z');
  const starts = (spec: Partial<CronJobSpec>) => [...yearOf(spec, begin, 365)];
  assert.equal(starts({ schedule: '0 */6 * * *' }).length, 365 * 4 - 1);
  assert.equal(starts({ schedule: '@every 6h' }).length, 365 * 4 - 1);
  assert.equal(starts({ schedule: '0 0 * * 1' }).length, 52);
  assert.equal(starts({ schedule: '0 9 1 * *', timeZone: 'Asia/Tokyo' }).length, 11);
  // Summer time takes one start away and gives another one back.
  const berlin = starts({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin' });
  assert.equal(berlin.length, 365);
  assert.ok(berlin.every((it) => zones.get('Europe/Berlin')!.civil(it).hour === 2));
  assert.ok(!berlin.some((it) => rfc3339(it).startsWith('2026-03-29')));
  assert.equal(berlin.filter((it) => rfc3339(it).startsWith('2026-10-25')).length, 2);
});
