import { isApiError, type KubeObject } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { ApiClient } from '../api-client.js';
import { type Resource, resources } from '../resource.js';
import type { TokenSource } from './credentials.js';

interface TokenRequest extends KubeObject {
  readonly spec: { readonly expirationSeconds: number };
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

const TOKEN_REQUESTS = { ...resources.serviceAccounts, kind: 'TokenRequest' } as unknown as Resource<TokenRequest>;
const LIFE_SECONDS = 3_600;
/** A token is renewed when this share of its life is over. */
const RENEW_SHARE = 0.8;
/** Between two requests while the old token is still good. */
const RETRY_MS = 10_000;

interface Known {
  readonly token: string;
  readonly renewAt: number;
  readonly until: number;
}

/** Tokens of a service account, which somebody with the right to it asks for, and makes if it is not there. */
export class ServiceAccountToken implements TokenSource {
  readonly #account: { readonly namespace: string; readonly name: string };
  readonly #client: ApiClient;
  readonly #clock: Clock;
  #known: Known | undefined;
  #asking: Promise<Known> | undefined;

  constructor(
    account: { readonly namespace: string; readonly name: string },
    dependencies: { client: ApiClient; clock: Clock },
  ) {
    this.#account = account;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
  }

  async token(): Promise<string> {
    const known = this.#known;
    const now = this.#clock.monotonic();
    if (known !== undefined && now < known.renewAt) return known.token;
    try {
      return (await this.#ask()).token;
    } catch (error) {
      if (known === undefined || now >= known.until) throw error;
      this.#known = { ...known, renewAt: now + RETRY_MS };
      return known.token;
    }
  }

  async refused(): Promise<boolean> {
    this.#known = undefined;
    await this.token();
    return true;
  }

  #ask(): Promise<Known> {
    this.#asking ??= this.#request().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #request(): Promise<Known> {
    const asked = this.#clock.monotonic();
    const { status } = await this.#issue().catch(async (error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
      await this.#client.create(resources.serviceAccounts, { metadata: this.#account }).catch((refusal: unknown) => {
        if (!isApiError(refusal, 'AlreadyExists')) throw refusal;
      });
      return await this.#issue();
    });
    const { token, expirationTimestamp } = status ?? {};
    if (!token) throw new Error(`the API server issued no token for the service account ${this.#account.name}`);
    const life = Math.max(0, Date.parse(expirationTimestamp ?? '') - this.#clock.now()) || LIFE_SECONDS * 1000;
    this.#known = { token, renewAt: asked + life * RENEW_SHARE, until: asked + life };
    return this.#known;
  }

  #issue(): Promise<TokenRequest> {
    const request = { metadata: this.#account, spec: { expirationSeconds: LIFE_SECONDS } };
    return this.#client.create(TOKEN_REQUESTS, request, { subresource: 'token' });
  }
}
