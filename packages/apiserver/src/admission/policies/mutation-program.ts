import type { MutatingAdmissionPolicySpec, Mutation } from '@keelson/api';
import {
  AdmissionEnvironment,
  type Authorize,
  type CompiledExpression,
  constructedJson,
  misnamed,
  POLICY_BUDGET,
  RETURNS,
} from '@keelson/cel';
import { bindingsOf, type ConditionSubject, Conditions, OUT_OF_BUDGET } from '../matching/conditions.js';

/** What a mutation comes to: an object to merge, or operations of a JSON patch. */
export type Change = { readonly merge: object } | { readonly operations: readonly unknown[] };

/** The expressions of a policy that changes writes, compiled. */
export class MutationProgram {
  readonly isReinvocable: boolean;
  readonly #conditions: Conditions | undefined;
  readonly #environment: AdmissionEnvironment;
  readonly #isComposed: boolean;
  readonly #mutations: readonly { expression: string; merges: boolean; compiled: CompiledExpression }[];

  constructor(spec: MutatingAdmissionPolicySpec) {
    const { failurePolicy, matchConditions = [], mutations = [], paramKind, reinvocationPolicy, variables = [] } = spec;
    const params = paramKind !== undefined;
    this.isReinvocable = reinvocationPolicy === 'IfNeeded';
    this.#isComposed = variables.length > 0;
    this.#environment = new AdmissionEnvironment({ params, authorizer: true, patchTypes: true });
    if (matchConditions.length > 0) this.#conditions = new Conditions(matchConditions, failurePolicy, params);
    for (const { name = '', expression = '' } of variables) this.#environment.addVariable(name, expression);
    this.#mutations = mutations.map((it) => this.#compile(it));
  }

  get length(): number {
    return this.#mutations.length;
  }

  isWanted(subject: ConditionSubject, authorize: Authorize): boolean | { readonly error: string } {
    return this.#conditions?.hold(subject, authorize) ?? true;
  }

  /** What one of the mutations makes of a write. Throws in upstream's words where that is nothing. */
  change(index: number, subject: ConditionSubject, authorize: Authorize): Change {
    const { compiled, expression, merges } = this.#mutations[index]!;
    if ('problem' in compiled) throw new Error(`compilation error: ${compiled.problem}`);
    let left = POLICY_BUDGET;
    const plain = bindingsOf(subject, authorize);
    const spend = (cost: number) => {
      left -= cost;
    };
    const bindings = this.#isComposed ? this.#environment.withVariables(plain, spend) : plain;
    const evaluation = compiled.program.evaluate(bindings);
    spend(evaluation.cost);
    if (left < 0) throw new Error(OUT_OF_BUDGET);
    if ('error' in evaluation) throw new Error(`expression '${expression}' resulted in error: ${evaluation.error}`);
    const { value } = evaluation;
    if (merges) {
      const problems = misnamed(value);
      if (problems.length > 0) throw new Error(`type mismatch: ${problems.join('\n')}`);
      return { merge: constructedJson(value) as object };
    }
    return { operations: (constructedJson(value) as unknown[]).map(checked) };
  }

  #compile({ patchType, applyConfiguration, jsonPatch }: Mutation) {
    const merges = patchType === 'ApplyConfiguration';
    const expression = (merges ? applyConfiguration?.expression : jsonPatch?.expression) ?? '';
    const returns = merges ? RETURNS.applyConfiguration : RETURNS.jsonPatch;
    return { expression, merges, compiled: this.#environment.compile(expression, returns, this.#isComposed) };
  }
}

function checked(operation: unknown): unknown {
  if (typeof operation === 'object' && operation !== null) return operation;
  throw new Error('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
}
