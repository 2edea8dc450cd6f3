import type { Clock, Random } from '@keelson/service';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { JsonEndpoint } from '../../webhooks/json-endpoint.js';

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** Where the issuer describes itself, if not at its own address. */
  readonly discoveryUrl?: string | undefined;
  readonly ca?: Buffer | undefined;
  readonly timeoutMs?: number;
  /** An unknown key is looked for no more often than that. */
  readonly pauseMs?: number;
}

/** The keys with which an issuer signs. Fetched when first needed, and again for a key that is not among them. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  readonly #deps: { readonly clock: Clock; readonly random: Random };
  #keys: JWTVerifyGetKey | undefined;
  #fetching: Promise<JWTVerifyGetKey> | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;

  constructor(options: IssuerKeysOptions, dependencies: { clock: Clock; random: Random }) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** As jose asks for a key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = this.#keys ?? (await this.#fetch());
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayFetch()) throw error;
      return (await this.#fetch())(header, token);
    }
  };

  #mayFetch(): boolean {
    return this.#deps.clock.monotonic() - this.#fetchedAt >= (this.#options.pauseMs ?? 10_000);
  }

  #fetch(): Promise<JWTVerifyGetKey> {
    if (this.#fetching === undefined && !this.#mayFetch()) throw new Error('oidc: authenticator not initialized');
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchOnce(): Promise<JWTVerifyGetKey> {
    this.#fetchedAt = this.#deps.clock.monotonic();
    const { issuer, discoveryUrl } = this.#options;
    const url = discoveryUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { issuer: named, jwks_uri: jwksUri } = (await this.#get(url)) as { issuer?: unknown; jwks_uri?: unknown };
    if (named !== issuer)
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(named)}`,
      );
    if (typeof jwksUri !== 'string' || !jwksUri.startsWith('https://'))
      throw new Error(`oidc: ${url} names no jwks_uri that begins with https://`);
    this.#keys = createLocalJWKSet((await this.#get(jwksUri)) as JSONWebKeySet);
    return this.#keys;
  }

  async #get(url: string): Promise<unknown> {
    const { ca, timeoutMs = 30_000 } = this.#options;
    const endpoint = new JsonEndpoint({ url, tls: ca === undefined ? {} : { ca }, timeoutMs }, this.#deps);
    try {
      const { status, body } = await endpoint.ask();
      if (status !== 200) throw new Error(`oidc: ${url} answered with ${status}`);
      return body;
    } finally {
      endpoint.close();
    }
  }
}
