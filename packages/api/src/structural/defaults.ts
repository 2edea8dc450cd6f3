/** Defaults in a schema: values of it, and whole ones. */
import { RUNTIME_BUDGET } from '@keelson/cel';
import { errorText, type FieldError, invalid, Path } from '../field-errors.js';
import { deepEqual, isRecord } from '../object.js';
import { asResource, isEmbedded, itemsOf, type JsonSchema, propertiesOf, RESOURCE_FIELDS } from './json-schema.js';
import { pruned } from './pruning.js';
import { metadataMismatch, validateResources } from './resource-metadata.js';
import { ValueExpressions } from './value-expressions.js';
import { validateValue } from './values/validate.js';

/** Puts a value into a resource at the place where its schema stands. */
type Surround = (value: unknown) => Record<string, unknown>;

const asRoot: Surround = (value) => ({
  kind: 'Validation',
  apiVersion: 'validation/v1',
  ...(isRecord(value) ? value : {}),
});

interface Where {
  readonly root: JsonSchema;
  readonly surround: Surround;
  /** Within what every resource has. */
  readonly insideMetadata: boolean;
}

/** The errors of the defaults in the schema of a kind; `requirePruned`: they may have nothing that the schema lacks. */
export function validateDefaults(
  schema: JsonSchema,
  at: Path,
  { requirePruned }: { readonly requirePruned: boolean },
): FieldError[] {
  const root = asResource(schema);
  return new DefaultRules(requirePruned).validate(root, at, { root, surround: asRoot, insideMetadata: false });
}

/** Whether some default has fields that its schema lacks. */
export function hasUnprunedDefaults(schema: JsonSchema): boolean {
  const { default: value } = schema;
  if (value !== undefined && !deepEqual(pruned(value, schema), value)) return true;
  const items = itemsOf(schema);
  return (
    (items !== undefined && hasUnprunedDefaults(items)) ||
    propertiesOf(schema).some(([, property]) => hasUnprunedDefaults(property))
  );
}

class DefaultRules {
  readonly #requirePruned: boolean;
  #budget = RUNTIME_BUDGET;

  constructor(requirePruned: boolean) {
    this.#requirePruned = requirePruned;
  }

  validate(schema: JsonSchema, at: Path, above: Where): FieldError[] {
    const where = isEmbedded(schema) ? { root: schema, surround: asRoot, insideMetadata: false } : above;
    const { surround } = where;
    const errors = schema.default === undefined ? [] : this.#validateDefault(schema, at.child('default'), where);
    const items = itemsOf(schema);
    if (items !== undefined && this.#budget >= 0) {
      const inside = { ...where, surround: (value: unknown) => surround([value]) };
      errors.push(...this.validate(items, at.child('items'), inside));
    }
    for (const [name, property] of propertiesOf(schema)) {
      if (this.#budget < 0) break;
      const insideMetadata = where.insideMetadata || (isEmbedded(schema) && RESOURCE_FIELDS.has(name));
      const inside = { ...where, insideMetadata, surround: (value: unknown) => surround({ [name]: value }) };
      errors.push(...this.validate(property, at.child('properties').key(name), inside));
    }
    return errors;
  }

  #validateDefault(schema: JsonSchema, at: Path, where: Where): FieldError[] {
    const value = schema.default;
    if (where.insideMetadata) {
      const problem = metadataProblem(where.surround(value), where.root);
      if (problem !== undefined) return [invalid(at, value, `must result in valid metadata: ${problem}`)];
      return this.#validateOwn(schema, at, where);
    }
    const errors: FieldError[] = [];
    if (this.#requirePruned && !deepEqual(pruned(value, schema), value))
      errors.push(invalid(at, value, 'must not have unknown fields'));
    const mismatch = metadataMismatch(value, schema, at);
    if (mismatch !== undefined) return [...errors, mismatch];
    const inner = validateResources(value, schema, at);
    return [...errors, ...(inner.length > 0 ? inner : this.#validateOwn(schema, at, where))];
  }

  #validateOwn(schema: JsonSchema, at: Path, { root }: Where): FieldError[] {
    const wrong = validateValue(schema.default, schema, at);
    if (wrong.length > 0) return wrong;
    const expressions = ValueExpressions.of(schema, schema === root);
    if (expressions === undefined) return [];
    const kept = expressions.validate(schema.default, schema.default, at, this.#budget);
    if (kept.errors.length > 0) {
      this.#budget = kept.budget;
      return kept.errors;
    }
    // As a new value, too: rules may ask what was there before.
    const made = expressions.validate(schema.default, undefined, at, this.#budget);
    this.#budget = Math.min(kept.budget, made.budget);
    return made.errors;
  }
}

function metadataProblem(resource: Record<string, unknown>, root: JsonSchema): string | undefined {
  const nowhere = new Path();
  const mismatch = metadataMismatch(resource, root, nowhere);
  if (mismatch !== undefined) return errorText(mismatch);
  const texts = [...new Set(validateResources(resource, root, nowhere).map(errorText))];
  if (texts.length === 0) return undefined;
  return texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
}
