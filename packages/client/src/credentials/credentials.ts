import type { ClientCertificate } from '../http/client-certificate.js';

/** What a client shows of itself. It may become another in time: each request asks for it. */
export interface Credentials {
  /** Shown on connections. */
  certificate(): Promise<ClientCertificate | undefined>;
  /** Shown with requests. */
  headers(): Promise<Readonly<Record<string, string | string[]>>>;
  /** The server answered 401. Resolves to whether there are others now than were shown. */
  refused(): Promise<boolean>;
}

export function staticCredentials(
  given: { readonly certificate?: ClientCertificate | undefined; readonly token?: string | undefined } = {},
): Credentials {
  const headers = given.token === undefined ? {} : { authorization: `Bearer ${given.token}` };
  return { certificate: async () => given.certificate, headers: async () => headers, refused: async () => false };
}

/** A token that is renewed in time. */
export interface TokenSource {
  token(): Promise<string>;
  /** The token was not accepted. Resolves to whether there is another now. */
  refused(): Promise<boolean>;
}

export function tokenCredentials(source: TokenSource): Credentials {
  return {
    certificate: async () => undefined,
    headers: async () => ({ authorization: `Bearer ${await source.token()}` }),
    refused: () => source.refused(),
  };
}
