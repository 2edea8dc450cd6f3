import type { MatchCondition } from '@keelson/api';
import {
  AdmissionEnvironment,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  authorizerValue,
  fromJson,
  MATCH_CONDITIONS_BUDGET,
  type Program,
  RETURNS,
  resourceCheckValue,
  toJson,
} from '@keelson/cel';

/** Answers what a condition asks about rights. */
export type AskRights = (question: AuthorizationQuestion) => AuthorizationAnswer | Promise<AuthorizationAnswer>;

/** What conditions look at. */
export interface ConditionSubject {
  readonly request: object;
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly resource: Partial<AuthorizationQuestion>;
}

/** Questions that one evaluation may have to wait for. */
const WAITS_MAX = 64;
const environment = new AdmissionEnvironment({ params: false, authorizer: true });

/** Expressions that must all hold for a webhook to be called. */
export class HookConditions {
  readonly #compiled: readonly { expression: string; program: Program | undefined; problem: string }[];
  readonly #ignoresFailures: boolean;

  constructor(conditions: readonly MatchCondition[], failurePolicy: string | undefined) {
    this.#ignoresFailures = failurePolicy === 'Ignore';
    this.#compiled = conditions.map(({ expression = '' }) => {
      const compiled = environment.compile(expression, RETURNS.condition, false);
      return 'program' in compiled
        ? { expression, program: compiled.program, problem: '' }
        : { expression, program: undefined, problem: compiled.problem };
    });
  }

  /** Whether they hold; a text says why that cannot be known, and the webhook's failures count. */
  async hold(subject: ConditionSubject, ask: AskRights): Promise<boolean | { readonly error: string }> {
    const answers = new Map<string, AuthorizationAnswer>();
    // Expressions do not wait: what an answer is not there for yet is asked, and all is looked at again.
    for (let wait = 0; ; wait++) {
      const open = new Map<string, AuthorizationQuestion>();
      const result = this.#evaluate(subject, (question) => {
        const key = JSON.stringify(question);
        const known = answers.get(key);
        if (known !== undefined) return known;
        const answer = ask(question);
        if (!(answer instanceof Promise)) return answer;
        answer.catch(() => {});
        open.set(key, question);
        return { allowed: false };
      });
      if (open.size === 0 || wait >= WAITS_MAX) return result;
      for (const [key, question] of open) answers.set(key, await ask(question));
    }
  }

  #evaluate(
    { request, object, oldObject, resource }: ConditionSubject,
    authorize: (question: AuthorizationQuestion) => AuthorizationAnswer,
  ): boolean | { readonly error: string } {
    const bindings = new Map([
      ['request', fromJson(request)],
      ['object', fromJson(object ?? null)],
      ['oldObject', fromJson(oldObject ?? null)],
      ['authorizer', authorizerValue(authorize)],
      ['authorizer.requestResource', resourceCheckValue(authorize, resource)],
    ]);
    const errors: string[] = [];
    let budget = MATCH_CONDITIONS_BUDGET;
    for (const { expression, program, problem } of this.#compiled) {
      if (program === undefined) {
        errors.push(problem);
        continue;
      }
      const evaluation = program.evaluate(bindings);
      budget -= evaluation.cost;
      if (budget < 0) {
        errors.push('validation failed due to running out of cost budget, no further validation rules will be run');
        break;
      }
      if ('error' in evaluation) errors.push(`expression '${expression}' resulted in error: ${evaluation.error}`);
      else if (toJson(evaluation.value) !== true) return false;
    }
    if (errors.length === 0) return true;
    // Where failures are let pass, so is the webhook.
    return this.#ignoresFailures ? false : { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` };
  }
}
