/** JSON patch (RFC 6902), as the API server applies it. */
import { applyPatch, type Operation } from 'rfc6902';
import { ApiError, badRequest, requestEntityTooLarge } from '../errors.js';
import { encodeJson } from '../exact-json.js';
import { deepClone, deepEqual, isRecord } from '../object.js';

/** More operations in one patch are refused. */
export const JSON_PATCH_OPERATIONS_MAX = 10_000;

/** What all copies of one patch may add, in bytes of JSON: upstream's limit. */
const COPIED_BYTES_MAX = 3 * 1024 * 1024;

/** What reads an object recurses into it: a patch may make it no deeper than a text may be. */
const DEPTH_MAX = 1_000;
/** Values that one patch may have looked at for their depth: moves cost nothing else. */
const VISITED_MAX = 1_000_000;

/** The object with the operations applied; `live` stays as it is. Throws ApiError. */
export function applyJsonPatch(live: unknown, operations: unknown): unknown {
  const checked = checkOperations(operations);
  const holder: Holder = { document: deepClone(live), copied: 0, visited: 0 };
  for (const operation of checked) applyOne(holder, operation);
  return holder.document;
}

interface Holder {
  document: unknown;
  copied: number;
  visited: number;
}

function checkOperations(operations: unknown): Operation[] {
  if (!Array.isArray(operations)) {
    const found = isRecord(operations) ? 'object' : typeof operations === 'boolean' ? 'bool' : typeof operations;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (operations.length > JSON_PATCH_OPERATIONS_MAX) {
    throw new ApiError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `Request entity too large: The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${operations.length}`,
    });
  }
  return operations as Operation[];
}

/** Copies of a map into itself double it: what they add is counted. */
function countCopy(holder: Holder, from: unknown): void {
  const value = typeof from === 'string' ? read(holder.document, from) : undefined;
  holder.copied += value === undefined ? 0 : encodeJson(value).length;
  if (holder.copied <= COPIED_BYTES_MAX) return;
  const text = `the accumulated size increase of copy operations is ${holder.copied}, exceeding the limit ${COPIED_BYTES_MAX}`;
  throw requestEntityTooLarge(text);
}

/** Copies and moves into a value that they take from make it deeper and deeper. */
function checkDepth(holder: Holder, operation: Operation): void {
  const { from, value } = operation as { from?: unknown; value?: unknown };
  let level = [typeof from === 'string' ? read(holder.document, from) : value];
  for (let depth = tokensOf(operation.path).length; level.length > 0; depth++) {
    holder.visited += level.length;
    if (depth > DEPTH_MAX) throw requestEntityTooLarge(`the patch nests values deeper than ${DEPTH_MAX}`);
    if (holder.visited > VISITED_MAX) throw requestEntityTooLarge(`the patch moves more than ${VISITED_MAX} values`);
    level = level.flatMap((item) => (isHolder(item) ? Object.values(item as object) : []));
  }
}

function applyOne(holder: Holder, operation: Operation): void {
  if (operation === null || typeof operation !== 'object' || typeof operation.path !== 'string') throw rejected();
  if (operation.op !== 'remove' && operation.op !== 'test') checkDepth(holder, operation);
  if (operation.op === 'copy') countCopy(holder, operation.from);
  if (operation.op === 'test') {
    applyTest(holder.document, operation);
    return;
  }
  const target = withNegativeIndexes(holder.document, { ...operation, path: rooted(operation.path) });
  if (target.path !== '' && !isHolder(parentOf(holder.document, target.path))) throw rejected();
  if (target.op === 'remove' && !exists(holder.document, target.path)) throw rejected();
  // Upstream's library puts a field where there was none.
  if (target.op === 'replace' && isField(holder.document, target.path)) target.op = 'add' as 'replace';
  if (target.op === 'replace' && target.path === '') {
    holder.document = deepClone((target as { value: unknown }).value);
    return;
  }
  const [error] = applyPatch(holder.document, [deepClone(target)]);
  if (error !== null && error !== undefined) throw rejected();
}

function applyTest(document: unknown, operation: Operation): void {
  const value = (operation as { value?: unknown }).value ?? null;
  const found = read(document, operation.path);
  if (!deepEqual(found ?? null, value)) throw rejected();
}

/** Upstream's library takes what stands before the first slash for nothing. */
function rooted(pointer: string): string {
  const slash = pointer.indexOf('/');
  return slash < 0 ? '' : pointer.slice(slash);
}

function tokensOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: unknown, pointer: string): unknown {
  let at: unknown = document;
  for (const token of tokensOf(pointer)) {
    if (Array.isArray(at)) at = at[indexOf(token, at.length)];
    else if (isRecord(at) && Object.hasOwn(at, token)) at = at[token];
    else return undefined;
  }
  return at;
}

/** Whether a path leads to a field of an object, there or not. */
function isField(document: unknown, pointer: string): boolean {
  return pointer !== '' && isRecord(parentOf(document, pointer));
}

function parentOf(document: unknown, pointer: string): unknown {
  return read(document, pointer.slice(0, pointer.lastIndexOf('/')));
}

function isHolder(value: unknown): boolean {
  return Array.isArray(value) || isRecord(value);
}

function exists(document: unknown, pointer: string): boolean {
  return read(document, pointer) !== undefined;
}

/** An index from the end is a negative one: upstream's library knows it, the standard does not. */
function indexOf(token: string, length: number): number {
  const index = Number(token);
  return index < 0 ? length + index : index;
}

function withNegativeIndexes(document: unknown, operation: Operation): Operation {
  const tokens = tokensOf(operation.path);
  const last = tokens.at(-1) ?? '';
  if (!/^-\d+$/.test(last)) return operation;
  const parent = operation.path.slice(0, operation.path.lastIndexOf('/'));
  const list = read(document, parent);
  if (!Array.isArray(list)) return operation;
  const index = indexOf(last, list.length + (operation.op === 'add' ? 1 : 0));
  if (index < 0) throw rejected();
  return { ...operation, path: `${parent}/${index}` };
}

/** Upstream says no more than this of an operation that cannot be applied. */
function rejected(): ApiError {
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
}
