import { decodeValue } from '../../decode.js';
import { DecodeError, jsonTypeOf } from '../../decode-mismatch.js';
import { ApiError, badRequest } from '../../errors.js';
import type { Kind } from '../../kind.js';
import { apiVersionOf, isRecord } from '../../object.js';

/**
 * A body as a configuration to apply to the object `name`: of the right kind, about that object, and with known fields
 * only. Throws ApiError.
 */
export function checkApplied(kind: Kind, value: unknown, name: string): Record<string, unknown> {
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
  if (typeof meta['name'] === 'string' && meta['name'] !== '' && meta['name'] !== name) {
    throw badRequest(`the name of the object (${meta['name']}) does not match the name on the URL (${name})`);
  }
  const own = (field: string) => (typeof meta[field] === 'string' ? meta[field] : '');
  checkFields(kind, body, `${own('namespace')}/${own('name')}; ${wanted}, Kind=${kind.kind}`);
  return body;
}

/** A group, version and kind as upstream prints them. */
function typeText(apiVersion: unknown, kind: unknown): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

function checkFields(kind: Kind, body: Record<string, unknown>, what: string): void {
  try {
    const [unknown] = decodeValue(body, kind.schema, kind.kind).strictErrors;
    if (unknown === undefined) return;
    const path = unknown.replace(/^unknown field "(.*)"$/, '.$1');
    throw new DecodeError(`${path}: field not declared in schema`);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ApiError({
      code: 500,
      reason: '',
      message: `failed to create typed patch object (${what}): ${error.message}`,
    });
  }
}
