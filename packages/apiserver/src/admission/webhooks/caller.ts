import { type ApiError, apiErrors, encodeJson } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import type { Authorizer } from '../../auth/authorizer.js';
import { withAnswers } from '../matching/conditions.js';
import { rightsOf } from '../matching/rights.js';
import type { Form, Subject } from '../matching/subject.js';
import { type HookClient, HookStatusError } from './client.js';
import type { CredentialsFor } from './credentials.js';
import type { Hook } from './hook.js';
import type { HookMetrics, HookType } from './hook-metrics.js';
import { denial, REVIEW, reviewRequest, reviewVersion, type Verdict, verdictIn } from './review.js';

const TIMEOUT_SECONDS = 10;
/** Upstream passes no warning on that has one. */
const CONTROLS = /\p{Cc}/u;

/** A webhook could not be asked, or did not answer as it must: what its failure policy is about. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  /** In HTTP's terms. */
  readonly code: number;

  constructor(hook: string, reason: string, { code = UNAVAILABLE, ...options }: ErrorOptions & { code?: number } = {}) {
    super(`failed calling webhook ${JSON.stringify(hook)}: ${reason}`, options);
    this.code = code;
  }
}

/** A webhook refused. */
class Denied extends Error {
  readonly code: number;

  constructor(refusal: ApiError) {
    super(refusal.message, { cause: refusal });
    this.code = refusal.code;
  }
}

const UNAVAILABLE = 503;
const BAD_REQUEST = 400;
/** Of codes there are no more than that. */
const CODE_MAX = 600;

export interface HookCallerDependencies {
  readonly client: Pick<HookClient, 'ask'>;
  readonly authorizer: Authorizer;
  readonly random: Pick<Random, 'uuid'>;
  readonly clock: Clock;
  /** What is shown to webhooks; absent: nothing. */
  readonly credentials?: CredentialsFor | undefined;
  readonly metrics?: HookMetrics | undefined;
}

/** Asks webhooks about writes. */
export class HookCaller {
  readonly #type: HookType;
  readonly #deps: HookCallerDependencies;

  constructor(type: HookType, dependencies: HookCallerDependencies) {
    this.#type = type;
    this.#deps = dependencies;
  }

  /** Whether a webhook's own conditions hold. Throws 403 where that cannot be known and counts. */
  async isWanted(hook: Hook, subject: Subject, form: Form): Promise<boolean> {
    const conditions = hook.conditions();
    if (conditions === undefined) return true;
    const { asked, subresource } = subject;
    const { kind, object } = asked;
    const request = JSON.parse(encodeJson(reviewRequest(subject, form))) as Record<string, unknown>;
    const { object: next, oldObject, ...rest } = request;
    const resource = {
      ...{ group: kind.group, resource: kind.plural, subresource },
      ...{ namespace: asked.namespace, name: object.metadata.name ?? '' },
    };
    const shown = { request: rest, object: next, oldObject, resource };
    const held = await withAnswers(rightsOf(this.#deps.authorizer, asked), (authorize) =>
      conditions.hold(shown, authorize),
    );
    if (typeof held === 'boolean') return held;
    throw apiErrors.forbidden(kind, object.metadata.name ?? '', held.error);
  }

  /**
   * What `ask` makes of a webhook, which is told of where it fails: undefined where it may, `ignored` being called; else
   * it rejects with what is answered.
   */
  async attempt<T>(hook: Hook, { asked }: Subject, ask: () => Promise<T>, ignored: () => void): Promise<T | undefined> {
    const { clock, metrics } = this.#deps;
    const { context, operation } = asked;
    const told = { name: hook.name, type: this.#type, operation };
    const startedAt = clock.monotonic();
    const over = (rejected: boolean, code: number) =>
      metrics?.asked(told, {
        rejected,
        code: Math.min(code, CODE_MAX),
        seconds: (clock.monotonic() - startedAt) / 1000,
      });
    try {
      const result = await ask();
      over(false, 200);
      return result;
    } catch (error) {
      if (!(error instanceof CallFailed)) {
        const isDenied = error instanceof Denied;
        const code = isDenied ? Math.min(error.code, CODE_MAX) : 0;
        metrics?.rejected(told, isDenied ? 'no_error' : 'apiserver_internal_error', code);
        over(true, code);
        throw isDenied ? error.cause : error;
      }
      context.logger.warn({ err: error, webhook: hook.name, configuration: hook.configuration }, 'webhook failed');
      over(!hook.ignoresFailures, error.code);
      // That a caller has left is no failure of the webhook.
      const counts = !context.signal.aborted;
      if (!hook.ignoresFailures) {
        if (counts) metrics?.rejected(told, 'calling_webhook_error', Math.min(error.code, CODE_MAX));
        throw apiErrors.internalError(error);
      }
      if (counts) metrics?.failedOpen(told);
      ignored();
      return undefined;
    }
  }

  /** What a webhook says, where it allows. Only within an attempt. */
  async call(hook: Hook, subject: Subject, form: Form): Promise<Verdict> {
    const { name, webhook } = hook;
    const { context, dryRun } = subject.asked;
    if (dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
      throw apiErrors.badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
    const version = reviewVersion(hook);
    if (version === undefined) {
      const why = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)';
      throw new CallFailed(name, `could not create admission objects: ${why}`, { code: BAD_REQUEST });
    }
    const uid = this.#deps.random.uuid();
    const request = { uid, ...reviewRequest(subject, form) };
    const review = { kind: REVIEW, apiVersion: `admission.k8s.io/${version}`, request };
    const seconds = webhook.timeoutSeconds ?? TIMEOUT_SECONDS;
    let answer: Record<string, unknown>;
    try {
      const { client, credentials } = this.#deps;
      answer = await client.ask(webhook.clientConfig ?? {}, review, seconds, context.signal, { credentials });
    } catch (cause) {
      const code = cause instanceof HookStatusError ? cause.status : UNAVAILABLE;
      throw new CallFailed(name, `failed to call webhook: ${(cause as Error).message}`, { cause, code });
    }
    let verdict: Verdict;
    try {
      verdict = verdictIn(answer, version, uid, this.#type === 'admit');
    } catch (cause) {
      throw new CallFailed(name, `received invalid webhook response: ${(cause as Error).message}`, { cause });
    }
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) context.annotate?.(`${name}/${key}`, value);
    for (const text of verdict.warnings) if (text !== '' && !CONTROLS.test(text)) context.warn(text);
    if (!verdict.allowed) throw new Denied(denial(name, verdict.status));
    return verdict;
  }
}
