import type { SubjectAccessReview, TokenReview } from '@keelson/api';
import { ClientCertificates, type Clock, type ShownCertificate, type StatusGuard } from '@keelson/service';
import type { ApiClient } from '../api-client.js';
import type { Resource } from '../resource.js';

/** Somebody whom the API server, or what it trusts, knows. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, string[]>> | undefined;
}

type AccessSpec = NonNullable<SubjectAccessReview['spec']>;

/** What somebody wants to do. */
export type Wanted = Pick<AccessSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

export interface DelegatedAccessOptions {
  /** PEM certificates of whoever vouches for clients. */
  readonly ca: Buffer;
  /** What a caller has to be allowed for a path. */
  readonly wanted: (verb: string, path: string) => Wanted;
}

const TOKEN_REVIEWS: Resource<TokenReview> = {
  ...{ group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
};
const ACCESS_REVIEWS: Resource<SubjectAccessReview> = {
  ...{ group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' },
  ...{ kind: 'SubjectAccessReview', namespaced: false },
};
const SUPERUSERS = 'system:masters';
const AUTHENTICATED = 'system:authenticated';
const ANONYMOUS: Caller = { user: 'system:anonymous', groups: ['system:unauthenticated'] };
/** Scrapes come again and again: an answer is good for this long. */
const KNOWN_MS = 10_000;
const KNOWN_MAX = 200;

/** Asks the API server who may see what a component shows, as upstream's delegated authentication and authorization. */
export class DelegatedAccess {
  readonly #options: DelegatedAccessOptions;
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #certificates: ClientCertificates;
  readonly #known = new Map<string, { readonly value: unknown; readonly until: number }>();

  constructor(options: DelegatedAccessOptions, dependencies: { client: ApiClient; clock: Clock }) {
    this.#options = options;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#certificates = new ClientCertificates(options.ca, dependencies);
  }

  readonly guard: StatusGuard = async ({ verb, path, certificate, authorization }) => {
    try {
      const caller = await this.callerOf(certificate, authorization);
      if (caller === undefined) return { status: 401, text: 'Unauthorized\n' };
      if (await this.allows(caller, this.#options.wanted(verb, path))) return undefined;
      const text = `forbidden: User ${JSON.stringify(caller.user)} cannot ${verb} path ${JSON.stringify(path)}\n`;
      return { status: 403, text };
    } catch {
      return { status: 503, text: 'the API server does not say who may see this\n' };
    }
  };

  /** Undefined: what was shown is nobody's. Rejects where nobody says whose it is. */
  async callerOf(shown: ShownCertificate | undefined, authorization = ''): Promise<Caller | undefined> {
    const identity = shown && this.#certificates.identityOf(shown);
    if (identity !== undefined) return { ...identity, groups: [...identity.groups, AUTHENTICATED] };
    const token = /^bearer +([^ ]+)/i.exec(authorization)?.[1];
    if (token === undefined) return shown === undefined ? ANONYMOUS : undefined;
    return await this.#remembered(`token ${token}`, async () => {
      const { status } = await this.#client.create(TOKEN_REVIEWS, { metadata: {}, spec: { token } });
      const { username = '', groups = [], uid, extra } = status?.user ?? {};
      return status?.authenticated === true ? { user: username, groups, uid, extra } : undefined;
    });
  }

  /** Rejects where nobody says it. */
  async allows(caller: Caller, wanted: Wanted): Promise<boolean> {
    if (caller.groups.includes(SUPERUSERS)) return true;
    const { user, groups, uid, extra } = caller;
    const spec = { user, groups: [...groups], uid, extra, ...wanted };
    return await this.#remembered(JSON.stringify(spec), async () => {
      const { status } = await this.#client.create(ACCESS_REVIEWS, { metadata: {}, spec } as SubjectAccessReview);
      return status?.allowed === true;
    });
  }

  async #remembered<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.monotonic();
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.value as T;
    const value = await ask();
    if (this.#known.size >= KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, { value, until: now + KNOWN_MS });
    return value;
  }
}
