import { decodeValue } from '../../decode.js';
import { DecodeError, jsonTypeOf } from '../../decode-mismatch.js';
import { ApiError, badRequest } from '../../errors.js';
import type { Kind } from '../../kind.js';
import { apiVersionOf, isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { partsOf } from './elements.js';
import { pathText } from './field-set.js';

/** A configuration to apply to an object, and what it is called where it is refused. */
export interface AppliedConfiguration {
  readonly body: Record<string, unknown>;
  readonly what: string;
}

/** A body as a configuration: of the right kind, and with known fields only. Throws ApiError. */
export function checkApplied(kind: Kind, value: unknown): AppliedConfiguration {
  const body = value ?? {};
  if (!isRecord(body)) {
    const text = `json: cannot unmarshal ${jsonTypeOf(body)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${text}`);
  }
  const { apiVersion, kind: found, metadata } = body;
  const wanted = apiVersionOf(kind.group, kind.version);
  if (apiVersion !== wanted || found !== kind.kind)
    throw badRequest(`invalid object type: ${typeText(apiVersion, found)}`);
  const meta = isRecord(metadata) ? metadata : {};
  if (Array.isArray(meta['managedFields']) && meta['managedFields'].length > 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const own = (field: string) => (typeof meta[field] === 'string' ? meta[field] : '');
  const what = `(${own('namespace')}/${own('name')}; ${typeText(wanted, kind.kind)})`;
  const problem = structureProblem(kind, body);
  if (problem !== undefined) throw failed(`failed to create typed patch object ${what}: ${problem}`);
  return { body, what };
}

/** What an apply came to, as an object of its kind: values are read only now. Throws ApiError. */
export function convertApplied<T>(kind: Kind, object: T, what: string): T {
  try {
    return kind.read(object, { unstructured: true }).object as T;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const type = `${apiVersionOf(kind.group, kind.version)}, Kind=${kind.kind}`;
    const why = `unable to convert unstructured object to ${type}: ${error.message}`;
    throw failed(`failed to convert new object ${what} to proper version: ${why}`);
  }
}

/** An item that a list of keyed items, or a set, has twice. */
function repeatedItem(value: unknown, schema: Schema, path: readonly string[]): string | undefined {
  const parts = partsOf(value, schema);
  if (parts === undefined) return repeatedInside(value, schema, path);
  const seen = new Set<string>();
  for (const { element, value: item, schema: below } of parts) {
    if (seen.has(element)) return `${pathText(path)}: duplicate entries for key ${pathText([element])}`;
    seen.add(element);
    const found = repeatedItem(item, below, [...path, element]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is owned as a whole has parts all the same. */
function repeatedInside(value: unknown, schema: Schema, path: readonly string[]): string | undefined {
  const node = resolve(schema);
  const entries: (readonly [string, unknown, Schema])[] = Array.isArray(value)
    ? value.map((item, index) => [`i:${index}`, item, schema.items ?? node.items ?? {}] as const)
    : isRecord(value)
      ? Object.entries(value).map(
          ([key, item]) => [`f:${key}`, item, node.properties?.[key] ?? node.map ?? {}] as const,
        )
      : [];
  for (const [element, item, below] of entries) {
    const found = repeatedItem(item, below, [...path, element]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function failed(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message });
}

/** A group, version and kind as upstream prints them. */
function typeText(apiVersion: unknown, kind: unknown): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

/** A field that the kind does not have, or one of another shape. */
export function structureProblem(kind: Kind, body: Record<string, unknown>): string | undefined {
  try {
    const { strictErrors } = decodeValue(body, kind.schema, kind.kind, { structureOnly: true });
    const [unknown] = strictErrors;
    if (unknown === undefined) return repeatedItem(body, kind.schema, []);
    return `${unknown.replace(/^unknown field "(.*)"$/, '.$1')}: field not declared in schema`;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.message;
  }
}
