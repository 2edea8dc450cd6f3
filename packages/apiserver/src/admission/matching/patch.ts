import {
  ApiError,
  apiErrors,
  apiVersionOf,
  applyJsonPatch,
  decodeObject,
  isRecord,
  type Kind,
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
  failed: (problem: string) => KubeObject | undefined = (problem) => {
    throw apiErrors.internalError(problem);
  },
): KubeObject | undefined {
  const identity = { apiVersion: apiVersionOf(gvk.group, gvk.version), kind: gvk.kind };
  const whole = { ...object!, ...identity };
  let value: unknown;
  try {
    value = applyJsonPatch(whole, operations);
  } catch (error) {
    const problem = error instanceof ApiError && error.code === 413 ? undefined : jsonPatchProblem(whole, operations);
    return failed(problem ?? (error as Error).message);
  }
  const { apiVersion, kind: name } = (isRecord(value) ? value : {}) as { apiVersion?: unknown; kind?: unknown };
  const isOwn = apiVersion === identity.apiVersion && name === identity.kind;
  // What is no object of a kind of its own, such as a Scale, is as the patch says.
  if (isOwn && gvk.kind !== kind.kind) return value as KubeObject;
  const { group, version } = parseApiVersion(String(apiVersion));
  // It is read as what it says it is.
  const found = isOwn ? kind : kinds.findByKind(group, version, String(name));
  if (found === undefined) {
    const text = `no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(apiVersion)}`;
    throw apiErrors.internalError(text);
  }
  const decoded = withDefaults(found, value);
  if (found !== kind) throw apiErrors.internalError(`the patch makes a ${found.kind} of a ${kind.kind}`);
  return decoded;
}

/** A value that is an object of a kind, in its full form. */
export function withDefaults(kind: Kind, value: unknown): KubeObject {
  try {
    const { object, refused } = decodeObject(kind, value, { fieldValidation: 'Ignore' });
    if (refused !== undefined) throw refused;
    kind.defaults(object);
    return object;
  } catch (error) {
    throw apiErrors.internalError((error as Error).message.replace(CANNOT_HANDLE, ''));
  }
}
