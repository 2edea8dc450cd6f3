import {
  ApiError,
  apiErrors,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  checkApplied,
  fieldErrors,
  type Kind,
  type KubeObject,
  PATCH_TYPES,
  parseJson,
  type ResourceRequest,
} from '@keelson/api';
import { parseDocument } from 'yaml';
import type { Warn } from './context.js';
import { decodeValue } from './decode-body.js';
import type { FieldValidation } from './options.js';

/** A patch as a function of the object's current state; what is wrong with the patch itself is thrown at once. */
export function patchObject(
  kind: Kind,
  request: ResourceRequest,
  fieldValidation: FieldValidation,
  warn: Warn,
): (current: KubeObject) => KubeObject {
  const mediaType = patchTypeOf(request);
  const { value: patch, duplicates } = read(request);
  const patched = ((): ((current: KubeObject) => unknown) => {
    switch (mediaType) {
      case PATCH_TYPES.json:
        return (current) => applyJsonPatch(current, patch);
      case PATCH_TYPES.merge:
        return (current) => applyMergePatch(current, patch);
      case PATCH_TYPES.strategic:
        return (current) => applyStrategicMergePatch(current, patch, kind.schema);
      default:
        throw unsupportedPatch();
    }
  })();
  return (current) => {
    const value = patched(current);
    try {
      return decodeValue(kind, value, duplicates, fieldValidation, warn);
    } catch (error) {
      throw spoilt(mediaType === PATCH_TYPES.strategic ? goMap(patch) : sortedJson(value), error);
    }
  };
}

const PREFIX = /^.*? cannot be handled as an? \w+: /s;

/** What a patch makes of an object is not one of its kind. */
function spoilt(value: string, cause: unknown): ApiError {
  const detail = (cause instanceof Error ? cause.message : String(cause)).replace(PREFIX, '');
  return apiErrors.invalid({ group: '', kind: '' }, '', [fieldErrors.invalid('patch', value, detail)]);
}

function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** A value as Go prints its maps. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (value === null) return '<nil>';
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goMap(item)}`).join(' ')}]`;
}

export function patchTypeOf(request: ResourceRequest): string {
  return (request.body?.mediaType ?? '').split(';')[0]!.trim();
}

/** The body of an apply as a configuration of the request's object. */
export function appliedObject(kind: Kind, request: ResourceRequest, warn: Warn): Partial<KubeObject> {
  const text = Buffer.from(request.body?.bytes ?? []).toString();
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw apiErrors.badRequest(`error decoding YAML: ${error.message}`);
  for (const { message } of document.warnings) warn(message);
  const { namespace, name } = request.path;
  return checkApplied(kind, document.toJS(), namespace, name) as Partial<KubeObject>;
}

function unsupportedPatch(): Error {
  return new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

function read(request: ResourceRequest): { value: unknown; duplicates: readonly string[] } {
  const text = Buffer.from(request.body?.bytes ?? []).toString();
  try {
    return parseJson(text);
  } catch (error) {
    throw apiErrors.badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
