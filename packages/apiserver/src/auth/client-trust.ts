import {
  ClientCertificates,
  type Clock,
  type Logger,
  type RequestHeaderOptions,
  RequestHeaders,
} from '@keelson/service';
import { type AnonymousAccess, Authenticator } from './authenticator.js';
import type { Tokens } from './tokens/token-authenticator.js';

/** Who vouches for callers. */
export interface ClientTrust {
  /** PEM certificates of whoever signs clients' certificates. */
  readonly clientCa: Buffer;
  /** Absent: there are no front proxies. */
  readonly requestHeader: RequestHeaderOptions | undefined;
}

export function authenticatorOf(
  { clientCa, requestHeader }: ClientTrust,
  dependencies: { clock: Clock; logger: Logger; tokens: Tokens; anonymous: () => AnonymousAccess },
): Authenticator {
  const { clock, ...rest } = dependencies;
  const proxies = requestHeader && new RequestHeaders(requestHeader, { clock });
  return new Authenticator({ clients: new ClientCertificates(clientCa, { clock }), proxies, ...rest });
}

/** All authorities whose certificates clients are asked for. */
export function authoritiesOf({ clientCa, requestHeader }: ClientTrust): Buffer {
  return Buffer.concat([clientCa, Buffer.from('\n'), requestHeader?.ca ?? Buffer.alloc(0)]);
}

/** The same in the form in which other API servers of the cluster read it, so that they trust whom this one trusts. */
export function publishedTrust({ clientCa, requestHeader }: ClientTrust): Record<string, string> {
  const json = (names: readonly string[]) => JSON.stringify(names);
  return {
    'client-ca-file': clientCa.toString(),
    ...(requestHeader && {
      'requestheader-allowed-names': json(requestHeader.allowedNames),
      'requestheader-client-ca-file': requestHeader.ca.toString(),
      'requestheader-extra-headers-prefix': json(requestHeader.extraPrefixes.map(canonical)),
      'requestheader-group-headers': json(requestHeader.groupHeaders.map(canonical)),
      'requestheader-uid-headers': json(requestHeader.uidHeaders.map(canonical)),
      'requestheader-username-headers': json(requestHeader.usernameHeaders.map(canonical)),
    }),
  };
}

/** `x-remote-user` as `X-Remote-User`. */
function canonical(header: string): string {
  return header.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
