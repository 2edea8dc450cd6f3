import type { ServerResponse } from 'node:http';
import type { Response } from './exchange.js';

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

  /** Ends the response when all is written, or stops when that is closed. The headers are written already. */
  send(response: Response, parts: readonly Buffer[]): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length <= CHUNK_BYTES) (response as ServerResponse).end(Buffer.concat(parts, length));
    else new Sending(response as ServerResponse, parts, this.#free).pump();
  }
}

class Sending {
  readonly #response: ServerResponse;
  readonly #parts: readonly Buffer[];
  readonly #free: Buffer[];
  /** Of the next byte: the part, and where in it. */
  #part = 0;
  #at = 0;
  #underWay = 0;

  constructor(response: ServerResponse, parts: readonly Buffer[], free: Buffer[]) {
    this.#response = response;
    this.#parts = parts;
    this.#free = free;
  }

  pump(): void {
    while (this.#underWay < CHUNKS_UNDER_WAY && this.#part < this.#parts.length && !this.#response.destroyed) {
      const chunk = this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const length = this.#fill(chunk);
      this.#underWay += 1;
      this.#response.write(chunk.subarray(0, length), (error) => {
        this.#underWay -= 1;
        // Of a connection that failed nobody knows what it still holds.
        if (!error && this.#free.length < CHUNKS_KEPT) this.#free.push(chunk);
        this.pump();
      });
      if (this.#part === this.#parts.length) this.#response.end();
    }
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
