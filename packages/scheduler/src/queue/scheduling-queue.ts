import { encodeJson, type Pod } from '@keelson/api';
import { type Deferred, deferred } from '@keelson/client';
import type { Clock, Timer } from '@keelson/service';
import type { ClusterEvent } from '../framework/plugin.js';
import { BackoffQueue } from './backoff-queue.js';
import { Heap } from './heap.js';
import { before, keyOf, type QueuedPod } from './queued-pod.js';

export interface SchedulingQueueOptions {
  /** Upstream's podInitialBackoffSeconds and podMaxBackoffSeconds. */
  backoffFirstMs?: number;
  backoffMaxMs?: number;
  /** A pod that nothing helped is tried again after this. */
  unschedulableMs?: number;
}

const FLUSH_EVERY_MS = 30_000;

/**
 * Pods that wait: those to try now, by priority then age; those that failed and wait out their back-off; and those
 * that fit nowhere until something in the cluster changes.
 */
export class SchedulingQueue {
  readonly #unschedulableMs: number;
  readonly #clock: Clock;
  readonly #helps: (plugin: string, event: ClusterEvent) => boolean;
  readonly #active = new Heap<QueuedPod>(keyOf, before);
  readonly #backoff: BackoffQueue;
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** Pods that are not tried until they are let go, and whether something happened meanwhile that may help. */
  readonly #held = new Map<string, { helped: boolean }>();
  readonly #flush: Timer;
  #waiting: Deferred<void> | undefined;
  #closed = false;

  constructor(
    options: SchedulingQueueOptions,
    dependencies: { clock: Clock; helps: (plugin: string, event: ClusterEvent) => boolean },
  ) {
    const { backoffFirstMs = 1_000, backoffMaxMs = 10_000, unschedulableMs = 300_000 } = options;
    this.#unschedulableMs = unschedulableMs;
    this.#clock = dependencies.clock;
    this.#helps = dependencies.helps;
    this.#backoff = new BackoffQueue(
      { firstMs: backoffFirstMs, maxMs: backoffMaxMs },
      { clock: this.#clock, keyOf, before, onDue: (items) => this.#activate(...items) },
    );
    this.#flush = this.#clock.every(FLUSH_EVERY_MS, () => this.#flushOld());
  }

  /** A pod that is new, or that changed while it waited. */
  set(pod: Pod): void {
    const key = pod.metadata.uid ?? '';
    const waiting = this.#active.get(key) ?? this.#backoff.get(key);
    if (waiting !== undefined) {
      waiting.pod = pod;
      return;
    }
    const failed = this.#unschedulable.get(key);
    if (failed === undefined) {
      const now = this.#clock.monotonic();
      this.#activate({ pod, since: now, queuedAt: now, attempts: 0, failure: undefined, refusedBy: new Set() });
      return;
    }
    const changed = schedulingPart(failed.pod) !== schedulingPart(pod);
    failed.pod = pod;
    if (changed) this.#retry(failed);
  }

  delete(uid: string): void {
    this.#active.remove(uid);
    this.#backoff.remove(uid);
    this.#unschedulable.delete(uid);
    this.#held.delete(uid);
  }

  /** The next pod to try; undefined if there is none now. */
  take(): QueuedPod | undefined {
    return this.#closed ? undefined : (this.#active.pop() ?? this.#backoff.popEarly());
  }

  /** The next pod to try, as soon as there is one; undefined once the queue is closed. */
  async next(): Promise<QueuedPod | undefined> {
    while (!this.#closed) {
      const item = this.take();
      if (item !== undefined) return item;
      // Several pods may come at once: the first of them is known only when all are there.
      this.#waiting = deferred();
      await this.#waiting.promise;
    }
    return undefined;
  }

  /** It fits nowhere: wait for an event that may help one of the plugins that refused it. */
  putUnschedulable(item: QueuedPod, refusedBy: ReadonlySet<string>): void {
    item.refusedBy = refusedBy;
    this.#countFailure(item, 'unfit');
    this.#unschedulable.set(keyOf(item), item);
  }

  /** It failed for a reason that has nothing to do with nodes: try again after a while. */
  putBack(item: QueuedPod): void {
    this.#countFailure(item, 'error');
    this.#retry(item);
  }

  /** Room is being made for an unschedulable pod: nothing gives it another try until it is let go. */
  hold(uid: string): void {
    this.#held.set(uid, { helped: false });
  }

  /** `retry`: it is worth another try, whatever happened meanwhile. */
  letGo(uid: string, retry: boolean): void {
    const helped = this.#held.get(uid)?.helped ?? false;
    this.#held.delete(uid);
    const item = this.#unschedulable.get(uid);
    if (item !== undefined && (helped || retry)) this.#retry(item);
  }

  /** Something changed in the cluster: gives pods that it may help another try. */
  moved(event: ClusterEvent): void {
    for (const item of [...this.#unschedulable.values()]) {
      const helped = item.refusedBy.size === 0 || [...item.refusedBy].some((plugin) => this.#helps(plugin, event));
      if (helped) this.#retry(item);
    }
  }

  get counts(): { active: number; backoff: number; unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size };
  }

  close(): void {
    this.#closed = true;
    this.#flush.cancel();
    this.#backoff.close();
    this.#waiting?.resolve();
  }

  #countFailure(item: QueuedPod, failure: 'unfit' | 'error'): void {
    item.attempts += 1;
    item.failure = failure;
    item.queuedAt = this.#clock.monotonic();
  }

  #retry(item: QueuedPod): void {
    const held = this.#held.get(keyOf(item));
    if (held !== undefined) {
      held.helped = true;
      return;
    }
    this.#unschedulable.delete(keyOf(item));
    if (this.#backoff.isOver(item)) {
      this.#activate(item);
      return;
    }
    this.#backoff.push(item);
    this.#waiting?.resolve();
  }

  #activate(...items: readonly QueuedPod[]): void {
    for (const item of items) this.#active.push(item);
    this.#waiting?.resolve();
  }

  #flushOld(): void {
    const now = this.#clock.monotonic();
    for (const item of [...this.#unschedulable.values()]) {
      if (now - item.queuedAt > this.#unschedulableMs) this.#retry(item);
    }
  }
}

/** What of a pod matters for where it fits: a change of its status alone does not help it. */
function schedulingPart(pod: Pod): string {
  return encodeJson([pod.spec, pod.metadata.labels]);
}
