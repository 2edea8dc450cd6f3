import type { MatchCondition } from '@keelson/api';
import {
  AdmissionEnvironment,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  type Authorize,
  authorizerValue,
  fromJson,
  MATCH_CONDITIONS_BUDGET,
  type Program,
  RETURNS,
  resourceCheckValue,
  toJson,
  type Value,
} from '@keelson/cel';

/** Answers what a condition asks about rights. */
export type AskRights = (question: AuthorizationQuestion) => AuthorizationAnswer | Promise<AuthorizationAnswer>;

export const OUT_OF_BUDGET =
  'validation failed due to running out of cost budget, no further validation rules will be run';

/** What conditions look at. */
export interface ConditionSubject {
  readonly request: object;
  readonly object: unknown;
  readonly oldObject: unknown;
  readonly params?: unknown;
  readonly namespaceObject?: unknown;
  readonly resource: Partial<AuthorizationQuestion>;
}

/** Questions that one evaluation may have to wait for. */
const WAITS_MAX = 64;

/** Expressions do not wait: what an answer is not there for yet is asked, and all is looked at again. */
export async function withAnswers<T>(ask: AskRights, evaluate: (authorize: Authorize) => T): Promise<T> {
  const answers = new Map<string, AuthorizationAnswer>();
  for (let wait = 0; ; wait++) {
    const open = new Map<string, AuthorizationQuestion>();
    const result = evaluate((question) => {
      const key = JSON.stringify(question);
      const known = answers.get(key);
      if (known === undefined) open.set(key, question);
      return known ?? { allowed: false };
    });
    if (open.size === 0 || wait >= WAITS_MAX) return result;
    for (const [key, question] of open) answers.set(key, await ask(question));
  }
}

/** What expressions about a write see. */
export function bindingsOf(subject: ConditionSubject, authorize: Authorize | undefined): Map<string, Value> {
  const { request, object, oldObject, params, namespaceObject, resource } = subject;
  return new Map<string, Value>([
    ['request', fromJson(request)],
    ['object', fromJson(object ?? null)],
    ['oldObject', fromJson(oldObject ?? null)],
    ['params', fromJson(params ?? null)],
    ['namespaceObject', fromJson(namespaceObject ?? null)],
    ...(authorize === undefined
      ? []
      : ([
          ['authorizer', authorizerValue(authorize)],
          ['authorizer.requestResource', resourceCheckValue(authorize, resource)],
        ] as const)),
  ]);
}

/** Expressions that must all hold for a webhook to be called. */
export class Conditions {
  readonly #compiled: readonly { expression: string; program: Program | undefined; problem: string }[];
  readonly #ignoresFailures: boolean;

  constructor(conditions: readonly MatchCondition[], failurePolicy: string | undefined, params = false) {
    const environment = new AdmissionEnvironment({ params, authorizer: true });
    this.#ignoresFailures = failurePolicy === 'Ignore';
    this.#compiled = conditions.map(({ expression = '' }) => {
      const compiled = environment.compile(expression, RETURNS.condition, false);
      return 'program' in compiled
        ? { expression, program: compiled.program, problem: '' }
        : { expression, program: undefined, problem: compiled.problem };
    });
  }

  /** Whether they hold; a text says why that cannot be known, and failures count. */
  hold(subject: ConditionSubject, authorize: Authorize): boolean | { readonly error: string } {
    const bindings = bindingsOf(subject, authorize);
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
        errors.push(OUT_OF_BUDGET);
        break;
      }
      if ('error' in evaluation) errors.push(`expression '${expression}' resulted in error: ${evaluation.error}`);
      else if (toJson(evaluation.value) !== true) return false;
    }
    if (errors.length === 0) return true;
    // Where failures are let pass, so is who asks.
    return this.#ignoresFailures ? false : { error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` };
  }
}
