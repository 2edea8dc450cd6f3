import type { Clock, Timer } from '@keelson/service';
import type { AuditEvent } from '../audit-event.js';
import type { AuditBackend, Lost } from '../backend.js';

export interface BatchingOptions {
  /** Events that may wait; more are lost. */
  readonly bufferSize: number;
  readonly maxBatchSize: number;
  readonly maxWaitMs: number;
  /** Batches a second, and how many at once after a rest; absent: as fast as they come. */
  readonly throttle?: { readonly qps: number; readonly burst: number } | undefined;
  /** Batches on their way at once. */
  readonly concurrency: number;
  /** Of what waits, in all. */
  readonly bufferBytes?: number;
  /** How long a closing process waits for what is on its way. */
  readonly closeMs?: number;
}

const BUFFER_BYTES = 64 * 1024 * 1024;
const CLOSE_MS = 5_000;
/** How often a closing process looks whether the throttle lets it go on. */
const LOOK_MS = 50;

/** Passes events on in batches, when one is full or has waited for long; whoever made them does not wait. */
export class Batching implements AuditBackend {
  readonly #options: BatchingOptions;
  readonly #deps: { backend: AuditBackend; clock: Clock; lost: Lost };
  #waiting: AuditEvent[] = [];
  #bytes = 0;
  #isDue = false;
  #due: Timer | undefined;
  #next: Timer | undefined;
  #tokens: number;
  #tokensAt: number;
  #closed = false;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: BatchingOptions, dependencies: { backend: AuditBackend; clock: Clock; lost: Lost }) {
    this.#options = options;
    this.#deps = dependencies;
    this.#tokens = options.throttle?.burst ?? 0;
    this.#tokensAt = dependencies.clock.monotonic();
  }

  process(events: readonly AuditEvent[]): boolean {
    const { bufferSize, bufferBytes = BUFFER_BYTES } = this.#options;
    let lost = 0;
    for (const event of events) {
      const bytes = event.json.length;
      if (this.#closed || this.#waiting.length >= bufferSize || this.#bytes + bytes > bufferBytes) lost++;
      else {
        this.#waiting.push(event);
        this.#bytes += bytes;
      }
    }
    if (lost > 0) this.#deps.lost('buffered', new Error(this.#closed ? 'it is closed' : 'the buffer is full'), lost);
    this.#pump();
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#isDue = true;
    this.#due?.cancel();
    const { backend, clock, lost } = this.#deps;
    const patience = clock.sleep(this.#options.closeMs ?? CLOSE_MS).then(() => 'late' as const);
    this.#pump();
    while (this.#waiting.length > 0 || this.#underWay.size > 0) {
      const moved = Promise.race([...this.#underWay, clock.sleep(LOOK_MS)]);
      if ((await Promise.race([moved, patience])) === 'late') break;
      this.#pump();
    }
    if (this.#waiting.length > 0) lost('buffered', new Error('the process ended'), this.#waiting.length);
    this.#waiting = [];
    this.#next?.cancel();
    await backend.close();
  }

  /** Sends what may be sent now, and sees to it that the rest is looked at in time. */
  #pump(): void {
    const { maxBatchSize, concurrency } = this.#options;
    while (this.#waiting.length >= maxBatchSize || (this.#isDue && this.#waiting.length > 0)) {
      if (this.#underWay.size >= concurrency || !this.#takeToken()) return;
      this.#send(this.#waiting.splice(0, maxBatchSize));
    }
    if (!this.#closed) this.#isDue = false;
    if (this.#waiting.length > 0) this.#wait();
  }

  #wait(): void {
    this.#due ??= this.#deps.clock.after(this.#options.maxWaitMs, () => {
      this.#due = undefined;
      this.#isDue = true;
      this.#pump();
    });
  }

  /** Where there is none, comes back when there will be. */
  #takeToken(): boolean {
    const { throttle } = this.#options;
    if (throttle === undefined) return true;
    const { clock } = this.#deps;
    const now = clock.monotonic();
    this.#tokens = Math.min(throttle.burst, this.#tokens + ((now - this.#tokensAt) / 1000) * throttle.qps);
    this.#tokensAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    this.#next ??= clock.after(((1 - this.#tokens) / throttle.qps) * 1000 + 1, () => {
      this.#next = undefined;
      this.#pump();
    });
    return false;
  }

  #send(batch: AuditEvent[]): void {
    this.#due?.cancel();
    this.#due = undefined;
    for (const event of batch) this.#bytes -= event.json.length;
    const kept = this.#deps.backend.process(batch);
    if (typeof kept === 'boolean') return;
    const sent = kept.finally(() => {
      this.#underWay.delete(sent);
      this.#pump();
    });
    this.#underWay.add(sent);
  }
}
