import { apiErrors, encodeJson } from '@keelson/api';
import type { Random } from '@keelson/service';
import type { Authorizer } from '../../auth/authorizer.js';
import { withAnswers } from '../matching/conditions.js';
import { rightsOf } from '../matching/rights.js';
import type { Form, Subject } from '../matching/subject.js';
import type { HookClient } from './client.js';
import type { Hook } from './hook.js';
import { denial, REVIEW, reviewRequest, reviewVersion, type Verdict, verdictIn } from './review.js';

const TIMEOUT_SECONDS = 10;
/** Upstream passes no warning on that has one. */
const CONTROLS = /\p{Cc}/u;

/** A webhook could not be asked, or did not answer as it must: what its failure policy is about. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';

  constructor(hook: string, reason: string, options?: ErrorOptions) {
    super(`failed calling webhook ${JSON.stringify(hook)}: ${reason}`, options);
  }
}

/** Asks webhooks about writes. */
export class HookCaller {
  readonly #deps: {
    readonly client: Pick<HookClient, 'ask'>;
    readonly authorizer: Authorizer;
    readonly random: Pick<Random, 'uuid'>;
  };

  constructor(dependencies: {
    client: Pick<HookClient, 'ask'>;
    authorizer: Authorizer;
    random: Pick<Random, 'uuid'>;
  }) {
    this.#deps = dependencies;
  }

  /** Whether a webhook's own conditions hold. Throws 403 where that cannot be known and counts. */
  async isWanted({ conditions }: Hook, subject: Subject, form: Form): Promise<boolean> {
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

  /** What a webhook says. Rejects with CallFailed, or with what is answered whatever its failure policy is. */
  async call(hook: Hook, subject: Subject, form: Form, mutates: boolean): Promise<Verdict> {
    const { name, webhook } = hook;
    const { context, dryRun } = subject.asked;
    if (dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
      throw apiErrors.badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
    const version = reviewVersion(hook);
    if (version === undefined) {
      const why = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)';
      throw new CallFailed(name, `could not create admission objects: ${why}`);
    }
    const uid = this.#deps.random.uuid();
    const request = { uid, ...reviewRequest(subject, form) };
    const review = { kind: REVIEW, apiVersion: `admission.k8s.io/${version}`, request };
    const seconds = webhook.timeoutSeconds ?? TIMEOUT_SECONDS;
    let answer: Record<string, unknown>;
    try {
      answer = await this.#deps.client.ask(webhook.clientConfig ?? {}, review, seconds, context.signal);
    } catch (cause) {
      throw new CallFailed(name, `failed to call webhook: ${(cause as Error).message}`, { cause });
    }
    let verdict: Verdict;
    try {
      verdict = verdictIn(answer, version, uid, mutates);
    } catch (cause) {
      throw new CallFailed(name, `received invalid webhook response: ${(cause as Error).message}`, { cause });
    }
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) context.annotate?.(`${name}/${key}`, value);
    for (const text of verdict.warnings) if (text !== '' && !CONTROLS.test(text)) context.warn(text);
    if (!verdict.allowed) throw denial(name, verdict.status);
    return verdict;
  }
}
