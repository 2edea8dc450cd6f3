import type { TurnLine } from '../../breather.js';
import { hasLeft, type Response } from './exchange.js';

const CHUNK_BYTES = 64 * 1024;
/** Of one answer: what the connection has not taken yet. */
const CHUNKS_UNDER_WAY = 4;
const CHUNKS_KEPT = 64;

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
  send(response: Response, parts: readonly Buffer[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length <= CHUNK_BYTES) response.end(Buffer.concat(parts, length));
    else {
      const next = this.#turns.work(Math.ceil(length / (CHUNKS_UNDER_WAY * CHUNK_BYTES)));
      new Sending(response, parts, this.#free, next).pump();
    }
  }
}

class Sending {
  readonly #response: Response;
  readonly #parts: readonly Buffer[];
  readonly #free: Buffer[];
  /** Of the next byte: the part, and where in it. */
  #part = 0;
  #at = 0;
  #underWay = 0;
  readonly #next: () => Promise<void>;
  #isInLine = false;

  constructor(response: Response, parts: readonly Buffer[], free: Buffer[], next: () => Promise<void>) {
    this.#response = response;
    this.#next = next;
    this.#parts = parts;
    this.#free = free;
  }

  pump(): void {
    while (this.#underWay < CHUNKS_UNDER_WAY && this.#part < this.#parts.length && !hasLeft(this.#response)) {
      const chunk = this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const length = this.#fill(chunk);
      this.#underWay += 1;
      this.#response.write(chunk.subarray(0, length), (error) => {
        this.#underWay -= 1;
        // Of a connection that failed nobody knows what it still holds.
        if (!error && this.#free.length < CHUNKS_KEPT) this.#free.push(chunk);
        void this.#goOn();
      });
      if (this.#part === this.#parts.length) this.#response.end();
    }
  }

  /** To encrypt what is written takes most of a turn: one after another where many are sent something. */
  async #goOn(): Promise<void> {
    if (this.#isInLine || this.#part === this.#parts.length) return;
    this.#isInLine = true;
    await this.#next();
    this.#isInLine = false;
    this.pump();
  }

  #fill(chunk: Buffer): number {
    let length = 0;
    while (length < chunk.length && this.#part < this.#parts.length) {
      const part = this.#parts[this.#part]!;
      const copied = part.copy(chunk, length, this.#at);
      length += copied;
      this.#at += copied;
      if (this.#at < part.length) break;
      this.#part += 1;
      this.#at = 0;
    }
    return length;
  }
}
