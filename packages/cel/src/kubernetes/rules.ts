import type { CheckedExpression, Environment } from '../environment.js';
import type { Bindings } from '../eval/activation.js';
import type { Program } from '../program.js';
import { type Declaration, declarationProvider, declarationSizes, withNames } from '../types/declaration.js';
import { REQUEST_MAX, type Schema } from '../types/schema.js';
import { BOOL, optionalOf, STRING, type Type } from '../types/type.js';
import { fromSchema } from '../values/structural.js';
import { CelOptional, type Value } from '../values/value.js';
import { PER_CALL_LIMIT } from './environment.js';

/** A member of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly optionalOldSelf?: boolean;
}

/** What becomes of a rule when its definition is written. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Why there is no program; an empty rule has neither. */
  readonly error?: string;
  readonly program?: Program;
  readonly usesOldSelf: boolean;
  /** What one evaluation may cost, and how often there may be one if nothing around it is limited. */
  readonly maxCost: number;
  readonly maxCardinality: number;
  readonly messageError?: string;
  readonly messageProgram?: Program;
  readonly messageMaxCost: number;
}

/** A message that an expression makes is at most this long. */
const MESSAGE_MAX_BYTES = 5 * 1024;

/** Compiles the rules of one place in a schema; `typeName` names the object there in errors. */
export function compileRules(
  rules: readonly ValidationRule[],
  declaration: Declaration,
  base: Environment,
  typeName: string,
): CompiledRule[] {
  const named = withNames(declaration, typeName);
  const sizes = declarationSizes(named);
  const provider = declarationProvider(named);
  const self = { name: 'self', type: named.type };
  const environmentWith = (oldSelf: Type) => base.extend([self, { name: 'oldSelf', type: oldSelf }], provider);
  const environment = environmentWith(named.type);
  const optionalEnvironment = environmentWith(optionalOf(named.type));
  const maxCardinality = Math.floor(REQUEST_MAX / (declaration.minSize + 1));
  return rules.map((rule) => {
    const nothing = { rule, usesOldSelf: false, maxCost: 0, maxCardinality: 0, messageMaxCost: 0 };
    if (rule.rule.trim() === '') return nothing;
    const own = rule.optionalOldSelf ? optionalEnvironment : environment;
    const compiled = compile(own, rule.rule, BOOL, RULE_WORDS);
    if ('error' in compiled)
      return { ...nothing, usesOldSelf: compiled.checked?.mentions('oldSelf') ?? false, error: compiled.error };
    const result = {
      rule,
      usesOldSelf: compiled.checked.mentions('oldSelf'),
      program: compiled.program,
      maxCost: own.estimateCost(compiled.checked, sizes).max,
      maxCardinality,
    };
    if (!rule.messageExpression) return { ...result, messageMaxCost: 0 };
    const message = compile(own, rule.messageExpression, STRING, MESSAGE_WORDS);
    if ('error' in message) return { ...result, messageError: message.error, messageMaxCost: 0 };
    const messageMaxCost = own.estimateCost(message.checked, sizes).max;
    return { ...result, messageProgram: message.program, messageMaxCost };
  });
}

interface Words {
  readonly compilation: string;
  readonly type: string;
  readonly instantiation: string;
}

const RULE_WORDS: Words = {
  compilation: 'compilation failed: ',
  type: 'cel expression must evaluate to a bool',
  instantiation: 'program instantiation failed: ',
};
const MESSAGE_WORDS: Words = {
  compilation: 'messageExpression compilation failed: ',
  type: 'messageExpression must evaluate to a string',
  instantiation: 'messageExpression instantiation failed: ',
};

function compile(
  environment: Environment,
  text: string,
  type: Type,
  words: Words,
): { program: Program; checked: CheckedExpression } | { error: string; checked?: CheckedExpression } {
  const compiled = environment.compile(text);
  if ('issues' in compiled) return { error: `${words.compilation}${compiled.issues}` };
  const { checked } = compiled;
  if (!checked.type.equals(type)) return { error: words.type };
  const planned = environment.program(checked, PER_CALL_LIMIT);
  if ('problem' in planned) return { error: `${words.instantiation}${planned.problem}`, checked };
  return { program: planned.program, checked };
}

/** Why a rule does not hold: `failed` if it is false, otherwise it could not be evaluated. */
export interface Violation {
  readonly rule: ValidationRule;
  readonly usesOldSelf: boolean;
  readonly failed: boolean;
  readonly message: string;
}

export interface RulesResult {
  readonly violations: readonly Violation[];
  /** Negative if it was used up; then no further rule of the object is evaluated. */
  readonly remainingBudget: number;
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** Evaluates the rules of one place for the value there, and for what it was before if the two can be compared. */
export function evaluateRules(
  rules: readonly CompiledRule[],
  schema: Schema,
  self: unknown,
  oldSelf: unknown,
  budget: number,
): RulesResult {
  const violations: Violation[] = [];
  if (self === undefined || self === null) return { violations, remainingBudget: budget };
  let remaining = budget;
  const add = ({ rule, usesOldSelf }: CompiledRule, failed: boolean, message: string) =>
    violations.push({ rule, usesOldSelf, failed, message });
  const bindings = bindingsOf(schema, self, oldSelf);
  for (const compiled of rules) {
    const { rule, program } = compiled;
    if (!program) {
      if (compiled.error !== undefined) add(compiled, false, `rule compile error: ${compiled.error}`);
      continue;
    }
    if (remaining <= 0) {
      add(compiled, false, OUT_OF_BUDGET);
      return { violations, remainingBudget: -1 };
    }
    if (compiled.usesOldSelf && (oldSelf === undefined || oldSelf === null) && !rule.optionalOldSelf) continue;
    const own = rule.optionalOldSelf ? bindings.optional : bindings.plain;
    const result = program.evaluate(own);
    if (result.cost > remaining) {
      add(compiled, false, OUT_OF_BUDGET);
      return { violations, remainingBudget: -1 };
    }
    remaining -= result.cost;
    if ('error' in result) {
      const failure = evaluationFailure(result.error, ruleText(rule));
      add(compiled, false, failure.message);
      if (failure.last) return { violations, remainingBudget: -1 };
      continue;
    }
    if (result.value === true) continue;
    // Messages have always been made with a plain oldSelf, whatever the rule has.
    const message = ruleMessage(compiled, bindings.plain, remaining);
    remaining = message.remaining;
    add(compiled, true, message.text);
    if (remaining < 0) return { violations, remainingBudget: -1 };
  }
  return { violations, remainingBudget: remaining };
}

function bindingsOf(schema: Schema, self: unknown, oldSelf: unknown): { plain: Bindings; optional: Bindings } {
  const value = fromSchema(self, schema);
  const none = oldSelf === undefined || oldSelf === null;
  const old = none ? undefined : fromSchema(oldSelf, schema);
  const plain = new Map<string, Value>([['self', value]]);
  if (old !== undefined) plain.set('oldSelf', old);
  const optional = new Map<string, Value>([
    ['self', value],
    ['oldSelf', old === undefined ? CelOptional.NONE : new CelOptional(old)],
  ]);
  return { plain, optional };
}

const ruleText = ({ rule, message }: ValidationRule) => (message ? message : rule).trim();

function evaluationFailure(error: string, rule: string): { message: string; last: boolean } {
  if (error.startsWith('no such overload')) {
    const why = 'call arguments did not match a supported operator, function or macro signature for rule';
    return { message: `'${error}': ${why}: ${rule}`, last: false };
  }
  if (error.startsWith('operation cancelled: actual cost limit exceeded')) {
    const why = 'no further validation rules will be run due to call cost exceeds limit for rule';
    return { message: `'${error}': ${why}: ${rule}`, last: true };
  }
  return { message: `${error} evaluating rule: ${rule}`, last: false };
}

/** What the rule says of itself: by its expression, its message or its text. */
function ruleMessage(
  { rule, messageProgram }: CompiledRule,
  bindings: Bindings,
  budget: number,
): { text: string; remaining: number } {
  const otherwise = rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`;
  if (!messageProgram) return { text: otherwise, remaining: budget };
  const result = messageProgram.evaluate(bindings);
  if (result.cost > budget) {
    const text =
      'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run';
    return { text, remaining: -1 };
  }
  const remaining = budget - result.cost;
  if ('error' in result && result.error.startsWith('operation cancelled')) {
    const shown = JSON.stringify(rule.messageExpression);
    const text = `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${shown}`;
    return { text, remaining: -1 };
  }
  const text = 'value' in result && typeof result.value === 'string' ? result.value.trim() : '';
  const fit = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MESSAGE_MAX_BYTES;
  return { text: fit ? text : otherwise, remaining };
}

/** By how much an estimate is above its limit, as definitions are refused for it; undefined if it is not. */
export function costProblem(what: string, cost: number, limit: number): string | undefined {
  if (cost <= limit) return undefined;
  const factor = cost / limit;
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** Estimates above these are refused: of one expression, and of all of a definition. */
export const ESTIMATED_COST_LIMIT = 10_000_000;
export const ESTIMATED_DEFINITION_COST_LIMIT = 100_000_000;
