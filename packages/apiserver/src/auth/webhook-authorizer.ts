import type { Clock, Logger } from '@keelson/service';
import type { JsonEndpoint } from '../webhooks/json-endpoint.js';
import {
  type AuthorizationAttributes,
  type Authorizer,
  type Decision,
  NO_OPINION,
  type Waiting,
} from './authorizer.js';
import { digest } from './digest.js';
import type { MatchConditions } from './match-conditions.js';
import { ResultCache } from './result-cache.js';
import { nonResourceReview, resourceReview } from './subject-access.js';

export interface WebhookAuthorizerOptions {
  /** In logs. */
  readonly name: string;
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** What is said when there is no answer. */
  readonly failurePolicy: 'NoOpinion' | 'Deny';
  /** About what it is asked; absent: everything. */
  readonly matches?: MatchConditions | undefined;
  /** Of authorization.k8s.io. */
  readonly version: 'v1' | 'v1beta1';
  readonly cachedMax?: number;
}

interface Review {
  readonly status?: {
    readonly allowed?: boolean;
    readonly denied?: boolean;
    readonly reason?: string;
    readonly evaluationError?: string;
  };
}

/** Questions of more characters are not remembered: whoever asks chooses how long they are. */
const CACHED_CHARACTERS_MAX = 10_000;

/** Asks another process what a user may do, with a SubjectAccessReview. */
export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookAuthorizerOptions;
  readonly #deps: { readonly endpoint: Pick<JsonEndpoint, 'ask'>; readonly clock: Clock; readonly logger: Logger };
  readonly #known: ResultCache<Decision>;

  constructor(
    options: WebhookAuthorizerOptions,
    dependencies: { endpoint: Pick<JsonEndpoint, 'ask'>; clock: Clock; logger: Logger },
  ) {
    this.#options = options;
    this.#deps = dependencies;
    this.#known = new ResultCache({ max: options.cachedMax ?? 8192 }, dependencies);
  }

  async authorize(attributes: AuthorizationAttributes, waiting?: Waiting): Promise<Decision> {
    const spec = specOf(attributes);
    const isMatch = this.#options.matches?.(spec) ?? true;
    if (isMatch instanceof Error) return this.#failed(isMatch);
    if (!isMatch) return NO_OPINION;
    const text = JSON.stringify(spec);
    const key = text.length > CACHED_CHARACTERS_MAX ? undefined : digest(text);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    try {
      const decision = await this.#ask(spec, waiting?.signal);
      const { authorizedTtlMs, unauthorizedTtlMs } = this.#options;
      if (key !== undefined) this.#known.set(key, decision, decision.allowed ? authorizedTtlMs : unauthorizedTtlMs);
      return decision;
    } catch (error) {
      return this.#failed(error as Error);
    }
  }

  #failed(error: Error): Decision {
    const { name, failurePolicy } = this.#options;
    this.#deps.logger.warn({ err: error, authorizer: name, failurePolicy }, 'authorization webhook failed');
    const evaluationError = error.message;
    return failurePolicy === 'Deny'
      ? { allowed: false, denied: true, reason: '', evaluationError }
      : { ...NO_OPINION, evaluationError };
  }

  async #ask(spec: object, signal: AbortSignal | undefined): Promise<Decision> {
    const apiVersion = `authorization.k8s.io/${this.#options.version}`;
    const question = { kind: 'SubjectAccessReview', apiVersion, metadata: {}, spec, status: { allowed: false } };
    const { status: code, body } = await this.#deps.endpoint.ask(question, signal);
    if (code < 200 || code > 299) throw new Error(`the authorization webhook answered with ${code}`);
    const { allowed = false, denied = false, reason = '', evaluationError } = (body as Review).status ?? {};
    if (allowed && denied) throw new Error('webhook subject access review returned both allow and deny response');
    return {
      allowed,
      ...(denied ? { denied } : {}),
      reason,
      ...(evaluationError ? { evaluationError } : {}),
    };
  }
}

function specOf(attributes: AuthorizationAttributes): object {
  const { user } = attributes;
  const what = attributes.nonResourcePath === undefined ? resourceReview(attributes) : nonResourceReview(attributes);
  return {
    ...what,
    user: user.user,
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(user.extra ? { extra: user.extra } : {}),
    ...(user.uid ? { uid: user.uid } : {}),
  };
}
