import {
  ApiError,
  apiErrors,
  apiVersionOf,
  applyJsonPatch,
  decodeObject,
  isRecord,
  type KindRegistry,
  type KubeObject,
  parseApiVersion,
} from '@keelson/api';
import type { Form } from '../matching/subject.js';
import { jsonPatchProblem } from './patch-problems.js';

const CANNOT_HANDLE = /^.*? cannot be handled as an? \w+: /s;

/** The operations of a webhook's patch. Throws what Go says of a text that is none. */
export function operationsIn(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`invalid JSON: ${(error as Error).message}`);
  }
  const typeOf = (it: unknown) =>
    Array.isArray(it) ? 'array' : typeof it === 'boolean' ? 'bool' : isRecord(it) ? 'object' : typeof it;
  const unlike = (it: unknown, type: string) =>
    new Error(`json: cannot unmarshal ${typeOf(it)} into Go value of type jsonpatch.${type}`);
  if (value === null) return [];
  if (!Array.isArray(value)) throw unlike(value, 'Patch');
  for (const operation of value) if (operation !== null && !isRecord(operation)) throw unlike(operation, 'Operation');
  return value;
}

/** An object as a patch of a webhook makes it, with defaults. Whatever fails is the server's own failure: 500. */
export function patched(
  { kind, gvk, object }: Form,
  operations: readonly unknown[],
  kinds: Pick<KindRegistry, 'findByKind'>,
): KubeObject {
  const identity = { apiVersion: apiVersionOf(gvk.group, gvk.version), kind: gvk.kind };
  const value = applied({ ...object!, ...identity }, operations);
  const { apiVersion, kind: name } = (isRecord(value) ? value : {}) as { apiVersion?: unknown; kind?: unknown };
  const isOwn = apiVersion === identity.apiVersion && name === identity.kind;
  // What is no object of a kind of its own, such as a Scale, is as the patch says.
  if (isOwn && gvk.kind !== kind.kind) return value as KubeObject;
  const { group, version } = parseApiVersion(String(apiVersion));
  // It is read as what it says it is.
  const found = isOwn ? kind : kinds.findByKind(group, version, String(name));
  try {
    if (found === undefined)
      throw new Error(`no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(apiVersion)}`);
    const { object: decoded } = decodeObject(found, value, { fieldValidation: 'Ignore' });
    if (found !== kind) throw new Error(`the patch makes a ${found.kind} of a ${kind.kind}`);
    kind.defaults(decoded);
    return decoded;
  } catch (error) {
    throw apiErrors.internalError((error as Error).message.replace(CANNOT_HANDLE, ''));
  }
}

function applied(object: KubeObject, operations: readonly unknown[]): unknown {
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ApiError && error.code === 413) throw apiErrors.internalError(message);
    throw apiErrors.internalError(jsonPatchProblem(object, operations) ?? message);
  }
}
