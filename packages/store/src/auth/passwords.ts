import { status } from '@grpc/grpc-js';
import type { Random } from '@keelson/service';
import { hash, verify } from '@node-rs/bcrypt';
import { EtcdError, errors } from '../errors.js';

export interface PasswordOptions {
  /** bcrypt's: each step doubles the time. */
  readonly cost: number;
  /** At work at once: they share Node's few threads with the disk. */
  readonly parallelMax: number;
  readonly waitingMax: number;
}

/** bcrypt looks at no more. */
const PASSWORD_BYTES_MAX = 72;

/** Hashes and checks passwords as etcd does, off the event loop. */
export class Passwords {
  readonly #options: PasswordOptions;
  readonly #random: Random;
  readonly #waiting: (() => void)[] = [];
  #working = 0;

  constructor(options: PasswordOptions, dependencies: { readonly random: Random }) {
    this.#options = options;
    this.#random = dependencies.random;
  }

  /** @throws EtcdError for a password that is too long, or tooManyRequests */
  async hash(password: string): Promise<string> {
    if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) {
      throw new EtcdError(status.UNKNOWN, 'bcrypt: password length exceeds 72 bytes');
    }
    const { cost } = this.#options;
    const salt = this.#random.bytes(16);
    return await this.#inTurn(() => hash(password, { cost, salt, version: '2a' }));
  }

  /** @throws EtcdError tooManyRequests */
  async matches(password: string, hashed: Buffer): Promise<boolean> {
    return await this.#inTurn(() => verify(password, hashed));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { parallelMax, waitingMax } = this.#options;
    if (this.#working >= parallelMax) {
      if (this.#waiting.length >= waitingMax) throw errors.tooManyRequests();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#working += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#working -= 1;
    }
  }
}
