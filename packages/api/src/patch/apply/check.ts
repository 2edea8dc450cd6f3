import { decodeValue } from '../../decode.js';
import { DecodeError, jsonTypeOf } from '../../decode-mismatch.js';
import { ApiError, badRequest } from '../../errors.js';
import type { Kind, KubeObject } from '../../kind.js';
import { apiVersionOf, isRecord } from '../../object.js';
import { type Schema, typeSchema } from '../../schema.js';
import { shapeProblem } from './typed.js';

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
  if (holdsManagers(meta['managedFields'])) throw badRequest('metadata.managedFields must be nil');
  const own = (field: string) => (typeof meta[field] === 'string' ? meta[field] : '');
  const what = `(${own('namespace')}/${own('name')}; ${typeText(wanted, kind.kind)})`;
  const problem = shapeProblem(body, kind.schema);
  if (problem !== undefined) throw failed(`failed to create typed patch object ${what}: ${problem}`);
  return { body, what };
}

/** What an apply came to, as an object of its kind: values are read only now. Throws ApiError. */
export function convertApplied<T>(kind: Kind, object: T, what: string): T {
  try {
    return kind.read(object, { unstructured: true }).object as T;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const type = typeText(apiVersionOf(kind.group, kind.version), kind.kind);
    const why = `unable to convert unstructured object to ${type}: ${error.message}`;
    throw failed(`failed to convert new object ${what} to proper version: ${why}`);
  }
}

/** What is said of an apply to an object whose own shape cannot be told. */
export function misshapenLive({ apiVersion, kind, ...live }: KubeObject, schema: Schema): ApiError {
  const { namespace = '', name = '' } = live.metadata;
  const what = `(${namespace}/${name}; ${typeText(apiVersion, kind)})`;
  return failed(`failed to create typed live object ${what}: ${shapeProblem(live, schema)}`);
}

/** Whether a record of managers is one that can be read; another is told with the rest of the shape. */
function holdsManagers(entries: unknown): boolean {
  if (!Array.isArray(entries)) return false;
  try {
    for (const entry of entries) decodeValue(entry, MANAGERS_ENTRY, 'ManagedFieldsEntry', { unstructured: true });
    return entries.every(isRecord);
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

const MANAGERS_ENTRY = typeSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry');

export function failed(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message });
}

/** A group, version and kind as upstream prints them. */
function typeText(apiVersion: unknown, kind: unknown): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}
