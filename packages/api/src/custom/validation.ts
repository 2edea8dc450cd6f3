/** What custom resources are held to: their metadata's rules, their schema and the rules in it. */
import { RUNTIME_BUDGET } from '@keelson/cel';
import { type FieldError, invalid, Path } from '../field-errors.js';
import type { KubeObject } from '../kind.js';
import { Correlation, Unchanged } from '../structural/correlation.js';
import { propertyOf } from '../structural/json-schema.js';
import { validateListItems } from '../structural/list-items.js';
import { validateResources } from '../structural/resource-metadata.js';
import { ValueExpressions } from '../structural/value-expressions.js';
import { validateValue } from '../structural/values/validate.js';
import { validateScaleSpec, validateScaleStatus } from './scale.js';
import type { CustomVersion } from './version.js';

const ROOT = new Path();
const STATUS = new Path('status');

/** Kinds of errors that leave it open what the value is, so that rules cannot be asked. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set([
  ...(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong'] as const),
  ...(['FieldValueTooMany', 'FieldValueTypeInvalid'] as const),
]);

const UNCHECKED: FieldError = invalid(
  ROOT,
  undefined,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

export class CustomRules {
  readonly #version: CustomVersion;
  readonly #expressions: ValueExpressions | undefined;

  constructor(version: CustomVersion) {
    this.#version = version;
    this.#expressions = ValueExpressions.of(version.schema, true);
  }

  /** The errors of the whole object; `old` is what it was, `metadata` what was found wrong with its metadata. */
  validate(it: KubeObject, old: KubeObject | undefined, metadata: readonly FieldError[]): FieldError[] {
    const { schema, settings } = this.#version;
    const scale = settings.subresources?.scale;
    const before = old === undefined ? undefined : new Correlation(it, old, schema);
    const errors = [
      ...validateValue(it, schema, ROOT, before),
      ...(scale === undefined ? [] : [...validateScaleSpec(it, scale), ...validateScaleStatus(it, scale)]),
      ...(this.#version.hasEmbedded ? validateResources(it, schema, ROOT) : []),
      ...this.#newlyRepeated(it, old),
    ];
    return [...errors, ...this.#evaluate(it, old, before, [...metadata, ...errors])];
  }

  validateStatus(it: KubeObject, old: KubeObject, metadata: readonly FieldError[]): FieldError[] {
    const { schema, settings } = this.#version;
    const scale = settings.subresources?.scale;
    const statusSchema = propertyOf(schema, 'status');
    const status = (it as { status?: unknown }).status;
    const before = new Correlation(it, old, schema);
    const errors = [
      ...(status === undefined || statusSchema === undefined
        ? []
        : validateValue(status, statusSchema, STATUS, before.key('status'))),
      ...(scale === undefined ? [] : validateScaleStatus(it, scale)),
      ...this.#newlyRepeated(it, old),
    ];
    return [...errors, ...this.#evaluate(it, old, before, [...metadata, ...errors])];
  }

  #newlyRepeated(it: KubeObject, old: KubeObject | undefined): FieldError[] {
    const { schema } = this.#version;
    const errors = validateListItems(it, schema, ROOT);
    const isOld = errors.length > 0 && old !== undefined && validateListItems(old, schema, ROOT).length > 0;
    return isOld ? [] : errors;
  }

  #evaluate(
    it: KubeObject,
    old: KubeObject | undefined,
    before: Correlation | undefined,
    errors: readonly FieldError[],
  ): FieldError[] {
    if (this.#expressions === undefined) return [];
    if (errors.some(({ type }) => BLOCKING.has(type))) return [UNCHECKED];
    const { errors: broken } = this.#expressions.validate(it, old, ROOT, RUNTIME_BUDGET);
    if (broken.length === 0 || before === undefined) return broken;
    // Only now it matters what was there before.
    return this.#expressions.validate(it, old, ROOT, RUNTIME_BUDGET, new Unchanged(before)).errors;
  }
}
