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
import { IndexSet } from './index-set.js';
import { INDEX_ANNOTATION, TRACKING_FINALIZER } from './job-spec.js';
import { planOf } from './manage.js';
import { podOf } from './pod-of.js';
import { progressOf } from './progress.js';
import { verdictOf } from './verdict.js';

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

const planned = (it: Job, pods: Pod[], now = NOW) => planOf(it, progressOf(it, pods), now);
const created = (it: Job, pods: Pod[]) => planned(it, pods).create;
const reasonOf = (it: Job, pods: Pod[], now = NOW) => {
  const found = verdictOf(it, progressOf(it, pods), now);
  return found === undefined ? undefined : `${found.end}: ${found.reason}`;
};

describe('a set of indexes', () => {
  it('is read back as it was written, ranges from three on', () => {
    assert.equal(String(IndexSet.of([5, 1, 3, 4, 8, 9])), '1,3-5,8,9');
    assert.equal(IndexSet.parse(undefined, 5).size, 0);
    assert.equal(String(IndexSet.parse('0,x,2-1,3-900000000,7', 10)), '0,3-9');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), fc.uniqueArray(fc.nat(60)), (some, others) => {
        const [a, b] = [IndexSet.of(some), IndexSet.of(others)];
        assert.equal(String(IndexSet.parse(String(a), 61)), String(a));
        assert.equal(a.size, some.length);
        assert.deepEqual(
          [...Array(61).keys()].filter((it) => a.has(it)),
          [...some].sort((x, y) => x - y),
        );
        assert.equal(a.overlap(b), some.filter((it) => others.includes(it)).length);
        assert.equal(String(a.union(b)), String(IndexSet.of([...some, ...others])));
        const missing = [...Array(61).keys()].filter((it) => !some.includes(it)).slice(0, 7);
        assert.deepEqual(a.missing(7, 61), missing);
      }),
    );
  });

  it('costs what its text does, not what it holds', () => {
    const huge = IndexSet.parse('0-99999999,100000001-999999998', 1_000_000_000);
    assert.equal(huge.size, 999_999_998);
    assert.deepEqual(huge.missing(5, 1_000_000_000), [100_000_000, 999_999_999]);
  });
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
    const fewer = planned(job({ completions: 5, parallelism: 2 }), running);
    assert.deepEqual(
      fewer.remove.map((it) => it.metadata.name),
      ['c'],
    );
    assert.equal(planned(job({ suspend: true }), running).remove.length, 3);
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
      return planned(job({ completions: 1 }), failures(count)).waitMs;
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
    assert.equal(String(progressOf(job(spec), [failed]).failedIndexes), '0');
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
  assert.equal(String(progressOf(job(spec, ending), [failed, gone]).failedIndexes), '0');
  assert.equal(String(progressOf(job(spec), [failed, gone]).failedIndexes), '0,1');
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

/** One Job and its pods, to which decisions are done as far as somebody lives. */
class Scene {
  job: Job;
  pods: Pod[] = [];
  version = 1;
  made = 0;
  readonly ended = { Succeeded: new Set<string>(), Failed: new Set<string>() };
  readonly #observer = { synced() {}, written() {}, created() {} };

  constructor(spec: Partial<JobSpec>) {
    this.job = job({ selector: { matchLabels: {} }, template: {}, ...spec });
  }

  get isOver(): boolean {
    return (this.job.status?.conditions ?? []).some((it) => it.type === 'Complete' || it.type === 'Failed');
  }

  /** Does what is decided, but no more than so many writes of it. */
  act(now: number, writes: number): void {
    const view = { pods: this.pods, podsVersion: this.version, gone: [], now, observer: this.#observer };
    const { steps = [], afterwards } = decide(this.job, view);
    const actions = [...steps.flat(), ...(afterwards?.(undefined) ?? [])].filter((it) => it.do !== 'tell');
    for (const action of actions.slice(0, writes)) {
      this.version += 1;
      if (action.do === 'create') this.#create(action.object as Pod);
      else if (action.do === 'update') {
        const resourceVersion = String(this.version);
        this.job = { ...(action.object as Job), metadata: { ...this.job.metadata, resourceVersion } };
      } else {
        const { uid } = action.object.metadata;
        this.pods = this.pods.flatMap((pod) => (pod.metadata.uid === uid ? this.#change(pod, action.do) : [pod]));
      }
    }
  }

  /** The kubelet: ends a pod. */
  end(pod: Pod, phase: 'Succeeded' | 'Failed', now: number): void {
    this.version += 1;
    const finishedAt = new Date(now).toISOString();
    const containerStatuses = [
      { name: 'c', state: { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt } } },
    ];
    const status = { phase, containerStatuses } as unknown as PodStatus;
    this.ended[phase].add(pod.metadata.uid ?? '');
    this.pods = this.pods.map((it) => (it === pod ? { ...pod, status } : it));
  }

  #create(pod: Pod): void {
    this.made += 1;
    const metadata = { ...pod.metadata, name: `p${this.made}`, uid: `p${this.made}` };
    this.pods = [...this.pods, { ...pod, metadata }];
  }

  #change(pod: Pod, verb: string): Pod[] {
    const isHeld = (pod.metadata.finalizers ?? []).length > 0;
    if (verb === 'patch') {
      const next = { ...pod, metadata: { ...pod.metadata, finalizers: [] } };
      return pod.metadata.deletionTimestamp === undefined ? [next] : [];
    }
    if (!isHeld) return [];
    return [{ ...pod, metadata: { ...pod.metadata, deletionTimestamp: new Date(NOW).toISOString() } }];
  }
}

it('counts every pod once, wherever between two writes somebody dies', () => {
  const specs: Partial<JobSpec>[] = [
    { completions: 4, parallelism: 3, backoffLimit: 100 },
    { completions: 4, parallelism: 3, backoffLimit: 100, completionMode: 'Indexed' },
    { completions: 4, parallelism: 2, backoffLimitPerIndex: 50, completionMode: 'Indexed' },
    { parallelism: 2, backoffLimit: 100 },
    { completions: 4, parallelism: 4, backoffLimit: 1 },
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...specs),
      fc.array(fc.record({ writes: fc.nat(6), pick: fc.nat(3), fails: fc.integer({ min: 0, max: 3 }) }), {
        maxLength: 60,
      }),
      (spec, turns) => {
        const scene = new Scene(spec);
        let now = NOW;
        const turn = (writes: number, pick: number, phase: 'Succeeded' | 'Failed' | undefined) => {
          scene.act(now, writes);
          now += 700_000;
          const running = scene.pods.filter(
            (it) => it.status?.phase === undefined && it.metadata.deletionTimestamp === undefined,
          );
          assert.ok(running.length <= (spec.parallelism ?? 1), 'too many at work');
          const pod = running[pick];
          if (pod !== undefined && phase !== undefined) scene.end(pod, phase, now);
        };
        for (const { writes, pick, fails } of turns)
          turn(writes, pick, fails === 0 ? 'Failed' : fails === 1 ? 'Succeeded' : undefined);
        for (let left = 300; left > 0 && !scene.isOver; left -= 1)
          turn(100, 0, left % 3 === 0 ? 'Succeeded' : undefined);
        assert.ok(scene.isOver, 'never over');
        const { succeeded = 0, failed = 0, conditions = [] } = scene.job.status ?? {};
        const isFailed = conditions.some((it) => it.type === 'Failed');
        const indexesDone = new Set(
          [...scene.pods]
            .filter((it) => it.status?.phase === 'Succeeded')
            .map((it) => it.metadata.annotations?.[INDEX_ANNOTATION]),
        );
        assert.equal(succeeded, spec.completionMode === 'Indexed' ? indexesDone.size : scene.ended.Succeeded.size);
        // No index was worked on again though it was done.
        assert.equal(succeeded, scene.ended.Succeeded.size);
        // Those that still ran when the Job failed have failed with it.
        if (isFailed) assert.ok(failed >= scene.ended.Failed.size && failed <= scene.made);
        else assert.equal(failed, scene.ended.Failed.size);
        assert.deepEqual(scene.job.status?.uncountedTerminatedPods ?? {}, {});
        assert.ok(
          scene.pods.every((it) => (it.metadata.finalizers ?? []).length === 0),
          'a finalizer is left',
        );
      },
    ),
    { numRuns: 300 },
  );
});

describe('an index with failures of its own', () => {
  const spec: Partial<JobSpec> = { completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 3 };
  const failed = (name: string, index: number, finishedAt: string, annotations: Record<string, string> = {}) => {
    const found = pod(name, 'Failed', { index, finishedAt });
    Object.assign(found.metadata.annotations!, annotations);
    return found;
  };

  it('waits by itself, and its next pod says how often it failed', () => {
    const before = { 'batch.kubernetes.io/job-index-failure-count': '1' };
    const pods = [failed('a', 0, '2026-01-01T00:59:45Z', before)];
    // The second failure waits 20 s; the other index does not wait.
    const now = planned(job(spec), pods);
    assert.deepEqual([now.create, now.waitMs], [[1], 5_000]);
    const later = planned(job(spec), pods, NOW + 5_000);
    assert.deepEqual(later.create, [0, 1]);
    const next = podOf(job(spec), 0, progressOf(job(spec), pods));
    assert.equal(next.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'], '2');
    assert.equal(next.metadata.generateName, 'j-0-');
    assert.equal(next.spec?.hostname, 'j-0');
  });

  it('counts failures that are ignored apart', () => {
    const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }];
    const ignoring = job({ ...spec, podFailurePolicy: { rules } });
    const progress = progressOf(ignoring, [failed('a', 0, '2026-01-01T00:00:00Z')]);
    assert.equal(progress.failed, 0);
    const { annotations } = podOf(ignoring, 0, progress).metadata;
    assert.equal(annotations?.['batch.kubernetes.io/job-index-failure-count'], '0');
    assert.equal(annotations?.['batch.kubernetes.io/job-index-ignored-failure-count'], '1');
  });
});

it('a Job that somebody else manages, or whose mode nobody knows, is left alone', () => {
  const observer = { synced() {}, written() {}, created() {} };
  const view = { pods: [], podsVersion: 1, gone: [], now: NOW, observer };
  assert.deepEqual(decide(job({ managedBy: 'example.com/kueue', completions: 1 }), view), {});
  const unknown = decide(job({ completionMode: 'Sideways', completions: 1 }), view);
  assert.deepEqual(
    unknown.steps?.flat().map((it) => it.do),
    ['tell'],
  );
});

it('a thousand finished Jobs are not looked at for one that runs', async () => {
  const world = testWorld();
  const { client, clock, informers } = world;
  const [jobs, pods] = [informers.for(resources.jobs), informers.for(resources.pods)];
  const conditions = [{ type: 'Complete', status: 'True' }];
  for (let n = 0; n < 1_000; n += 1) {
    await client.create(resources.jobs, {
      metadata: { name: `done-${n}`, namespace: 'default' },
      spec: { template: {} },
      status: { conditions },
    });
  }
  await world.start(jobController);
  await clock.advanceAsync(1_000);
  let read = 0;
  for (const { indexer } of [jobs, pods]) {
    const byIndex = indexer.byIndex.bind(indexer);
    indexer.byIndex = (name, value) => {
      const found = byIndex(name, value);
      read += found.length;
      return found as never;
    };
    indexer.list = () => assert.fail('all were looked at');
  }
  await client.create(resources.jobs, {
    metadata: { name: 'one', namespace: 'default' },
    spec: {
      completions: 1,
      selector: { matchLabels: { job: 'one' } },
      template: { metadata: { labels: { job: 'one' } } },
    },
  });
  await clock.advanceAsync(5_000);
  assert.equal(jobs.get('default', 'one')?.status?.active, 1);
  assert.ok(read < 50, `${read} objects were read`);
  await world.stop();
});
