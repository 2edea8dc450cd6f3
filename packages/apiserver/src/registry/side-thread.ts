import { Worker } from 'node:worker_threads';
import { apiErrors } from '@keelson/api';
import type { Clock, Timer } from '@keelson/service';

/** Questions that may wait for the one worker. */
const WAITING_MAX = 64;
/** A body that needs more is no object of anybody's. */
const WORKER_MEGABYTES = 512;
/** Nor is one that takes longer; others wait behind it. */
const ANSWER_MS_MAX = 30_000;

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly settle: (answer: Answer | undefined) => void;
}

export interface SideThreadOptions {
  /** The worker's module: it answers each message with one. */
  readonly module: URL;
  /** What is asked, as refusals name it where there are too many. */
  readonly what: string;
}

/** One thread beside the main one, started when first needed: for what would keep everybody waiting. */
export class SideThread<Question, Answer> {
  readonly #options: SideThreadOptions;
  readonly #clock: Clock;
  readonly #waiting: Waiting<Question, Answer>[] = [];
  #worker: Worker | undefined;
  #current: Waiting<Question, Answer> | undefined;
  #deadline: Timer | undefined;

  constructor(options: SideThreadOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Resolves to undefined where the answer would need too much memory or time. Throws 429 where too many wait. */
  async ask(question: Question): Promise<Answer | undefined> {
    if (this.#waiting.length >= WAITING_MAX)
      throw apiErrors.tooManyRequests(`Too many requests with ${this.#options.what}, please try again later.`, 1);
    return await new Promise<Answer | undefined>((settle) => {
      this.#waiting.push({ question, settle });
      this.#next();
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#waiting.shift();
    if (this.#current === undefined) {
      this.#worker?.unref();
      return;
    }
    this.#worker ??= this.#start();
    const worker = this.#worker;
    worker.ref();
    worker.postMessage(this.#current.question);
    this.#deadline = this.#clock.after(ANSWER_MS_MAX, () => {
      worker.removeAllListeners('message'); // an answer on its way would let the next one in
      void worker.terminate();
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#options.module, {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MEGABYTES },
    });
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', () => {}); // it exits then
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#settle(undefined);
    });
    return worker;
  }

  #settle(answer: Answer | undefined): void {
    this.#deadline?.cancel();
    const settled = this.#current;
    this.#current = undefined;
    settled?.settle(answer);
    this.#next();
  }
}
