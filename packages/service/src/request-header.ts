import { ClientCertificates, type ShownCertificate } from './client-certificates.js';
import type { Identity } from './tls.js';

export interface RequestHeaderOptions {
  /** PEM certificates of the authorities of front proxies. */
  readonly ca: Buffer;
  /** Common names of proxies; empty: all that the authorities vouch for. */
  readonly allowedNames: readonly string[];
  /** Lower case, as all headers here. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraPrefixes: readonly string[];
}

/** A request's headers: their lower-case names, and all values of one. */
export interface HeaderValues {
  readonly names: Iterable<string>;
  all(name: string): readonly string[];
}

/** As whom a front proxy acts. */
export interface ProxiedUser extends Identity {
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, string[]>>;
}

/** The user that a proxy says it speaks for; undefined: nothing is said, or it is no proxy of ours. */
export class RequestHeaders {
  readonly #options: RequestHeaderOptions;
  readonly #certificates: ClientCertificates;

  constructor(options: RequestHeaderOptions, dependencies: ConstructorParameters<typeof ClientCertificates>[1]) {
    this.#options = options;
    this.#certificates = new ClientCertificates(options.ca, dependencies);
  }

  userIn(headers: HeaderValues, certificate: ShownCertificate): ProxiedUser | undefined {
    const { allowedNames, usernameHeaders, uidHeaders, groupHeaders, extraPrefixes } = this.#options;
    const proxy = this.#certificates.identityOf(certificate);
    if (proxy === undefined || (allowedNames.length > 0 && !allowedNames.includes(proxy.user))) return undefined;
    const first = (names: readonly string[]) =>
      names.map((name) => headers.all(name)[0] ?? '').find((value) => value !== '');
    const user = first(usernameHeaders);
    if (user === undefined) return undefined;
    const uid = first(uidHeaders);
    const groups = groupHeaders.flatMap((name) => headers.all(name)).filter((it) => it !== '');
    const extra: Record<string, string[]> = {};
    for (const name of headers.names) {
      const prefix = extraPrefixes.find((it) => name.startsWith(it));
      if (prefix === undefined) continue;
      const key = unescaped(name.slice(prefix.length));
      extra[key] = [...(extra[key] ?? []), ...headers.all(name)];
    }
    return { user, groups, ...(uid === undefined ? {} : { uid }), ...(Object.keys(extra).length > 0 ? { extra } : {}) };
  }
}

/** Upstream takes a key whose escapes are bad as it is. */
export function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
