import type { Identity } from '@keelson/service';
import { ANONYMOUS, AUTHENTICATED, type User } from './user.js';

/** What a caller showed of itself. */
export interface Credentials {
  /** Of a client certificate that our CA signed. */
  readonly certificate: Identity | undefined;
  readonly bearerToken: string | undefined;
}

/** Says whose a bearer token is; undefined: nobody's that it knows. */
export type TokenReader = (token: string) => Promise<User | undefined>;

/** Certificates first, then tokens, then nobody. A token that nobody knows is refused, not anonymous. */
export class Authenticator {
  readonly #tokenReaders: readonly TokenReader[];

  constructor(tokenReaders: readonly TokenReader[] = []) {
    this.#tokenReaders = tokenReaders;
  }

  /** Undefined: the credentials are wrong. */
  async authenticate({ certificate, bearerToken }: Credentials): Promise<User | undefined> {
    if (certificate !== undefined) return known(certificate);
    if (bearerToken === undefined) return ANONYMOUS;
    for (const read of this.#tokenReaders) {
      const user = await read(bearerToken);
      if (user !== undefined) return known(user);
    }
    return undefined;
  }
}

function known(user: User): User {
  return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };
}
