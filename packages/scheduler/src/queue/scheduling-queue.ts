import { encodeJson, type Pod } from '@keelson/api';
import { type Deferred, deferred } from '@keelson/client';
import type { Clock, Timer } from '@keelson/service';
import type { ClusterEvent } from '../framework/plugin.js';
import { Heap } from './heap.js';

export interface SchedulingQueueOptions {
  /** Upstream's podInitialBackoffSeconds and podMaxBackoffSeconds. */
  backoffFirstMs?: number;
  backoffMaxMs?: number;
  /** A pod that nothing helped is tried again after this. */
  unschedulableMs?: number;
}

/** A pod that waits for a node. */
export interface QueuedPod {
  pod: Pod;
  /** When it came first, for order among equals. */
  readonly since: number;
  attempts: number;
  /** Plugins that refused it the last time. */
  refusedBy: ReadonlySet<string>;
  /** When it was put back, on the clock's monotonic time. */
  failedAt: number;
}

const FLUSH_EVERY_MS = 30_000;

/**
 * Pods that wait: those to try now, by priority then age; those that failed and wait out their back-off; and those
 * that fit nowhere until something in the cluster changes.
 */
export class SchedulingQueue {
  readonly #options: Required<SchedulingQueueOptions>;
  readonly #clock: Clock;
  readonly #helps: (plugin: string, event: ClusterEvent) => boolean;
  readonly #active = new Heap<QueuedPod>(keyOf, before);
  readonly #backoff = new Map<string, { item: QueuedPod; timer: Timer }>();
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #flush: Timer;
  #waiting: Deferred<void> | undefined;
  #closed = false;

  constructor(
    options: SchedulingQueueOptions,
    dependencies: { clock: Clock; helps: (plugin: string, event: ClusterEvent) => boolean },
  ) {
    this.#options = { backoffFirstMs: 1_000, backoffMaxMs: 10_000, unschedulableMs: 300_000, ...options };
    this.#clock = dependencies.clock;
    this.#helps = dependencies.helps;
    this.#flush = this.#clock.every(FLUSH_EVERY_MS, () => this.#flushOld());
  }

  /** A pod that is new, or that changed while it waited. */
  set(pod: Pod): void {
    const key = uidOf(pod);
    const waiting = this.#active.get(key) ?? this.#backoff.get(key)?.item;
    if (waiting !== undefined) {
      waiting.pod = pod;
      return;
    }
    const failed = this.#unschedulable.get(key);
    if (failed === undefined) {
      this.#activate({ pod, since: this.#clock.monotonic(), attempts: 0, refusedBy: new Set(), failedAt: 0 });
      return;
    }
    const changed = schedulingPart(failed.pod) !== schedulingPart(pod);
    failed.pod = pod;
    if (changed) this.#retry(failed);
  }

  delete(uid: string): void {
    this.#active.remove(uid);
    this.#unschedulable.delete(uid);
    this.#backoff.get(uid)?.timer.cancel();
    this.#backoff.delete(uid);
  }

  /** The next pod to try; undefined once the queue is closed. */
  async next(): Promise<QueuedPod | undefined> {
    while (!this.#closed) {
      const item = this.#active.pop();
      if (item !== undefined) return item;
      // Several pods may come at once: the first of them is known only when all are there.
      this.#waiting = deferred();
      await this.#waiting.promise;
    }
    return undefined;
  }

  /** It fits nowhere: wait for an event that may help one of the plugins that refused it. */
  putUnschedulable(item: QueuedPod, refusedBy: ReadonlySet<string>): void {
    item.attempts += 1;
    item.refusedBy = refusedBy;
    item.failedAt = this.#clock.monotonic();
    this.#unschedulable.set(keyOf(item), item);
  }

  /** It failed for a reason that has nothing to do with nodes: try again after a while. */
  putBack(item: QueuedPod): void {
    item.attempts += 1;
    item.failedAt = this.#clock.monotonic();
    this.#retry(item);
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
    for (const { timer } of this.#backoff.values()) timer.cancel();
    this.#waiting?.resolve();
  }

  #retry(item: QueuedPod): void {
    const key = keyOf(item);
    this.#unschedulable.delete(key);
    const waitMs = item.failedAt + this.#backoffOf(item) - this.#clock.monotonic();
    if (waitMs <= 0) {
      this.#activate(item);
      return;
    }
    const timer = this.#clock.after(waitMs, () => {
      this.#backoff.delete(key);
      this.#activate(item);
    });
    this.#backoff.set(key, { item, timer });
  }

  #backoffOf({ attempts }: QueuedPod): number {
    if (attempts === 0) return 0;
    return Math.min(this.#options.backoffFirstMs * 2 ** Math.min(attempts - 1, 30), this.#options.backoffMaxMs);
  }

  #activate(item: QueuedPod): void {
    this.#active.push(item);
    this.#waiting?.resolve();
  }

  #flushOld(): void {
    const now = this.#clock.monotonic();
    for (const item of [...this.#unschedulable.values()]) {
      if (now - item.failedAt > this.#options.unschedulableMs) this.#retry(item);
    }
  }
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

function keyOf(item: QueuedPod): string {
  return uidOf(item.pod);
}

function before(a: QueuedPod, b: QueuedPod): boolean {
  const byPriority = (b.pod.spec?.priority ?? 0) - (a.pod.spec?.priority ?? 0);
  return byPriority === 0 ? a.since < b.since : byPriority < 0;
}

/** What of a pod matters for where it fits: a change of its status alone does not help it. */
function schedulingPart(pod: Pod): string {
  return encodeJson([pod.spec, pod.metadata.labels]);
}
