/** Resources within resources, and the outer one, in the form in which upstream's own types write metadata. */
import { decodeValue } from '../decode.js';
import { DecodeError } from '../decode-mismatch.js';
import { errorText, invalid, Path } from '../field-errors.js';
import type { ObjectMeta } from '../gen/types.js';
import { fillEmpty, normalize } from '../normalize.js';
import { isRecord } from '../object.js';
import { typeSchema } from '../schema.js';
import { isEmbedded, itemsOf, type JsonSchema, propertyOf, someSchema, valuesOf } from './json-schema.js';
import { mapFields, mapItems } from './map-value.js';

export const METADATA = typeSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');

export interface FormOptions {
  /** What is of the wrong type is left out instead of refused: it was stored before there were rules. */
  readonly dropMalformed: boolean;
  /** Told the paths of fields that metadata does not have. */
  readonly unknown?: ((path: string) => void) | undefined;
}

/** Metadata as it is to be; undefined where there is none to be made of it. Throws DecodeError. */
export function metadataForm(
  value: unknown,
  path: string,
  { dropMalformed, unknown }: FormOptions,
): ObjectMeta | undefined {
  try {
    return read(value, path, unknown);
  } catch (error) {
    if (!(error instanceof DecodeError) || !dropMalformed) throw error;
  }
  if (!isRecord(value)) return undefined;
  const metadata: ObjectMeta = {};
  for (const [key, item] of Object.entries(value)) {
    try {
      Object.assign(metadata, read({ [key]: item }, path, unknown));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  return metadata;
}

function read(value: unknown, path: string, unknown: FormOptions['unknown']): ObjectMeta {
  const { object, strictErrors } = decodeValue(value, METADATA, 'ObjectMeta');
  const metadata = (object ?? {}) as ObjectMeta;
  normalizeMetadata(metadata);
  if (unknown !== undefined) {
    for (const fault of strictErrors.toSorted()) {
      const field = /^unknown field "(.*)"$/s.exec(fault)?.[1];
      if (field !== undefined) unknown(`${path}.${field.replace(/\\(["\\])/g, '$1')}`);
    }
  }
  return metadata;
}

/** Leaves out what Go leaves out, and puts in what it always writes, in place. */
export function normalizeMetadata(metadata: ObjectMeta): void {
  normalize(metadata, METADATA);
  fillEmpty(metadata, METADATA);
}

/** Whether there are resources within values of the schema. */
export function hasEmbedded(schema: JsonSchema): boolean {
  return someSchema(schema, isEmbedded);
}

/** The value with the resources in it as they are to be. Throws DecodeError. */
export function withResourceForms(
  value: unknown,
  schema: JsonSchema | undefined,
  options: FormOptions,
  at = new Path(),
): unknown {
  if (schema === undefined || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return value;
    return mapItems(value, (item, index) => withResourceForms(item, items, options, at.index(index)));
  }
  return mapFields(value as Record<string, unknown>, (key, item) => {
    if (isEmbedded(schema)) {
      if (key === 'apiVersion' || key === 'kind') return textForm(item, at.child(key), options);
      if (key === 'metadata') return innerMetadata(item, at.child(key), options);
    }
    const property = propertyOf(schema, key);
    if (property !== undefined) return withResourceForms(item, property, options, at.child(key));
    return withResourceForms(item, valuesOf(schema), options, at.key(key));
  });
}

function textForm(value: unknown, at: Path, { dropMalformed }: FormOptions): unknown {
  if (typeof value === 'string') return value;
  if (dropMalformed) return undefined;
  throw new DecodeError(errorText(invalid(at, value, 'must be a string')));
}

function innerMetadata(value: unknown, at: Path, options: FormOptions): unknown {
  try {
    return metadataForm(value, String(at), options) ?? value;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DecodeError(errorText(invalid(at, value, error.message)));
  }
}
