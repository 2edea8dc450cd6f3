import type { Clock } from '@keelson/service';
import type { JsonEndpoint } from '../../webhooks/json-endpoint.js';
import { digest } from '../digest.js';
import { ResultCache } from '../result-cache.js';
import type { TokenAnswer, TokenAuthenticator } from './token-authenticator.js';

export interface WebhookTokensOptions {
  /** Of authentication.k8s.io. */
  readonly version: 'v1' | 'v1beta1';
  readonly cacheTtlMs: number;
  readonly cachedMax?: number;
}

interface Review {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, string[]>>;
    };
    readonly audiences?: readonly string[];
    readonly error?: string;
  };
}

/** Asks another process whose a token is, with a TokenReview. */
export class WebhookTokens implements TokenAuthenticator {
  readonly #options: WebhookTokensOptions;
  readonly #endpoint: Pick<JsonEndpoint, 'ask'>;
  readonly #known: ResultCache<{ readonly answer: TokenAnswer | undefined }>;

  constructor(
    options: WebhookTokensOptions,
    dependencies: { endpoint: Pick<JsonEndpoint, 'ask'>; clock: Pick<Clock, 'monotonic'> },
  ) {
    this.#options = options;
    this.#endpoint = dependencies.endpoint;
    this.#known = new ResultCache({ max: options.cachedMax ?? 4096 }, dependencies);
  }

  async authenticate(
    token: string,
    audiences: readonly string[],
    signal?: AbortSignal,
  ): Promise<TokenAnswer | undefined> {
    const key = digest(token, ...audiences);
    const known = this.#known.get(key);
    if (known !== undefined) return known.answer;
    const answer = await this.#ask(token, audiences, signal);
    this.#known.set(key, { answer }, this.#options.cacheTtlMs);
    return answer;
  }

  async #ask(
    token: string,
    audiences: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<TokenAnswer | undefined> {
    const apiVersion = `authentication.k8s.io/${this.#options.version}`;
    const question = {
      kind: 'TokenReview',
      apiVersion,
      metadata: {},
      spec: { token, audiences },
      status: { user: {} },
    };
    const { status: code, body } = await this.#endpoint.ask(question, signal);
    if (code < 200 || code > 299) throw new Error(`the token webhook answered with ${code}`);
    const { status = {} } = body as Review;
    if (status.error) throw new Error(status.error);
    if (status.authenticated !== true) return undefined;
    const { username = '', uid, groups = [], extra } = status.user ?? {};
    const user = { user: username, groups: [...groups], ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
    // A webhook that knows of no audiences answers for the API alone.
    if (status.audiences === undefined) return { user };
    const shared = audiences.filter((it) => status.audiences?.includes(it));
    return { user, audiences: shared };
  }
}
