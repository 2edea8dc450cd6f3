/** JSON merge patch (RFC 7396). */
import { badRequest } from '../errors.js';
import { encodeJson } from '../exact-json.js';
import { deepClone, isRecord } from '../object.js';

/** The object with the patch merged in; `live` stays as it is. Throws ApiError on a patch that is no object. */
export function applyMergePatch(live: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) {
    const found = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
    );
  }
  return merge(live, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return deepClone(patch);
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

/** The merge patch that makes `modified` of `original`. */
export function createMergePatch(original: unknown, modified: unknown): Record<string, unknown> {
  const [from, to] = [isRecord(original) ? original : {}, isRecord(modified) ? modified : {}];
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const before = from[key];
    if (isRecord(before) && isRecord(value)) {
      const nested = createMergePatch(before, value);
      if (Object.keys(nested).length > 0) patch[key] = nested;
    } else if (!Object.hasOwn(from, key) || encodeJson(before) !== encodeJson(value)) patch[key] = deepClone(value);
  }
  return patch;
}
