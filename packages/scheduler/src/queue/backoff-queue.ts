import type { Clock, Timer } from '@keelson/service';
import { Heap } from './heap.js';
import type { QueuedPod } from './queued-pod.js';

export interface BackoffOptions {
  /** Upstream's podInitialBackoffSeconds and podMaxBackoffSeconds. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Back-offs end by windows: pods whose ends lie in one go on together, the most important of them first. */
const WINDOW_MS = 1_000;

/**
 * Pods that wait out their back-off. Who fits nowhere may be taken before, when there is nothing else to try
 * (upstream's SchedulerPopFromBackoffQ); who met an error may not, for trying at once would meet it again.
 */
export class BackoffQueue {
  readonly #options: BackoffOptions;
  readonly #clock: Clock;
  readonly #onDue: (items: QueuedPod[]) => void;
  readonly #unfit: Heap<QueuedPod>;
  readonly #erred: Heap<QueuedPod>;
  #timer: { timer: Timer; at: number } | undefined;

  constructor(
    options: BackoffOptions,
    dependencies: {
      clock: Clock;
      keyOf: (item: QueuedPod) => string;
      before: (a: QueuedPod, b: QueuedPod) => boolean;
      onDue: (items: QueuedPod[]) => void;
    },
  ) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#onDue = dependencies.onDue;
    const { keyOf, before } = dependencies;
    const sooner = (a: QueuedPod, b: QueuedPod) => {
      const [endOfA, endOfB] = [this.#endOf(a), this.#endOf(b)];
      return endOfA === endOfB ? before(a, b) : endOfA < endOfB;
    };
    this.#unfit = new Heap(keyOf, sooner);
    this.#erred = new Heap(keyOf, sooner);
  }

  get size(): number {
    return this.#unfit.size + this.#erred.size;
  }

  get(key: string): QueuedPod | undefined {
    return this.#unfit.get(key) ?? this.#erred.get(key);
  }

  isOver(item: QueuedPod): boolean {
    return this.#endOf(item) <= this.#clock.monotonic();
  }

  push(item: QueuedPod): void {
    const heap = item.failure === 'error' ? this.#erred : this.#unfit;
    heap.push(item);
    this.#arm();
  }

  /** The one that may be tried before its time; undefined if there is none. */
  popEarly(): QueuedPod | undefined {
    return this.#unfit.pop();
  }

  remove(key: string): void {
    this.#unfit.remove(key);
    this.#erred.remove(key);
  }

  close(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  /** The end of the window in which the back-off ends. */
  #endOf({ attempts, queuedAt }: QueuedPod): number {
    if (attempts === 0) return 0;
    const { firstMs, maxMs } = this.#options;
    const waits = Math.min(firstMs * 2 ** Math.min(attempts - 1, 30), maxMs);
    return (Math.floor((queuedAt + waits) / WINDOW_MS) + 1) * WINDOW_MS;
  }

  #arm(): void {
    const heads = [this.#unfit.peek(), this.#erred.peek()].filter((it) => it !== undefined);
    if (heads.length === 0) return;
    const at = Math.min(...heads.map((it) => this.#endOf(it)));
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.timer.cancel();
    const timer = this.#clock.after(Math.max(0, at - this.#clock.monotonic()), () => this.#flush());
    this.#timer = { timer, at };
  }

  #flush(): void {
    this.#timer = undefined;
    const due: QueuedPod[] = [];
    for (const heap of [this.#unfit, this.#erred]) {
      for (let item = heap.peek(); item !== undefined && this.isOver(item); item = heap.peek()) due.push(heap.pop()!);
    }
    this.#arm();
    if (due.length > 0) this.#onDue(due);
  }
}
