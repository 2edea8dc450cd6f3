import type { Random } from '@keelson/service';
import { type Author, CommandKind } from '../apply/command.js';
import { errors } from '../errors.js';
import type { Replica } from '../replica/replica.js';
import type { SimpleTokens } from './simple-tokens.js';

/** Makes tokens for users whose password was right, and knows whose they are. */
export interface TokenProvider {
  issue(user: string): Promise<string>;
  /** @throws EtcdError invalidAuthToken */
  authorOf(token: string): Author | Promise<Author>;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const RANDOM_LETTERS = 16;

/** etcd's default tokens: made through the log, so that every member knows them. */
export class SimpleTokenProvider implements TokenProvider {
  readonly #tokens: SimpleTokens;
  readonly #replica: Replica;
  readonly #random: Random;

  constructor(dependencies: {
    readonly tokens: SimpleTokens;
    readonly replica: Replica;
    readonly random: Random;
  }) {
    this.#tokens = dependencies.tokens;
    this.#replica = dependencies.replica;
    this.#random = dependencies.random;
  }

  async issue(user: string): Promise<string> {
    const letters = Array.from({ length: RANDOM_LETTERS }, () => ALPHABET[this.#random.integer(ALPHABET.length)]);
    const body = Buffer.from(JSON.stringify({ user, random: letters.join('') }));
    return (await this.#replica.propose<'authenticate'>(CommandKind.authenticate, body)).outcome;
  }

  authorOf(token: string): Author | Promise<Author> {
    const user = this.#tokens.userOf(token);
    if (user !== undefined) return this.#author(user);
    const index = /^[a-zA-Z]+\.(\d{1,15})$/.exec(token)?.[1];
    if (index === undefined || Number(index) <= this.#replica.machine.applied) throw errors.invalidAuthToken();
    return this.#caughtUp(token);
  }

  /** Another member may have made the token a moment ago. */
  async #caughtUp(token: string): Promise<Author> {
    await this.#replica.linearizable();
    const user = this.#tokens.userOf(token);
    if (user === undefined) throw errors.invalidAuthToken();
    return this.#author(user);
  }

  #author(user: string): Author {
    return { user, revision: this.#replica.machine.auth.revision };
  }
}
