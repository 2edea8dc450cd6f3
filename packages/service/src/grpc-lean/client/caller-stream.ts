import { Duplex } from 'node:stream';
import { status } from '@grpc/grpc-js';
import type { CallStatus } from '../status.js';
import { serviceError } from '../status.js';
import type { Outgoing } from './outgoing.js';

type Done = (error?: Error | null) => void;

export interface CallerStreamCodec {
  readonly encode: (message: unknown) => Buffer;
  readonly decode: (bytes: Buffer) => unknown;
}

/** A stream of requests, responses or both, with the face of grpc-js' client streams. */
export class CallerStream extends Duplex {
  readonly #codec: CallerStreamCodec;
  #outgoing!: Outgoing;
  #written: Done | undefined;

  constructor(codec: CallerStreamCodec) {
    super({ objectMode: true, autoDestroy: false });
    this.#codec = codec;
  }

  begin(outgoing: Outgoing): void {
    this.#outgoing = outgoing;
  }

  message(bytes: Buffer): void {
    let message: unknown;
    try {
      message = this.#codec.decode(bytes);
    } catch (error) {
      this.#outgoing.interrupt({
        code: status.INTERNAL,
        details: `cannot read a response: ${(error as Error).message}`,
      });
      return;
    }
    this.push(message);
  }

  get hungry(): boolean {
    return this.readableLength < this.readableHighWaterMark;
  }

  override _read(): void {
    this.#outgoing.release();
  }

  override _write(message: unknown, _encoding: string, done: Done): void {
    if (this.#outgoing.write(this.#codec.encode(message), false)) done();
    else this.#written = done;
  }

  override _final(done: Done): void {
    this.#outgoing.finish();
    done();
  }

  takesMore(): void {
    const done = this.#written;
    this.#written = undefined;
    done?.();
  }

  ended(result: CallStatus): void {
    this.takesMore();
    if (result.code === status.OK) this.push(null);
    else this.emit('error', serviceError(result));
    this.emit('status', result);
    if (result.code !== status.OK) this.destroy();
  }

  cancel(): void {
    this.#outgoing.interrupt({ code: status.CANCELLED, details: 'Cancelled on client' });
  }
}
