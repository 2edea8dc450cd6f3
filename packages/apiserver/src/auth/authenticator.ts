import type { Identity } from '@keelson/service';

/** What a caller showed of itself. */
export interface Credentials {
  /** Of a client certificate that our CA signed. */
  readonly certificate: Identity | undefined;
  readonly bearerToken: string | undefined;
}

export const ANONYMOUS: Identity = { user: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';

/** Says whose a bearer token is; undefined: nobody's that it knows. */
export type TokenReader = (token: string) => Promise<Identity | undefined>;

/** Certificates first, then tokens, then nobody. A token that nobody knows is refused, not anonymous. */
export class Authenticator {
  readonly #tokenReaders: readonly TokenReader[];

  constructor(tokenReaders: readonly TokenReader[] = []) {
    this.#tokenReaders = tokenReaders;
  }

  /** Undefined: the credentials are wrong. */
  async authenticate({ certificate, bearerToken }: Credentials): Promise<Identity | undefined> {
    if (certificate !== undefined) return known(certificate);
    if (bearerToken === undefined) return ANONYMOUS;
    for (const read of this.#tokenReaders) {
      const identity = await read(bearerToken);
      if (identity !== undefined) return known(identity);
    }
    return undefined;
  }
}

function known({ user, groups }: Identity): Identity {
  return { user, groups: groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED] };
}
