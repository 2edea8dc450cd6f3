import type { ClientCertificates, ShownCertificate } from '@keelson/service';
import type { HeaderValues, RequestHeaders } from './request-header.js';
import { ANONYMOUS, AUTHENTICATED, type User } from './user.js';

/** What a caller showed of itself. */
export interface Credentials {
  /** As it came: who vouches for it is seen here. */
  readonly certificate: ShownCertificate | undefined;
  readonly authorization: string | undefined;
  /** In which a front proxy says whom it speaks for; absent where none can come. */
  readonly headers?: HeaderValues;
}

/** Says whose a bearer token is; undefined: nobody's that it knows. */
export type TokenReader = (token: string) => Promise<User | undefined>;

export interface AuthenticatorDependencies {
  readonly clients: ClientCertificates;
  readonly proxies: RequestHeaders | undefined;
  readonly tokens: readonly TokenReader[];
}

/** Front proxies, then certificates, then tokens, then nobody. Credentials that say nothing good are no anonymity. */
export class Authenticator {
  readonly #deps: AuthenticatorDependencies;

  constructor(dependencies: AuthenticatorDependencies) {
    this.#deps = dependencies;
  }

  /** Undefined: the credentials are wrong. */
  async authenticate({ certificate, authorization, headers }: Credentials): Promise<User | undefined> {
    const { clients, proxies, tokens } = this.#deps;
    if (certificate !== undefined) {
      const user = (headers && proxies?.userIn(headers, certificate)) ?? clients.identityOf(certificate);
      if (user !== undefined) return known(user);
    }
    const token = /^bearer +([^ ]+)/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return certificate === undefined ? ANONYMOUS : undefined;
    for (const read of tokens) {
      const user = await read(token);
      if (user !== undefined) return known(user);
    }
    return undefined;
  }
}

function known(user: User): User {
  return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };
}
