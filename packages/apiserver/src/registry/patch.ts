import {
  ApiError,
  apiErrors,
  applyJsonPatch,
  applyMergePatch,
  applyServerSideSteps,
  applyStrategicMergePatch,
  checkApplied,
  convertApplied,
  FAULTS_MAX,
  fieldErrors,
  goText,
  type Kind,
  type KubeObject,
  type ObjectMeta,
  PATCH_TYPES,
  patchedText,
  type RequestBody,
  type RequestOptions,
  type ResourceRequest,
  type Steps,
  type Writer,
} from '@keelson/api';
import { checkSize, readJson } from './body-size.js';
import type { Warn } from './context.js';
import { decodeRead } from './decode-body.js';
import { type FieldValidation, fieldValidationOf } from './options.js';
import { jsonIn, type ParsedYaml, yamlOf } from './yaml-body.js';

/** A patch as a function of the object's current state; what is wrong with the patch itself is thrown at once. */
export function patchObject(
  kind: Kind,
  body: RequestBody | undefined,
  fieldValidation: FieldValidation,
  warn: Warn,
): (current: KubeObject) => Steps<KubeObject> {
  const mediaType = patchTypeOf({ body });
  checkPatchType(kind, mediaType);
  const { value: patch, duplicates } = read(body);
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
      throw spoilt(unstructured ? goText(patch) : patchedText(value, kind.schema, patch), error);
    }
  };
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(Object.values(PATCH_TYPES));

/** Throws 415 for a patch that nobody takes, or that the kind does not. */
export function checkPatchType({ patchTypes }: Kind, mediaType: string): void {
  if (patchTypes?.includes(mediaType) === false) throw apiErrors.unsupportedMediaType(patchTypes);
  if (!KNOWN_TYPES.has(mediaType)) throw unsupportedPatch();
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

export function patchTypeOf({ body }: Pick<ResourceRequest, 'body'>): string {
  return (body?.mediaType ?? '').split(';')[0]!.trim();
}

/** An applied configuration that was read. */
export interface Applied {
  /** The object that the apply comes to over the live one. Throws ApiError. */
  over(live: KubeObject | undefined, writer: Writer & { readonly force: boolean }): Steps<KubeObject>;
}

/** The body of an apply as a configuration of the request's object. */
export function* appliedObject(
  kind: Kind,
  requestBody: RequestBody | undefined,
  options: RequestOptions,
): Steps<Applied> {
  const { value, duplicates } = readApplied(requestBody);
  yield;
  checkSize(value);
  yield;
  const isStrict = fieldValidationOf(options) === 'Strict';
  const { body, what } = checkApplied(kind, value);
  const { name = '', uid } = (body['metadata'] ?? {}) as ObjectMeta;
  return {
    *over(live, writer) {
      if (live === undefined && uid) throw uidOfNothing(kind, name, uid);
      const object = yield* applyServerSideSteps(live, body, kind, writer);
      yield;
      const next = convertApplied(kind, object, what);
      yield;
      // What only strict decoding minds is told once everything else is well.
      if (isStrict && duplicates !== '')
        throw apiErrors.badRequest(`error strict decoding YAML: error converting YAML to JSON: ${duplicates}`);
      return next;
    },
  };
}

function uidOfNothing(kind: Kind, name: string, uid: string): ApiError {
  const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  return apiErrors.conflict(kind, name, text);
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

function read(body: RequestBody | undefined): { value: unknown; duplicates: readonly string[] } {
  const text = Buffer.from(body?.bytes ?? []).toString();
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw apiErrors.badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
