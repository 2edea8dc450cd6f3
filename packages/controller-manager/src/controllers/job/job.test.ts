import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Job, JobSpec, JobStatus, Pod, PodStatus } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import fc from 'fast-check';
import { testWorld } from '../../testing/world.js';
import { decide } from './decide.js';
import { judgeFailure } from './failure-policy.js';
import { jobController } from './index.js';
import { formatIndexes, INDEX_ANNOTATION, parseIndexes } from './indexes.js';
import { progressOf, TRACKING_FINALIZER } from './progress.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');

function job(spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job {
  return { metadata: { name: 'j', namespace: 'default', uid: 'job' }, spec: { template: {}, ...spec }, status };
}

function pod(name: string, phase: string, rest: { index?: number; exitCode?: number; finishedAt?: string } = {}): Pod {
  const { index, exitCode = phase === 'Failed' ? 1 : 0, finishedAt = '2026-01-01T00:00:00Z' } = rest;
  const ended = phase === 'Failed' || phase === 'Succeeded';
  const state = ended ? { terminated: { exitCode, finishedAt } } : {};
  const status = { phase, containerStatuses: [{ name: 'c', state }] } as unknown as PodStatus;
  const annotations = index === undefined ? {} : { [INDEX_ANNOTATION]: String(index) };
  const metadata = { name, namespace: 'default', uid: name, finalizers: [TRACKING_FINALIZER], annotations };
  return { metadata, spec: { containers: [] }, status };
}

const decision = (it: Job, pods: Pod[], now = NOW) => decide(it, progressOf(it, pods), now);
const reasonOf = (it: Job, pods: Pod[], now = NOW) => {
  const { end, ...rest } = decision(it, pods, now);
  return end === undefined ? undefined : `${end}: ${'verdict' in rest ? rest.verdict.reason : ''}`;
};
const created = (it: Job, pods: Pod[]) => {
  const found = decision(it, pods);
  return found.end === undefined ? found.create : [];
};

it('indexes are read back as they were written, ranges from three on', () => {
  assert.equal(formatIndexes([5, 1, 3, 4, 8, 9]), '1,3-5,8,9');
  assert.deepEqual([...parseIndexes(undefined)], []);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(60)), (indexes) => {
      assert.deepEqual(
        [...parseIndexes(formatIndexes(indexes))],
        [...indexes].sort((a, b) => a - b),
      );
    }),
  );
});

describe('a decision about a Job', () => {
  it('keeps as many pods at work as are wanted, and no more than are left to do', () => {
    assert.equal(created(job({ completions: 5, parallelism: 3 }), []).length, 3);
    assert.equal(created(job({ completions: 5, parallelism: 3 }, { succeeded: 4 }), []).length, 1);
    assert.equal(created(job({ completions: 5, parallelism: 3 }), [pod('a', 'Running')]).length, 2);
    assert.deepEqual(created(job({ completions: 1, parallelism: 1 }), [pod('a', 'Running')]), []);
  });

  it('removes pods that are too many, and all while suspended', () => {
    const running = [pod('a', 'Running'), pod('b', 'Running'), pod('c', 'Pending')];
    const fewer = decision(job({ completions: 5, parallelism: 2 }), running);
    assert.deepEqual(
      fewer.remove.map((it) => it.metadata.name),
      ['c'],
    );
    assert.equal(decision(job({ suspend: true }), running).remove.length, 3);
  });

  it('is complete when enough succeeded, counted or not', () => {
    const wanted = job({ completions: 2 }, { succeeded: 1 });
    assert.equal(reasonOf(wanted, []), undefined);
    assert.equal(reasonOf(wanted, [pod('a', 'Succeeded')]), 'complete: CompletionsReached');
    const listed = job({ completions: 2 }, { succeeded: 1, uncountedTerminatedPods: { succeeded: ['a'] } });
    assert.equal(progressOf(listed, [pod('a', 'Succeeded')]).succeeded, 2, 'a pod is counted twice');
  });

  it('of a work queue is complete when one succeeded and the others have ended', () => {
    const queue = job({ parallelism: 2 });
    assert.equal(reasonOf(queue, [pod('a', 'Succeeded'), pod('b', 'Running')]), undefined);
    assert.deepEqual(created(queue, [pod('a', 'Succeeded'), pod('b', 'Running')]), []);
    assert.equal(reasonOf(queue, [pod('a', 'Succeeded'), pod('b', 'Failed')]), 'complete: CompletionsReached');
  });

  it('waits longer after each failure, and gives up past the limit', () => {
    const failures = (count: number) =>
      Array.from({ length: count }, (_, at) => pod(`f${at}`, 'Failed', { finishedAt: '2026-01-01T01:00:00Z' }));
    const waits = [1, 2, 3, 4].map((count) => {
      const found = decision(job({ completions: 1 }), failures(count));
      return found.end === undefined ? found.waitMs : -1;
    });
    assert.deepEqual(waits, [10_000, 20_000, 40_000, 80_000]);
    assert.equal(reasonOf(job({ completions: 1, backoffLimit: 2 }), failures(2)), undefined);
    assert.equal(reasonOf(job({ completions: 1, backoffLimit: 2 }), failures(3)), 'failed: BackoffLimitExceeded');
  });

  it('fails at its deadline, but not while suspended', () => {
    const status = { startTime: '2026-01-01T00:59:00Z' };
    assert.equal(reasonOf(job({ activeDeadlineSeconds: 60 }, status), []), 'failed: DeadlineExceeded');
    assert.equal(reasonOf(job({ activeDeadlineSeconds: 61 }, status), []), undefined);
    assert.equal(reasonOf(job({ activeDeadlineSeconds: 60, suspend: true }, status), []), undefined);
  });

  it('gives an Indexed Job the lowest free indexes, and counts an index once', () => {
    const indexed = job({ completionMode: 'Indexed', completions: 5, parallelism: 5 }, { completedIndexes: '1' });
    assert.deepEqual(created(indexed, [pod('a', 'Running', { index: 2 })]), [0, 3, 4]);
    const pods = [pod('b', 'Succeeded', { index: 1 }), pod('c', 'Succeeded', { index: 0 })];
    assert.equal(progressOf(indexed, pods).succeeded, 2);
  });

  it('gives up an index that failed too often, and the Job when none is left', () => {
    const spec: Partial<JobSpec> = { completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 0 };
    const failed = pod('a', 'Failed', { index: 0 });
    assert.deepEqual([...progressOf(job(spec), [failed]).failedIndexes], [0]);
    assert.equal(reasonOf(job(spec), [failed]), undefined);
    assert.equal(reasonOf(job(spec), [failed, pod('b', 'Succeeded', { index: 1 })]), 'failed: FailedIndexes');
    assert.equal(reasonOf(job({ ...spec, maxFailedIndexes: 0 }), [failed]), 'failed: MaxFailedIndexesExceeded');
  });

  it('follows the first rule of its failure policy that matches', () => {
    const onExitCodes = { operator: 'In', values: [42] };
    const onPodConditions = [{ type: 'DisruptionTarget', status: 'True' }];
    const rules = [
      { action: 'Ignore', onPodConditions },
      { action: 'FailJob', onExitCodes },
    ];
    const wanted = job({ completions: 1, backoffLimit: 0, podFailurePolicy: { rules } });
    const disrupted = pod('d', 'Failed', { exitCode: 42 });
    disrupted.status!.conditions = [{ type: 'DisruptionTarget', status: 'True' }];
    assert.deepEqual(judgeFailure(wanted, disrupted), { counts: false, failJob: undefined, failIndex: false });
    assert.equal(reasonOf(wanted, [disrupted]), undefined);
    assert.equal(reasonOf(wanted, [pod('x', 'Failed', { exitCode: 42 })]), 'failed: PodFailurePolicy');
    assert.equal(reasonOf(wanted, [pod('y', 'Failed', { exitCode: 1 })]), 'failed: BackoffLimitExceeded');
  });
});

it('a Job runs its pods to their end and counts each once', async () => {
  const world = testWorld();
  const { client, clock, informers } = world;
  await world.start(jobController);
  const selector = { matchLabels: { job: 'j' } };
  const template = { metadata: { labels: { job: 'j' } }, spec: { containers: [], restartPolicy: 'Never' } };
  await client.create<Job>(resources.jobs, {
    metadata: { name: 'j', namespace: 'default' },
    spec: { completions: 3, parallelism: 2, selector, template },
  });
  const pods = informers.for(resources.pods);
  const current = () => informers.for(resources.jobs).get('default', 'j');
  const done = () =>
    current()?.status?.conditions?.some((it) => it.type === 'Complete' && it.status === 'True') ?? false;
  let outcomes = 0;
  for (let turn = 0; turn < 50 && !done(); turn++) {
    const open = pods.list('default').filter((it) => it.status?.phase === undefined);
    assert.ok(open.length <= 2, `${open.length} pods at work`);
    for (const it of open) {
      // The second pod fails; its place is taken by another.
      const phase = outcomes++ === 1 ? 'Failed' : 'Succeeded';
      const key = { namespace: 'default', name: it.metadata.name ?? '' };
      await client.patch(resources.pods, key, 'strategic', { status: { phase } }, { subresource: 'status' });
    }
    await clock.advanceAsync(5_000);
  }
  await until(done, { clock });
  assert.deepEqual([current()?.status?.succeeded, current()?.status?.failed], [3, 1]);
  assert.ok(
    pods.list().every((it) => (it.metadata.finalizers ?? []).length === 0),
    'a finalizer is left',
  );
  await world.stop();
});

it('a pod that the end of its Job took away is no failed index, one that was deleted before is', () => {
  const spec = { completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 0 } as const;
  const gone = pod('p-1', 'Running', { index: 1 });
  gone.metadata.deletionTimestamp = '2026-01-01T00:30:00Z';
  const failed = pod('p-0', 'Failed', { index: 0 });
  const ending: JobStatus = { conditions: [{ type: 'FailureTarget', status: 'True' }] };
  assert.deepEqual([...progressOf(job(spec, ending), [failed, gone]).failedIndexes], [0]);
  assert.deepEqual([...progressOf(job(spec), [failed, gone]).failedIndexes], [0, 1]);
});

describe('pods that a Job does not own', () => {
  const selector = { matchLabels: { app: 'x' } };
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [], restartPolicy: 'Never' } };
  const worldOf = async () => {
    const world = testWorld();
    const pods = world.informers.for(resources.pods);
    await world.start(jobController);
    const owner = await world.client.create(resources.jobs, {
      metadata: { name: 'j', namespace: 'default' },
      spec: { selector, template, completions: 3, parallelism: 1 },
    });
    await until(() => pods.list().length === 1, world);
    return { ...world, pods, owner, stop: () => world.stop() };
  };
  const orphan = (name: string, labels: Record<string, string>, finalizers: string[] = []): Pod => ({
    metadata: { name, namespace: 'default', labels, finalizers },
    spec: { containers: [] },
  });

  it('are adopted when they match, are counted, and take the place of those too many', async () => {
    const { client, pods, owner, stop, clock } = await worldOf();
    await client.create(resources.pods, orphan('found', { app: 'x' }));
    const found = () => pods.get('default', 'found')?.metadata;
    await until(() => found()?.ownerReferences?.[0]?.uid === owner.metadata.uid, { clock });
    assert.equal(found()?.ownerReferences?.[0]?.controller, true);
    assert.deepEqual(found()?.finalizers, [TRACKING_FINALIZER]);
    await stop();
  });

  it('are let go again when they stop to match, and hold nothing then', async () => {
    const { client, pods, stop, clock } = await worldOf();
    const [mine] = pods.list();
    const key = { namespace: 'default', name: mine?.metadata.name ?? '' };
    await client.patch(resources.pods, key, 'merge', { metadata: { labels: { app: 'y' } } });
    const freed = () => pods.get('default', key.name)?.metadata;
    await until(() => (freed()?.ownerReferences ?? []).length === 0, { clock });
    await until(() => (freed()?.finalizers ?? []).length === 0, { clock });
    await until(() => pods.list().length === 2, { clock });
    await stop();
  });

  it('keep no finalizer of a Job that is not there', async () => {
    const { client, pods, stop, clock } = await worldOf();
    await client.create(resources.pods, orphan('lost', { app: 'z' }, [TRACKING_FINALIZER]));
    await until(() => pods.get('default', 'lost')?.metadata.finalizers?.length === 0, { clock });
    assert.equal(pods.get('default', 'lost')?.metadata.ownerReferences, undefined);
    await stop();
  });
});
