/** Rules of what a version has beside its schema: a deprecation, columns, subresources and fields to select by. */
import { duplicate, type FieldError, invalid, type Path, required, tooMany } from '../../field-errors.js';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  CustomResourceSubresources,
  SelectableField,
} from '../../gen/types.js';
import { conversionProblem } from '../../structural/convertible.js';
import { findField } from '../../structural/field-path.js';
import type { JsonSchema } from '../../structural/json-schema.js';

export const SELECTABLE_FIELDS_MAX = 8;
const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const DEPRECATION_WARNING_MAX = 256;

export function validateDeprecation(
  { deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion,
  at: Path,
): FieldError[] {
  if (text === undefined) return [];
  if (deprecated !== true) return [invalid(at, text, 'can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > DEPRECATION_WARNING_MAX)
    errors.push(invalid(at, text, `must be <= ${DEPRECATION_WARNING_MAX} characters long`));
  if (text === '') errors.push(invalid(at, text, 'must not be an empty string'));
  const wrong = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  if (wrong !== null) {
    const index = Buffer.byteLength(text.slice(0, wrong.index));
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${index}`;
    errors.push(invalid(at, text, why));
  }
  return errors;
}

export function validateColumns(columns: readonly CustomResourceColumnDefinition[], at: Path): FieldError[] {
  return columns.flatMap(({ name, type = '', format, jsonPath = '' }, index) => {
    const own = at.index(index);
    const errors: FieldError[] = name ? [] : [required(own.child('name'))];
    const types = `must be one of ${COLUMN_TYPES.join(',')}`;
    if (type === '') errors.push(required(own.child('type'), types));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(own.child('type'), type, types));
    if (format && !COLUMN_FORMATS.includes(format))
      errors.push(invalid(own.child('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    if (jsonPath === '') return [...errors, required(own.child('JSONPath'))];
    return [...errors, ...validateSimplePath(jsonPath, own.child('JSONPath'))];
  });
}

function validateSimplePath(text: string, at: Path): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(at, text, 'must be a simple json path starting with .')];
}

export function validateSubresources(subresources: CustomResourceSubresources | undefined, at: Path): FieldError[] {
  const scale = subresources?.scale;
  return scale === undefined ? [] : validateScale(scale, at.child('scale'));
}

function validateScale(scale: CustomResourceSubresourceScale, at: Path): FieldError[] {
  const under = (text: string, own: Path, where: string, ...prefixes: readonly string[]) => {
    const errors = validateSimplePath(text, own);
    if (errors.length > 0 || prefixes.some((prefix) => text.startsWith(prefix))) return errors;
    return [invalid(own, text, `should be a json path under ${where}`)];
  };
  const { specReplicasPath: spec, statusReplicasPath: status, labelSelectorPath: selector } = scale;
  const [specAt, statusAt] = [at.child('specReplicasPath'), at.child('statusReplicasPath')];
  return [
    ...(spec ? under(spec, specAt, '.spec', '.spec.') : [required(specAt)]),
    ...(status ? under(status, statusAt, '.status', '.status.') : [required(statusAt)]),
    ...(selector
      ? under(selector, at.child('labelSelectorPath'), 'either .spec or .status', '.spec.', '.status.')
      : []),
  ];
}

interface Selectable {
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema | undefined } | undefined;
  readonly selectableFields?: readonly SelectableField[] | undefined;
}

/** Fields are looked for in a schema that can be read; that another cannot is told for itself. */
export function validateSelectable(
  { schema: validation, selectableFields = [] }: Selectable,
  version: string,
  tooManyFields: ReadonlySet<string>,
  at: Path,
  above: Path,
): FieldError[] {
  const schema = validation?.openAPIV3Schema;
  if (schema === undefined) return [];
  const problem = conversionProblem(schema);
  if (problem !== undefined) return [invalid(above.child('schema', 'openAPIV3Schema'), '', problem)];
  const seen = new Set<string>();
  const errors = selectableFields.flatMap(({ jsonPath = '' }, index) =>
    validateSelectableField(jsonPath, schema, seen, at.index(index).child('jsonPath')),
  );
  if (seen.size > SELECTABLE_FIELDS_MAX && !tooManyFields.has(version))
    errors.push(tooMany(at, seen.size, SELECTABLE_FIELDS_MAX));
  return errors;
}

const SELECTABLE_TYPES = ['string', 'boolean', 'integer'];

function validateSelectableField(text: string, schema: JsonSchema, seen: Set<string>, at: Path): FieldError[] {
  if (text === '') return [required(at)];
  const found = findField(text, schema, { brackets: false });
  if ('problem' in found) return [invalid(at, text, `is an invalid path: ${found.problem}`)];
  const errors: FieldError[] = [];
  if (found.root === 'metadata') errors.push(invalid(at, text, 'must not point to fields in metadata'));
  if (!SELECTABLE_TYPES.includes(found.schema?.type ?? '')) {
    const why =
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
    errors.push(invalid(at, text, why));
  }
  const place = String(found.path);
  if (seen.has(place)) errors.push(duplicate(at, text));
  seen.add(place);
  return errors;
}
