import { Worker } from 'node:worker_threads';
import { apiErrors, PATCH_TYPES, type RequestBody } from '@keelson/api';
import type { Clock, Timer } from '@keelson/service';
import { readJson } from './body-size.js';
import { jsonIn } from './yaml-body.js';
import type { YamlAnswer } from './yaml-worker.js';

/** Shorter texts are read at once, in the time that a turn may take. */
const SHORT_BYTES = 16 * 1024;
/** Texts that may wait for the one worker. */
const WAITING_MAX = 64;
/** A text that needs more is no object of anybody's. */
const WORKER_MEGABYTES = 512;
/** Nor is one that takes longer; others wait behind it. */
const READ_MS_MAX = 30_000;
const TOO_EXPENSIVE = 'yaml: document needs too much memory or time';
const YAML_TYPES: readonly string[] = ['application/yaml', PATCH_TYPES.apply];

interface Waiting {
  readonly text: string;
  readonly settle: (answer: YamlAnswer) => void;
}

/** Has large bodies of YAML read by a worker: its reader takes a second a megabyte, and nobody is to wait for that. */
export class YamlReader {
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #deadline: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The body, read ahead if it is a large one of YAML. */
  async prepare(body: RequestBody): Promise<RequestBody> {
    const mediaType = body.mediaType.split(';')[0]!.trim();
    if (body.bytes.length < SHORT_BYTES || !YAML_TYPES.includes(mediaType)) return body;
    const json = mediaType === PATCH_TYPES.apply ? jsonIn(body) : undefined;
    return { ...body, yaml: json ?? (await this.#read(Buffer.from(body.bytes).toString())) };
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #read(text: string): Promise<NonNullable<RequestBody['yaml']>> {
    if (this.#waiting.length >= WAITING_MAX) {
      throw apiErrors.tooManyRequests('Too many requests with large YAML bodies, please try again later.', 1);
    }
    const answer = await new Promise<YamlAnswer>((settle) => {
      this.#waiting.push({ text, settle });
      this.#next();
    });
    if ('error' in answer) return new Error(answer.error);
    return { value: readJson(answer.json).value, duplicates: answer.duplicates };
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
    worker.postMessage(this.#current.text);
    this.#deadline = this.#clock.after(READ_MS_MAX, () => {
      worker.removeAllListeners('message'); // an answer on its way would let the next one in
      void worker.terminate();
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./yaml-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MEGABYTES },
    });
    worker.on('message', (answer: YamlAnswer) => this.#settle(answer));
    worker.on('error', () => {}); // it exits then
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#settle({ error: TOO_EXPENSIVE });
    });
    return worker;
  }

  #settle(answer: YamlAnswer): void {
    this.#deadline?.cancel();
    const settled = this.#current;
    this.#current = undefined;
    settled?.settle(answer);
    this.#next();
  }
}
