import {
  ApiError,
  apiErrors,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type Kind,
  type KubeObject,
  PATCH_TYPES,
  parseJson,
  type ResourceRequest,
} from '@keelson/api';
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
  const mediaType = (request.body?.mediaType ?? '').split(';')[0]!.trim();
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
      throw error instanceof ApiError
        ? error
        : apiErrors.invalid(kind, current.metadata.name ?? '', [
            {
              type: 'FieldValueInvalid',
              field: 'patch',
              value: JSON.stringify(patch),
              detail: (error as Error).message,
            },
          ]);
    }
  };
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
