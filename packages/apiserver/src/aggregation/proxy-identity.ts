import { statSync } from 'node:fs';
import type { Logger } from '@keelson/service';

/** What this server shows to those that it passes requests on to. */
export interface ProxyIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The identity in two files, which is read again when they have changed. The first reading throws. */
export class ProxyIdentityFiles {
  readonly #files: readonly string[];
  readonly #read: () => ProxyIdentity;
  readonly #logger: Logger;
  /** Of the files when they were read last, well or not. */
  #stamp: string;
  #known: ProxyIdentity;

  constructor(files: readonly string[], read: () => ProxyIdentity, dependencies: { logger: Logger }) {
    this.#files = files;
    this.#read = read;
    this.#logger = dependencies.logger;
    this.#stamp = this.#stampNow();
    this.#known = read();
  }

  /** For a connection that is made now. What does not read well, as where one file is new and the other is not, leaves the one before. */
  current(): ProxyIdentity {
    const stamp = this.#stampNow();
    if (stamp === this.#stamp) return this.#known;
    this.#stamp = stamp;
    try {
      this.#known = this.#read();
      this.#logger.info({ files: this.#files }, 'the certificate for other servers was read again');
    } catch (error) {
      this.#logger.error({ err: error, files: this.#files }, 'the certificate for other servers stays as it was');
    }
    return this.#known;
  }

  #stampNow(): string {
    return this.#files
      .map((file) => statSync(file, { throwIfNoEntry: false }))
      .map((stats) => (stats === undefined ? 'none' : `${stats.mtimeMs} ${stats.ino} ${stats.size}`))
      .join(', ');
  }
}
