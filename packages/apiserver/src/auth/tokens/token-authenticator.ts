import { aggregateText } from '../errors.js';
import type { User } from '../user.js';

/** Whose a bearer token is. */
export interface TokenAnswer {
  readonly user: User;
  /** Those of the wanted audiences that the token is for; absent: tokens of this kind are for the API alone. */
  readonly audiences?: readonly string[];
}

/** Says whose a bearer token is. */
export interface TokenAuthenticator {
  /** Undefined: it is none of its tokens. Throws an error that says what is wrong with one of its own. */
  authenticate(token: string, audiences: readonly string[], signal?: AbortSignal): Promise<TokenAnswer | undefined>;
}

export interface VerifiedToken {
  readonly user: User;
  readonly audiences: readonly string[];
}

/** A token that nobody vouches for. */
export class TokenRefused extends Error {
  override name = 'TokenRefused';
}

const NOBODYS = 'invalid bearer token';

/** Asks several in turn; the first that knows a token answers. */
export class Tokens {
  readonly #authenticators: () => readonly TokenAuthenticator[];
  readonly #apiAudiences: readonly string[];

  constructor(options: { apiAudiences: readonly string[] }, authenticators: () => readonly TokenAuthenticator[]) {
    this.#apiAudiences = options.apiAudiences;
    this.#authenticators = authenticators;
  }

  get apiAudiences(): readonly string[] {
    return this.#apiAudiences;
  }

  /**
   * Whose a token is, for one of `audiences` (those of the API, unless others are asked for). Throws TokenRefused in
   * upstream's words: its loopback client's authenticator is asked as well, and knows no token of anybody else's.
   */
  async authenticate(
    token: string,
    audiences: readonly string[] = this.#apiAudiences,
    signal?: AbortSignal,
  ): Promise<VerifiedToken> {
    const errors: string[] = [];
    for (const authenticator of this.#authenticators()) {
      try {
        const answer = await authenticator.authenticate(token, audiences, signal);
        const good = answer && this.#for(answer, audiences);
        if (good !== undefined) return good;
      } catch (error) {
        errors.push((error as Error).message);
      }
    }
    throw new TokenRefused(aggregateText([NOBODYS, ...errors]));
  }

  #for(answer: TokenAnswer, wanted: readonly string[]): VerifiedToken | undefined {
    const audiences = answer.audiences ?? wanted.filter((it) => this.#apiAudiences.includes(it));
    return audiences.length === 0 ? undefined : { user: answer.user, audiences };
  }
}
