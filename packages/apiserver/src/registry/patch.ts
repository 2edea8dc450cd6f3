import {
  ApiError,
  apiErrors,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  checkApplied,
  convertApplied,
  FAULTS_MAX,
  fieldErrors,
  type Kind,
  type KubeObject,
  PATCH_TYPES,
  patchedText,
  type RequestBody,
  type ResourceRequest,
  type Steps,
} from '@keelson/api';
import { checkSize, readJson } from './body-size.js';
import type { Warn } from './context.js';
import { decodeRead } from './decode-body.js';
import { type FieldValidation, fieldValidationOf } from './options.js';
import type { Proposal } from './write.js';
import { jsonIn, type ParsedYaml, yamlOf } from './yaml-body.js';

/** A patch as a function of the object's current state; what is wrong with the patch itself is thrown at once. */
export function patchObject(
  kind: Kind,
  request: ResourceRequest,
  fieldValidation: FieldValidation,
  warn: Warn,
): Proposal {
  const mediaType = patchTypeOf(request);
  const { value: patch, duplicates } = read(request);
  checkSize(patch);
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
  const repeated = duplicates.map((field) => `duplicate field ${fieldErrors.quote(field)}`);
  const faults = mediaType === PATCH_TYPES.json ? operationFaults(patch, repeated) : repeated;
  const unstructured = mediaType === PATCH_TYPES.strategic;
  return function* (current) {
    const value = patched(current);
    yield;
    checkSize(value);
    yield;
    try {
      return decodeRead(kind, { value, faults }, { fieldValidation, warn, unstructured });
    } catch (error) {
      throw spoilt(unstructured ? goMap(patch) : patchedText(value, kind.schema, patch), error);
    }
  };
}

const OPERATION_FIELDS = new Set(['op', 'path', 'from', 'value']);

/** What strict decoding minds in the operations of a JSON patch. */
function operationFaults(patch: unknown, repeated: readonly string[]): string[] {
  const operations: unknown[] = Array.isArray(patch) ? patch : [];
  const unknown = operations.flatMap((operation, index) =>
    typeof operation === 'object' && operation !== null
      ? Object.keys(operation)
          .filter((field) => !OPERATION_FIELDS.has(field))
          .map((field) => `unknown field ${fieldErrors.quote(`[${index}].${field}`)}`)
      : [],
  );
  return [...unknown, ...repeated].slice(0, FAULTS_MAX).map((fault) => `json patch ${fault}`);
}

const PREFIX = /^.*? cannot be handled as an? \w+: /s;

/** What a patch makes of an object is not one of its kind. */
function spoilt(value: string, cause: unknown): ApiError {
  const detail = (cause instanceof Error ? cause.message : String(cause)).replace(PREFIX, '');
  return apiErrors.invalid({ group: '', kind: '' }, '', [fieldErrors.invalid('patch', value, detail)]);
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

export interface Applied {
  readonly configuration: Partial<KubeObject>;
  /** The object that the apply came to, with its values read. Throws ApiError. */
  converted(object: KubeObject): KubeObject;
  /** Throws what only strict decoding minds; to be asked once everything else is well. */
  checkStrictly(): void;
}

/** The body of an apply as a configuration of the request's object. */
export function* appliedObject(kind: Kind, request: ResourceRequest): Steps<Applied> {
  const { value, duplicates } = readApplied(request.body);
  yield;
  checkSize(value);
  yield;
  const isStrict = fieldValidationOf(request.options) === 'Strict';
  const { body, what } = checkApplied(kind, value);
  return {
    configuration: body as Partial<KubeObject>,
    converted: (object) => convertApplied(kind, object, what),
    checkStrictly() {
      if (isStrict && duplicates !== '')
        throw apiErrors.badRequest(`error strict decoding YAML: error converting YAML to JSON: ${duplicates}`);
    },
  };
}

function readApplied(body: RequestBody | undefined): ParsedYaml {
  try {
    return jsonIn(body) ?? yamlOf(body);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw apiErrors.badRequest(`error decoding YAML: error converting YAML to JSON: ${(error as Error).message}`);
  }
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
    return readJson(text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw apiErrors.badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
