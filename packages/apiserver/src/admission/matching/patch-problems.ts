/** Why a JSON patch cannot be applied, in the words of upstream's library. */
import { applyJsonPatch, isRecord } from '@keelson/api';

interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
}

/** Patches of more operations are not looked into one by one. */
const OPERATIONS_MAX = 100;
const MISSING = 'missing value';
const INVALID_INDEX = 'invalid index referenced';

/** What is wrong with the first operation that fails; undefined where that is not to be found. */
export function jsonPatchProblem(object: unknown, operations: readonly unknown[]): string | undefined {
  if (operations.length > OPERATIONS_MAX) return undefined;
  let document = object;
  for (const operation of operations) {
    try {
      document = applyJsonPatch(document, [operation]);
    } catch {
      return problemOf(document, (operation ?? {}) as Operation);
    }
  }
  return undefined;
}

type Parent = { readonly holder: unknown; readonly key: string } | undefined;

function problemOf(document: unknown, operation: Operation): string | undefined {
  const { op, path, from } = operation;
  const said = typeof op === 'string' ? op : 'unknown';
  if (!['add', 'remove', 'replace', 'move', 'test', 'copy'].includes(said)) return `Unexpected kind: ${said}`;
  if (said === 'move' || said === 'copy') {
    if (typeof from !== 'string') return `${said} operation failed to decode from: ${MISSING}`;
    const source = parentOf(document, from);
    if (source === undefined) return `${said} operation does not apply: doc is missing from path: ${from}: ${MISSING}`;
    const wrong = said === 'move' ? removalProblem(source) : indexProblem(source, 0);
    if (wrong !== undefined)
      return said === 'move'
        ? `error in move for path: '${source.key}': ${wrong}`
        : `error in copy for from: '${from}': ${wrong}`;
  }
  if (typeof path !== 'string') return `${said} operation failed to decode path: ${MISSING}`;
  const target = parentOf(document, path);
  if (target === undefined) return missingParent(said, path);
  switch (said) {
    case 'remove': {
      const wrong = removalProblem(target);
      return wrong && `error in remove for path: '${path}': ${wrong}`;
    }
    case 'replace':
      return indexProblem(target, 0) && `replace operation does not apply: doc is missing key: ${path}: ${MISSING}`;
    case 'test': {
      const wrong = indexProblem(target, 0);
      return wrong === undefined
        ? `testing value ${path} failed: test failed`
        : `error in test for path: '${path}': ${wrong}`;
    }
    default: {
      const wrong = indexProblem(target, 1);
      if (wrong === undefined) return undefined;
      return said === 'copy'
        ? `error while adding value during copy: ${wrong}`
        : `error in ${said} for path: '${path}': ${wrong}`;
    }
  }
}

function missingParent(op: string, path: string): string {
  const quoted = op === 'add' || op === 'remove' ? `"${path}"` : path;
  const place =
    op === 'move' || op === 'copy'
      ? 'doc is missing destination path'
      : op === 'test'
        ? 'is missing path'
        : 'doc is missing path';
  return `${op} operation does not apply: ${place}: ${quoted}: ${MISSING}`;
}

function removalProblem({ holder, key }: NonNullable<Parent>): string | undefined {
  if (Array.isArray(holder)) return indexProblem({ holder, key }, 0);
  return Object.hasOwn(holder as object, key) ? undefined : `Unable to remove nonexistent key: ${key}: ${MISSING}`;
}

/** `extra`: how far behind the last item the index may be. */
function indexProblem({ holder, key }: NonNullable<Parent>, extra: number): string | undefined {
  if (!Array.isArray(holder) || (key === '-' && extra > 0)) return undefined;
  if (!/^[+-]?\d+$/.test(key)) {
    const wrong = `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
    return extra > 0 ? `value was not a proper array index: '${key}': ${wrong}` : wrong;
  }
  const [index, size] = [Number(key), holder.length + extra];
  return index < size && index >= -size ? undefined : `Unable to access invalid index: ${index}: ${INVALID_INDEX}`;
}

/** Where a path's last part is looked for; undefined: there is no such place. */
function parentOf(document: unknown, path: string): Parent {
  const tokens = path.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = tokens.at(-1) ?? '';
  let holder = document;
  for (const token of tokens.slice(1, -1)) {
    if (Array.isArray(holder)) holder = holder[Number(token)];
    else holder = isRecord(holder) && Object.hasOwn(holder, token) ? holder[token] : undefined;
  }
  return isRecord(holder) || Array.isArray(holder) ? { holder, key } : undefined;
}
