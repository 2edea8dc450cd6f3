import type { IncomingMessage } from 'node:http';
import type { ConfigMap } from '@keelson/api';
import type { Caller, DelegatedAccess, Wanted } from '@keelson/client';
import { type Clock, type Logger, RequestHeaders, type ShownCertificate } from '@keelson/service';
import type { Access } from '../api/http-door.js';

/** Where API servers say whom they trust, for others that are to trust the same. */
export const TRUST = { namespace: 'kube-system', name: 'extension-apiserver-authentication' } as const;

/** Believes an API server that passes requests on whom they are of, and asks it about whoever comes by itself. */
export class FrontProxyAccess implements Access {
  readonly #delegated: DelegatedAccess;
  readonly #deps: { clock: Clock; logger: Logger };
  #proxies: RequestHeaders | undefined;

  constructor(dependencies: { delegated: DelegatedAccess; clock: Clock; logger: Logger }) {
    this.#delegated = dependencies.delegated;
    this.#deps = dependencies;
  }

  /** Takes over what an API server says about its front proxies; absent: there are none. */
  trust(published: ConfigMap | undefined): void {
    const data = published?.data ?? {};
    const ca = data['requestheader-client-ca-file'];
    if (!ca) {
      this.#proxies = undefined;
      return;
    }
    try {
      this.#proxies = new RequestHeaders(
        {
          ca: Buffer.from(ca),
          allowedNames: names(data['requestheader-allowed-names']),
          usernameHeaders: names(data['requestheader-username-headers'], 'X-Remote-User'),
          uidHeaders: names(data['requestheader-uid-headers'], 'X-Remote-Uid'),
          groupHeaders: names(data['requestheader-group-headers'], 'X-Remote-Group'),
          extraPrefixes: names(data['requestheader-extra-headers-prefix'], 'X-Remote-Extra-'),
        },
        this.#deps,
      );
    } catch (error) {
      this.#proxies = undefined;
      this.#deps.logger.error(
        { err: error, ...TRUST },
        'what it says about front proxies cannot be read: trusting none',
      );
    }
  }

  async callerOf(request: IncomingMessage, certificate: ShownCertificate | undefined): Promise<Caller | undefined> {
    const { headers, headersDistinct } = request;
    const all = (name: string) => headersDistinct[name] ?? [];
    const proxied = certificate && this.#proxies?.userIn({ names: Object.keys(headersDistinct), all }, certificate);
    return proxied === undefined
      ? await this.#delegated.callerOf(certificate, headers.authorization)
      : { ...proxied, groups: groupsOf(proxied) };
  }

  allows(caller: Caller, wanted: Wanted): Promise<boolean> {
    return this.#delegated.allows(caller, wanted);
  }
}

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/** An API server that asks for itself names no group: whoever a proxy names it knows, unless it says otherwise. */
function groupsOf({ groups }: Caller): readonly string[] {
  return [AUTHENTICATED, UNAUTHENTICATED].some((it) => groups.includes(it)) ? groups : [...groups, AUTHENTICATED];
}

/** A list in JSON of a header's names, in lower case as they come; other names stay as they are. */
function names(text: string | undefined, usual?: string): string[] {
  const list: unknown = text === undefined || text === '' ? [] : JSON.parse(text);
  const all = Array.isArray(list) ? list.map(String) : [];
  if (usual === undefined) return all;
  return (all.length > 0 ? all : [usual]).map((it) => it.toLowerCase());
}
