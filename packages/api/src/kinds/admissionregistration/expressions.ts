/** Expressions of policies and webhooks: each is compiled with what it will see, and refused in the compiler's words. */
import { AdmissionEnvironment, type CompiledExpression, RETURNS } from '@keelson/cel';
import {
  duplicate,
  type FieldError,
  internal,
  invalid,
  notSupported,
  type Path,
  required,
  tooMany,
} from '../../field-errors.js';
import type { AuditAnnotation, MatchCondition, Mutation, ParamKind, Validation, Variable } from '../../gen/types.js';
import { qualifiedNameErrors } from '../../names.js';

const MATCH_CONDITIONS_MAX = 64;
const AUDIT_ANNOTATIONS_MAX = 20;
const AUDIT_EXPRESSION_BYTES_MAX = 5 * 1024;
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch'];
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const isBlank = (text: string | undefined) => (text ?? '').trim() === '';

/** The error that a compiler's complaint is; `value` is what the field holds. */
function complaint(compiled: CompiledExpression, at: Path, value: string): FieldError[] {
  if (!('problem' in compiled)) return [];
  return [compiled.invalid ? invalid(at, value, compiled.problem) : internal(at, compiled.problem)];
}

const qualifiedName = (name: string, at: Path) => qualifiedNameErrors(name).map((text) => invalid(at, name, text));

/** Conditions of webhooks and policies: they see no variables, and parameters only if there are some. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  at: Path,
  hasParams = false,
): FieldError[] {
  if (conditions === undefined || conditions.length === 0) return [];
  const environment = new AdmissionEnvironment({ params: hasParams, authorizer: true });
  const errors: FieldError[] = [];
  const names = new Set<string>();
  if (conditions.length > MATCH_CONDITIONS_MAX) errors.push(tooMany(at, conditions.length, MATCH_CONDITIONS_MAX));
  for (const [index, { name = '', expression = '' }] of conditions.entries()) {
    const own = at.index(index);
    const text = expression.trim();
    if (text === '') errors.push(required(own.child('expression')));
    else {
      const compiled = environment.compile(text, RETURNS.condition, false);
      errors.push(...complaint(compiled, own.child('expression'), text));
    }
    if (name === '') errors.push(required(own.child('name')));
    else {
      errors.push(...qualifiedName(name, own.child('name')));
      if (names.has(name)) errors.push(duplicate(own.child('name'), name));
      names.add(name);
    }
  }
  return errors;
}

/** The expressions of one policy, checked in order: later ones may use the variables before them. */
export class PolicyExpressions {
  readonly #full: AdmissionEnvironment;
  readonly #messages: AdmissionEnvironment;
  readonly #composed: boolean;

  constructor(
    paramKind: ParamKind | undefined,
    variables: readonly Variable[] | undefined,
    { patchTypes = false } = {},
  ) {
    const params = paramKind !== undefined;
    this.#full = new AdmissionEnvironment({ params, authorizer: true, patchTypes });
    this.#messages = new AdmissionEnvironment({ params, authorizer: false });
    this.#composed = (variables ?? []).length > 0;
  }

  validateVariables(variables: readonly Variable[] | undefined, at: Path): FieldError[] {
    return (variables ?? []).flatMap((variable, index) => this.#variable(variable, at.index(index)));
  }

  #variable({ name = '', expression = '' }: Variable, at: Path): FieldError[] {
    const errors: FieldError[] = [];
    if (isBlank(name)) errors.push(required(at.child('name'), 'name is not specified'));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name)) {
      errors.push(invalid(at.child('name'), name, 'must be a valid CEL identifier'));
    }
    if (isBlank(expression)) return [...errors, required(at.child('expression'), 'expression is not specified')];
    const compiled = this.#full.addVariable(name, expression);
    this.#messages.addVariable(name, expression);
    return [...errors, ...complaint(compiled, at.child('expression'), expression)];
  }

  validateValidation(it: Validation, at: Path): FieldError[] {
    const { expression = '', message = '', messageExpression = '', reason } = it;
    const errors: FieldError[] = [];
    if (isBlank(expression)) errors.push(required(at.child('expression'), 'expression is not specified'));
    else {
      const compiled = this.#full.compile(expression, RETURNS.condition, this.#composed);
      errors.push(...complaint(compiled, at.child('expression'), expression));
    }
    const messageAt = at.child('messageExpression');
    if (messageExpression !== '') {
      if (isBlank(messageExpression)) {
        errors.push(invalid(messageAt, messageExpression, 'must be non-empty if specified'));
      } else {
        const compiled = this.#messages.compile(messageExpression, RETURNS.message, this.#composed);
        errors.push(...complaint(compiled, messageAt, messageExpression));
      }
    }
    if (message !== '' && isBlank(message)) {
      errors.push(invalid(at.child('message'), message, 'must be non-empty if specified'));
    } else if (/[\n\r]/.test(message.trim())) {
      errors.push(invalid(at.child('message'), message, 'must not contain line breaks'));
    }
    if (reason !== undefined && !REASONS.includes(reason)) {
      errors.push(notSupported(at.child('reason'), reason, REASONS));
    }
    return errors;
  }

  /** Annotations have keys below the policy's name. */
  validateAuditAnnotations(
    annotations: readonly AuditAnnotation[] | undefined,
    policy: string,
    at: Path,
  ): FieldError[] {
    const all = annotations ?? [];
    const errors: FieldError[] = [];
    const keys = new Set<string>();
    if (all.length > AUDIT_ANNOTATIONS_MAX) {
      errors.push(invalid(at, all, `must not have more than ${AUDIT_ANNOTATIONS_MAX} auditAnnotations`));
    }
    for (const [index, annotation] of all.entries()) {
      const own = at.index(index);
      const { key = '' } = annotation;
      if (policy === '') errors.push(invalid(own.child('key'), key, 'requires metadata.name be non-empty'));
      else errors.push(...qualifiedName(`${policy}/${key}`, own.child('key')));
      errors.push(...this.#auditValue(annotation.valueExpression ?? '', own.child('valueExpression')));
      if (keys.has(key)) errors.push(duplicate(own.child('key'), key));
      keys.add(key);
    }
    return errors;
  }

  #auditValue(expression: string, at: Path): FieldError[] {
    const text = expression.trim();
    if (text === '') return [required(at, 'valueExpression is not specified')];
    if (Buffer.byteLength(text) > AUDIT_EXPRESSION_BYTES_MAX) {
      return [required(at, `must not exceed ${AUDIT_EXPRESSION_BYTES_MAX} bytes in length`)];
    }
    return complaint(this.#full.compile(text, RETURNS.auditAnnotation, this.#composed), at, expression);
  }

  validateMutation({ patchType = '', applyConfiguration, jsonPatch }: Mutation, at: Path): FieldError[] {
    if (patchType === '') return [required(at.child('patchType'))];
    if (!PATCH_TYPES.includes(patchType)) return [notSupported(at.child('patchType'), patchType, PATCH_TYPES)];
    const apply = patchType === 'ApplyConfiguration';
    const [field, other] = apply ? ['applyConfiguration', 'jsonPatch'] : ['jsonPatch', 'applyConfiguration'];
    const [wanted, unwanted] = apply ? [applyConfiguration, jsonPatch] : [jsonPatch, applyConfiguration];
    const errors: FieldError[] = [];
    if (unwanted !== undefined) {
      errors.push(invalid(at.child(other!), `{${other}}`, `must not be specified when patchType is ${patchType}`));
    }
    if (wanted === undefined) return [...errors, required(at.child(field!))];
    const { expression = '' } = wanted;
    const own = at.child(field!, 'expression');
    if (isBlank(expression)) return [...errors, required(own)];
    const returns = apply ? RETURNS.applyConfiguration : RETURNS.jsonPatch;
    return [...errors, ...complaint(this.#full.compile(expression, returns, this.#composed), own, expression)];
  }
}
