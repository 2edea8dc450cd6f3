import { isApiError, type Node, type Pod } from '@keelson/api';
import { type ApiClient, type EventRecorder, type InformerFactory, resources } from '@keelson/client';
import type { Clock, Logger, Random } from '@keelson/service';
import { Nominations } from './cache/nominations.js';
import { SchedulerCache } from './cache/scheduler-cache.js';
import { nodeEvents, podEvents } from './cluster-events.js';
import { refusalMessage } from './framework/fit-error.js';
import { Framework, type Refusal } from './framework/framework.js';
import type { Plugin } from './framework/plugin.js';
import type { SchedulerMetrics } from './metrics.js';
import { PodWrites } from './pod-writes.js';
import { findPreemption } from './preemption/preemption.js';
import { priorityOf } from './priority.js';
import type { QueuedPod } from './queue/queued-pod.js';
import { SchedulingQueue, type SchedulingQueueOptions } from './queue/scheduling-queue.js';

export interface SchedulerOptions extends SchedulingQueueOptions {
  /** Pods whose spec.schedulerName is this are ours. */
  schedulerName?: string;
  /** Pods about which something is on its way to the API server, at once. */
  writesMax?: number;
}

export interface SchedulerDependencies {
  client: ApiClient;
  informers: InformerFactory;
  recorder: EventRecorder;
  plugins: readonly Plugin[];
  metrics: SchedulerMetrics;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** What an attempt that failed means for the pod. */
interface Failure {
  readonly message: string;
  /** The node it is promised; '' for none any more, undefined if what it was promised holds. */
  readonly promised: string | undefined;
  readonly victims: readonly Pod[];
}

/** The search goes on from pod to pod without a pause for so long: others of this process want their turn too. */
const TURN_MS = 20;

/**
 * Gives each pod that has no node one: one pod at a time. What is written of a pod goes out beside the search for the
 * next: otherwise the cluster changes while it is said why a pod did not fit, and a lesser pod, looked at after it,
 * takes what came.
 */
export class Scheduler {
  readonly #options: { schedulerName: string; writesMax: number };
  readonly #deps: SchedulerDependencies;
  readonly #cache = new SchedulerCache();
  readonly #queue: SchedulingQueue;
  readonly #framework: Framework;
  readonly #nominations = new Nominations();
  readonly #writes: PodWrites;
  /** Writes under way, and by pod the last of them: a pod's go out one after another. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #lastOf = new Map<string, Promise<void>>();

  constructor(options: SchedulerOptions, dependencies: SchedulerDependencies) {
    const { schedulerName = 'default-scheduler', writesMax = 128, ...queue } = options;
    this.#options = { schedulerName, writesMax };
    this.#deps = dependencies;
    const { plugins, clock } = dependencies;
    const helps = new Map(plugins.map((plugin) => [plugin.name, new Set(plugin.retryAfter)]));
    this.#queue = new SchedulingQueue(queue, {
      clock,
      helps: (plugin, event) => helps.get(plugin)?.has(event) ?? true,
    });
    const promisedOn = (node: string) => this.#nominations.podsOn(node);
    this.#framework = new Framework(plugins, { random: dependencies.random, promisedOn });
    this.#writes = new PodWrites(schedulerName, dependencies);
    dependencies.metrics.observeQueue(() => this.#queue.counts);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { informers, clock } = this.#deps;
    const { writesMax } = this.#options;
    informers.for(resources.nodes).addHandler({
      onAdd: (node) => {
        this.#cache.setNode(node);
        this.#queue.moved('NodeAdd');
      },
      onUpdate: (node, old) => this.#nodeChanged(node, old),
      onDelete: (node) => this.#cache.deleteNode(node.metadata.name ?? ''),
    });
    informers.for(resources.pods).addHandler({
      onAdd: (pod) => this.#podSeen(pod, undefined),
      onUpdate: (pod, old) => this.#podSeen(pod, old),
      onDelete: (pod) => this.#podGone(pod),
    });
    await informers.start(signal);
    signal.addEventListener('abort', () => this.#queue.close(), { once: true });
    for (let item = await this.#queue.next(); item !== undefined; item = await this.#queue.next()) {
      const began = clock.monotonic();
      for (let next: QueuedPod | undefined = item; next !== undefined; next = this.#queue.take()) {
        this.#scheduleOne(next);
        if (this.#underWay.size >= writesMax) await Promise.race(this.#underWay);
        if (clock.monotonic() - began > TURN_MS) break;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.allSettled(this.#underWay);
  }

  #nodeChanged(node: Node, old: Node): void {
    this.#cache.setNode(node);
    for (const event of nodeEvents(node, old)) this.#queue.moved(event);
  }

  #podSeen(pod: Pod, old: Pod | undefined): void {
    const uid = pod.metadata.uid ?? '';
    if (isDone(pod)) {
      this.#podGone(pod);
      return;
    }
    if (pod.spec?.nodeName) {
      this.#forgetWaiting(uid);
      this.#cache.setPod(pod);
      const events = old?.spec?.nodeName ? podEvents(pod, old) : (['AssignedPodAdd'] as const);
      for (const event of events) this.#queue.moved(event);
    } else if (this.#isOurs(pod) && !this.#cache.isAssumed(uid)) {
      const promised = pod.status?.nominatedNodeName;
      if (promised) this.#nominations.set(pod, promised);
      else if (old?.status?.nominatedNodeName) this.#nominations.delete(uid);
      this.#queue.set(pod);
    } else this.#forgetWaiting(uid);
  }

  #podGone({ metadata: { uid = '' } }: Pod): void {
    this.#forgetWaiting(uid);
    if (this.#cache.deletePod(uid)) this.#queue.moved('AssignedPodDelete');
  }

  #forgetWaiting(uid: string): void {
    this.#queue.delete(uid);
    this.#nominations.delete(uid);
  }

  #isOurs({ metadata, spec }: Pod): boolean {
    if (metadata.deletionTimestamp !== undefined) return false;
    if ((spec?.schedulingGates ?? []).length > 0) return false;
    return (spec?.schedulerName || 'default-scheduler') === this.#options.schedulerName;
  }

  #scheduleOne(item: QueuedPod): void {
    const { metrics, clock } = this.#deps;
    const uid = item.pod.metadata.uid ?? '';
    const started = clock.monotonic();
    const promised = this.#cache.node(this.#nominations.nodeOf(uid) ?? '');
    const placement = this.#framework.place(item.pod, this.#cache.nodes(), promised);
    const seconds = (clock.monotonic() - started) / 1000;
    if (placement.node === undefined) {
      metrics.attempt('unschedulable', seconds);
      this.#failed(item, placement.refusals);
      return;
    }
    const { node } = placement;
    metrics.attempt('scheduled', seconds);
    this.#nominations.delete(uid);
    this.#cache.assume(item.pod, node);
    this.#write(uid, () => this.#bind(item, node));
  }

  #write(uid: string, run: () => Promise<void>): void {
    const written = (this.#lastOf.get(uid) ?? Promise.resolve()).then(run).finally(() => {
      this.#underWay.delete(written);
      if (this.#lastOf.get(uid) === written) this.#lastOf.delete(uid);
    });
    this.#underWay.add(written);
    this.#lastOf.set(uid, written);
  }

  async #bind(item: QueuedPod, node: string): Promise<void> {
    const { logger, metrics, clock } = this.#deps;
    const { name = '', uid = '' } = item.pod.metadata;
    try {
      await this.#writes.bind(item.pod, node);
      metrics.podScheduled((clock.monotonic() - item.since) / 1000, item.attempts + 1);
    } catch (error) {
      this.#cache.forget(uid);
      this.#queue.moved('AssignedPodDelete');
      if (isApiError(error) && (error.code === 404 || error.code === 409)) {
        logger.debug({ pod: name, reason: error.message }, 'pod not bound: it changed meanwhile');
        return;
      }
      logger.warn({ pod: name, node, reason: (error as Error).message }, 'binding failed, trying again');
      metrics.attempt('error', 0);
      this.#queue.putBack(item);
    }
  }

  #failed(item: QueuedPod, refusals: readonly Refusal[]): void {
    const { pod } = item;
    const uid = pod.metadata.uid ?? '';
    const failure = this.#whatNow(pod, refusals);
    const { message, promised, victims } = failure;
    this.#queue.putUnschedulable(item, new Set(refusals.map((it) => it.plugin)));
    if (victims.length > 0) this.#queue.hold(uid);
    this.#deps.recorder.record(pod, 'Warning', 'FailedScheduling', message);
    let takenBack: Pod[] = [];
    if (promised === '') this.#nominations.delete(uid);
    else if (promised !== undefined) {
      takenBack = this.#nominations.podsOn(promised).filter((it) => priorityOf(it) < priorityOf(pod));
      for (const it of takenBack) this.#nominations.delete(it.metadata.uid ?? '');
      this.#nominations.set(pod, promised);
    }
    this.#write(uid, () => this.#explain(item, failure));
    if (victims.length > 0) this.#write(uid, () => this.#makeRoom(pod, failure));
    for (const it of takenBack) this.#write(it.metadata.uid ?? '', () => this.#takeBackPromise(it));
  }

  #whatNow(pod: Pod, refusals: readonly Refusal[]): Failure {
    const nodes = this.#cache.nodes();
    if (nodes.length === 0) return { message: 'no nodes available to schedule pods', promised: '', victims: [] };
    const message = refusalMessage(nodes.length, refusals);
    const promised = this.#nominations.nodeOf(pod.metadata.uid ?? '');
    const preemption = findPreemption(this.#framework, pod, nodes, refusals, promised);
    if (preemption.candidate !== undefined) {
      return { message, promised: preemption.candidate.node, victims: preemption.candidate.victims };
    }
    return {
      message: `${message} no new claims to deallocate, preemption: ${preemption.message}`,
      promised: preemption.waits ? undefined : '',
      victims: [],
    };
  }

  async #explain(item: QueuedPod, { message, promised }: Failure): Promise<void> {
    const { pod } = item;
    const known = pod.status?.conditions?.find((it) => it.type === 'PodScheduled');
    const now = pod.status?.nominatedNodeName ?? '';
    const told = item.reported ?? (known?.status === 'False' ? toldOf(known.message ?? '', now) : undefined);
    const tells = toldOf(message, promised ?? now);
    if (told === tells) return;
    try {
      await this.#writes.explain(pod, message, promised);
      item.reported = tells;
    } catch (error) {
      delete item.reported;
      this.#deps.logger.debug({ pod: pod.metadata.name, reason: (error as Error).message }, 'condition not written');
    }
  }

  async #makeRoom(pod: Pod, { promised = '', victims }: Failure): Promise<void> {
    let failed = false;
    try {
      await this.#writes.evict(victims, pod, promised);
    } catch (error) {
      failed = true;
      this.#deps.logger.warn({ pod: pod.metadata.name, reason: (error as Error).message }, 'preemption failed');
    }
    this.#queue.letGo(pod.metadata.uid ?? '', failed);
  }

  async #takeBackPromise(pod: Pod): Promise<void> {
    try {
      await this.#writes.takeBackPromise(pod);
    } catch (error) {
      this.#deps.logger.debug({ pod: pod.metadata.name, reason: (error as Error).message }, 'promise not taken back');
    }
  }
}

function toldOf(message: string, promised: string): string {
  return JSON.stringify([message, promised]);
}

function isDone({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
