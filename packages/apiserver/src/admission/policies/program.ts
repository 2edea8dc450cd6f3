import type { AuditAnnotation, ValidatingAdmissionPolicySpec, Validation } from '@keelson/api';
import {
  AdmissionEnvironment,
  type Authorize,
  type Bindings,
  type CompiledExpression,
  type Evaluation,
  POLICY_BUDGET,
  RETURNS,
  toJson,
} from '@keelson/cel';
import { bindingsOf, type ConditionSubject, Conditions, OUT_OF_BUDGET } from '../matching/conditions.js';

const MESSAGE_BYTES_MAX = 5 * 1024;

/** One thing that a write is denied for. */
export interface Denial {
  /** Of the validation. */
  readonly index: number;
  readonly message: string;
  /** Absent where an expression failed. */
  readonly reason?: string | undefined;
}

/** What a policy says of a write. */
export interface Outcome {
  readonly denials: readonly Denial[];
  readonly annotations: readonly { readonly key: string; readonly value: string }[];
  /** Annotations that could not be made: these deny whatever a binding's actions are. */
  readonly failures: readonly string[];
}

const NOTHING: Outcome = { denials: [], annotations: [], failures: [] };

/** The expressions of a policy, compiled. */
export class PolicyProgram {
  readonly #conditions: Conditions | undefined;
  readonly #full: AdmissionEnvironment;
  readonly #messages: AdmissionEnvironment;
  readonly #isComposed: boolean;
  readonly #ignoresFailures: boolean;
  readonly #validations: readonly {
    own: Validation;
    rule: CompiledExpression;
    message: CompiledExpression | undefined;
  }[];
  readonly #annotations: readonly { own: AuditAnnotation; value: CompiledExpression }[];

  constructor(spec: ValidatingAdmissionPolicySpec) {
    const {
      failurePolicy,
      matchConditions = [],
      paramKind,
      variables = [],
      validations = [],
      auditAnnotations = [],
    } = spec;
    const params = paramKind !== undefined;
    this.#ignoresFailures = failurePolicy === 'Ignore';
    this.#isComposed = variables.length > 0;
    this.#full = new AdmissionEnvironment({ params, authorizer: true });
    this.#messages = new AdmissionEnvironment({ params, authorizer: false });
    if (matchConditions.length > 0) this.#conditions = new Conditions(matchConditions, failurePolicy, params);
    for (const { name = '', expression = '' } of variables) {
      this.#full.addVariable(name, expression);
      this.#messages.addVariable(name, expression);
    }
    this.#validations = validations.map((own) => {
      const { expression = '', messageExpression } = own;
      const message = messageExpression
        ? this.#messages.compile(messageExpression, RETURNS.message, this.#isComposed)
        : undefined;
      return { own, rule: this.#full.compile(expression, RETURNS.condition, this.#isComposed), message };
    });
    this.#annotations = auditAnnotations.map((own) => {
      const value = this.#full.compile(own.valueExpression ?? '', RETURNS.auditAnnotation, this.#isComposed);
      return { own, value };
    });
  }

  evaluate(subject: ConditionSubject, authorize: Authorize): Outcome {
    const held = this.#conditions?.hold(subject, authorize) ?? true;
    if (held === false) return NOTHING;
    if (held !== true)
      return this.#ignoresFailures ? NOTHING : { ...NOTHING, denials: [{ index: 0, message: held.error }] };
    let budget = POLICY_BUDGET;
    const spend = (cost: number) => {
      budget -= cost;
    };
    const run = (compiled: CompiledExpression, bindings: Bindings, expression: string): Value | { error: string } => {
      if (!('program' in compiled)) return { error: `compilation error: ${compiled.problem}` };
      const evaluation = compiled.program.evaluate(bindings);
      spend(evaluation.cost);
      if (budget < 0) return { error: OUT_OF_BUDGET };
      return 'error' in evaluation
        ? { error: `expression '${expression}' resulted in error: ${evaluation.error}` }
        : evaluation;
    };
    const bindings = this.#composed(this.#full, bindingsOf(subject, authorize), spend);
    const forMessages = this.#composed(this.#messages, bindingsOf(subject, undefined), spend);
    const denials = this.#validations.flatMap(({ own, rule, message }, index): Denial[] => {
      const result = run(rule, bindings, own.expression ?? '');
      if ('error' in result) return this.#ignoresFailures ? [] : [{ index, message: result.error }];
      if (toJson(result.value) === true) return [];
      const told = message && run(message, forMessages, own.messageExpression ?? '');
      return [{ index, reason: own.reason ?? 'Invalid', message: messageOf(own, told) }];
    });
    const annotations: { key: string; value: string }[] = [];
    const failures: string[] = [];
    for (const { own, value } of this.#annotations) {
      const result = run(value, bindings, own.valueExpression ?? '');
      if ('error' in result) {
        if (!this.#ignoresFailures) failures.push(result.error);
        continue;
      }
      const text = toJson(result.value);
      if (typeof text === 'string' && text.trim() !== '') annotations.push({ key: own.key ?? '', value: text.trim() });
    }
    return { denials, annotations, failures };
  }

  #composed(environment: AdmissionEnvironment, bindings: Bindings, spend: (cost: number) => void): Bindings {
    return this.#isComposed ? environment.withVariables(bindings, spend) : bindings;
  }
}

type Value = Extract<Evaluation, { value: unknown }>;

function messageOf({ message = '', expression = '' }: Validation, told: Value | { error: string } | undefined): string {
  const text = told !== undefined && 'value' in told ? String(toJson(told.value)).trim() : '';
  const isTold = text !== '' && Buffer.byteLength(text) <= MESSAGE_BYTES_MAX && !text.includes('\n');
  return isTold ? text : message.trim() || `failed expression: ${expression.trim()}`;
}
