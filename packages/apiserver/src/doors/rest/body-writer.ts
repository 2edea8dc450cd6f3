import { createGzip, type Gzip } from 'node:zlib';
import type { TurnLine } from '../../breather.js';
import { drained, hasLeft, type Response } from './exchange.js';
import { Parts } from './parts.js';

const CHUNK_BYTES = 64 * 1024;
/** Of one answer: what the connection has not taken yet. */
const CHUNKS_UNDER_WAY = 4;
const CHUNKS_KEPT = 64;
/** As fast as can be: upstream's level. */
const GZIP = { level: 1, chunkSize: CHUNK_BYTES };

/**
 * Writes bodies that come in many parts, as fast as their connections take them, through buffers that are used again.
 * A list of some thousand objects is never in memory as one: the objects' texts are there anyway.
 */
export class BodyWriter {
  readonly #free: Buffer[] = [];
  readonly #turns: TurnLine;

  constructor(turns: TurnLine) {
    this.#turns = turns;
  }

  /** Ends the response when all is written, or stops when that is closed. The headers are written already. */
  send(response: Response, parts: readonly Buffer[], { gzip = false } = {}): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const next = this.#turns.work(Math.ceil(length / (CHUNKS_UNDER_WAY * CHUNK_BYTES)));
    if (gzip) void new Compressing(response, parts, this.#free, next).run();
    else if (length <= CHUNK_BYTES) response.end(Buffer.concat(parts, length));
    else new Sending(response, parts, this.#free, next).pump();
  }
}

function chunkOf(free: Buffer[]): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
}

function keep(free: Buffer[], chunk: Buffer): void {
  if (free.length < CHUNKS_KEPT) free.push(chunk);
}

/** Compresses on other threads, a chunk at a time, what the client takes. */
class Compressing {
  readonly #response: Response;
  readonly #parts: Parts;
  readonly #free: Buffer[];
  readonly #next: () => Promise<void>;
  readonly #gzip: Gzip = createGzip(GZIP);

  constructor(response: Response, parts: readonly Buffer[], free: Buffer[], next: () => Promise<void>) {
    this.#response = response;
    this.#parts = new Parts(parts);
    this.#free = free;
    this.#next = next;
    response.once('close', () => void this.#gzip.destroy());
    this.#gzip.on('data', (bytes: Buffer) => void this.#write(bytes));
    this.#gzip.on('end', () => void response.end());
    this.#gzip.on('error', (error) => void response.destroy(error));
  }

  async run(): Promise<void> {
    for (let count = 1; !this.#parts.isDone && !hasLeft(this.#response); count += 1) {
      const chunk = chunkOf(this.#free);
      await this.#compressed(chunk.subarray(0, this.#parts.fill(chunk)));
      keep(this.#free, chunk);
      if (count % CHUNKS_UNDER_WAY === 0) await this.#next();
    }
    this.#gzip.end();
  }

  /** When it was read; what was given up is not read. */
  #compressed(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => void this.#gzip.write(bytes, () => resolve()));
  }

  async #write(bytes: Buffer): Promise<void> {
    if (hasLeft(this.#response) || this.#response.write(bytes)) return;
    this.#gzip.pause();
    await drained(this.#response);
    this.#gzip.resume();
  }
}

class Sending {
  readonly #response: Response;
  readonly #parts: Parts;
  readonly #free: Buffer[];
  #underWay = 0;
  readonly #next: () => Promise<void>;
  #isInLine = false;

  constructor(response: Response, parts: readonly Buffer[], free: Buffer[], next: () => Promise<void>) {
    this.#response = response;
    this.#next = next;
    this.#parts = new Parts(parts);
    this.#free = free;
  }

  pump(): void {
    while (this.#underWay < CHUNKS_UNDER_WAY && !this.#parts.isDone && !hasLeft(this.#response)) {
      const chunk = chunkOf(this.#free);
      const length = this.#parts.fill(chunk);
      this.#underWay += 1;
      this.#response.write(chunk.subarray(0, length), (error) => {
        this.#underWay -= 1;
        // Of a connection that failed nobody knows what it still holds.
        if (!error) keep(this.#free, chunk);
        void this.#goOn();
      });
      if (this.#parts.isDone) this.#response.end();
    }
  }

  /** To encrypt what is written takes most of a turn: one after another where many are sent something. */
  async #goOn(): Promise<void> {
    if (this.#isInLine || this.#parts.isDone) return;
    this.#isInLine = true;
    await this.#next();
    this.#isInLine = false;
    this.pump();
  }
}
