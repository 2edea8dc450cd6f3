import type { ClientCertificates, HeaderValues, Logger, RequestHeaders, ShownCertificate } from '@keelson/service';
import { TokenRefused, type Tokens } from './tokens/token-authenticator.js';
import { ANONYMOUS, AUTHENTICATED, type User } from './user.js';

/** What a caller showed of itself. */
export interface Credentials {
  /** As it came: who vouches for it is seen here. */
  readonly certificate: ShownCertificate | undefined;
  readonly authorization: string | undefined;
  /** In which a front proxy says whom it speaks for; absent where none can come. */
  readonly headers?: HeaderValues;
  /** What is asked for, where that has a path. */
  readonly path?: string;
}

/** Who may come without showing anything. */
export interface AnonymousAccess {
  readonly enabled: boolean;
  /** The paths to which it may; absent: to all. */
  readonly paths?: ReadonlySet<string> | undefined;
}

export interface AuthenticatorDependencies {
  readonly clients: ClientCertificates;
  readonly proxies: RequestHeaders | undefined;
  readonly tokens: Tokens;
  readonly anonymous: () => AnonymousAccess;
  readonly logger: Pick<Logger, 'debug'>;
}

/** Front proxies, then certificates, then tokens, then nobody. Credentials that say nothing good are no anonymity. */
export class Authenticator {
  readonly #deps: AuthenticatorDependencies;

  constructor(dependencies: AuthenticatorDependencies) {
    this.#deps = dependencies;
  }

  /** Undefined: the credentials are wrong. */
  async authenticate(credentials: Credentials, signal?: AbortSignal): Promise<User | undefined> {
    const { certificate, authorization, headers } = credentials;
    const { clients, proxies } = this.#deps;
    if (certificate !== undefined) {
      const user = (headers && proxies?.userIn(headers, certificate)) ?? byCertificate(certificate, clients);
      if (user !== undefined) return known(user);
    }
    const token = /^bearer +([^ ]+)/i.exec(authorization ?? '')?.[1];
    if (token !== undefined) return this.#bearerOf(token, signal);
    return certificate === undefined ? this.#anonymous(credentials) : undefined;
  }

  async #bearerOf(token: string, signal: AbortSignal | undefined): Promise<User | undefined> {
    try {
      return known((await this.#deps.tokens.authenticate(token, undefined, signal)).user);
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      this.#deps.logger.debug({ reason: error.message }, 'a token was refused');
      return undefined;
    }
  }

  #anonymous({ path = '' }: Credentials): User | undefined {
    const { enabled, paths } = this.#deps.anonymous();
    return enabled && (paths === undefined || paths.has(path)) ? ANONYMOUS : undefined;
  }
}

/** Logs and reviews tell which of a user's certificates it was. */
function byCertificate(certificate: ShownCertificate, clients: ClientCertificates): User | undefined {
  const identity = clients.identityOf(certificate);
  if (identity === undefined) return undefined;
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return { ...identity, extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] } };
}

const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

function known(user: User): User {
  return user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };
}
