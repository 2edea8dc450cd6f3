import { type ClauseName, clauseError, FormatError, interpolate } from '../library/format-string.js';
import { compileRegex } from '../library/regex-engine.js';
import { type Call, childrenOf, type Expr, type ListLiteral } from '../syntax/ast.js';
import type { Issues } from '../syntax/source.js';
import type { Type } from '../types/type.js';
import { CelDuration, CelTimestamp } from '../values/time.js';
import { CelError } from '../values/value.js';

/** Checks of what is constant in a checked expression: literals that cannot be meant, and literals of mixed types. */
export function validate(root: Expr, issues: Issues): void {
  const calls: Call[] = [];
  const mixable: Expr[] = [];
  collect(root, false, calls, mixable);
  for (const call of calls) validateLiteral(call, issues);
  for (const expr of mixable) validateHomogeneous(expr, issues);
  for (const call of calls) validateFormat(call, issues);
}

/** Inside of `format` lists are of mixed types. */
function collect(expr: Expr, exempt: boolean, calls: Call[], mixable: Expr[]): void {
  if (expr.kind === 'call') calls.push(expr);
  if (!exempt && (expr.kind === 'list' || expr.kind === 'map')) mixable.push(expr);
  const inside = exempt || (expr.kind === 'call' && expr.name === 'format');
  for (const child of childrenOf(expr)) collect(child, inside, calls, mixable);
}

const LITERALS: Readonly<Record<string, (text: unknown) => boolean>> = {
  duration: (value) => typeof value !== 'string' || CelDuration.parse(value) !== undefined,
  timestamp: (value) =>
    typeof value === 'bigint'
      ? !(CelTimestamp.of(value) instanceof CelError)
      : typeof value !== 'string' || CelTimestamp.parse(value) !== undefined,
  matches: (value) => typeof value !== 'string' || !(compileRegex(value) instanceof CelError),
};

function validateLiteral(call: Call, issues: Issues): void {
  const valid = Object.hasOwn(LITERALS, call.name) ? LITERALS[call.name]! : undefined;
  const [first] = call.args;
  if (!valid || first?.kind !== 'literal' || valid(first.value)) return;
  issues.report(first.at, `invalid ${call.name} argument`);
}

function validateHomogeneous(expr: Expr, issues: Issues): void {
  const mismatch = (at: number, wanted: Type, actual: Type) =>
    issues.report(at, `expected type '${wanted}' but found '${actual}'`);
  const typeOf = (it: Expr, optional: boolean) => (optional ? (it.type!.params[0] ?? it.type!) : it.type!);
  if (expr.kind === 'list') {
    let first: Type | undefined;
    for (const [index, element] of expr.elements.entries()) {
      const type = typeOf(element, expr.optional.has(index));
      first ??= type;
      if (first.isEquivalent(type)) continue;
      mismatch(element.at, first, type);
      break;
    }
  }
  if (expr.kind !== 'map') return;
  let keyType: Type | undefined;
  let valueType: Type | undefined;
  for (const { key, value, optional } of expr.entries) {
    keyType ??= typeOf(key, false);
    valueType ??= typeOf(value, optional);
    if (!keyType.isEquivalent(key.type!)) mismatch(key.at, keyType, key.type!);
    const type = typeOf(value, optional);
    if (!valueType.isEquivalent(type)) mismatch(value.at, valueType, type);
  }
}

/** `'…'.format([…])` whose text and list are written out. */
function validateFormat(call: Call, issues: Issues): void {
  if (call.name !== 'format' || call.overloads?.includes('string_format') !== true) return;
  const { target } = call;
  const [args] = call.args;
  if (target?.kind !== 'literal' || typeof target.value !== 'string' || args?.kind !== 'list') return;
  const { value: text } = target;
  let claimed = 0;
  try {
    interpolate(
      text,
      (index) => {
        claimed++;
        if (index >= args.elements.length && text.endsWith('%') && isLastPercent(text)) return;
        if (index >= args.elements.length) throw new FormatError(`index ${index} out of range`);
      },
      ({ name }, index) => {
        const wrong = misfit(name, args, index);
        if (wrong) throw new MisfitError(wrong.at, `error during formatting: ${clauseError(name, wrong.type!.name)}`);
        return '';
      },
    );
  } catch (error) {
    if (error instanceof MisfitError) issues.report(error.at, error.message);
    else if (error instanceof FormatError) issues.report(call.at, error.message);
    else throw error;
    return;
  }
  if (args.elements.length > claimed) {
    const counts = `(expected ${claimed}, got ${args.elements.length})`;
    issues.report(call.at, `too many arguments supplied to string.format ${counts}`);
  }
}

/** An unfinished clause is complained of before a missing argument is. */
const isLastPercent = (text: string) => (/%+$/.exec(text)?.[0].length ?? 0) % 2 === 1;

class MisfitError extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const ALLOWED: Readonly<Record<ClauseName, readonly string[]>> = {
  s: ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'],
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  o: ['int', 'uint'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
};

/** The expression that the clause cannot show. */
function misfit(name: ClauseName, args: ListLiteral, index: number): Expr | undefined {
  const wrong = (expr: Expr) => expr.type!.kind !== 'dyn' && !ALLOWED[name].includes(expr.type!.kind);
  const within = (expr: Expr): Expr | undefined => {
    if (wrong(expr)) return expr;
    if (name !== 's' || (expr.kind !== 'list' && expr.kind !== 'map')) return undefined;
    for (const child of childrenOf(expr)) {
      const found = within(child);
      if (found) return found;
    }
    return undefined;
  };
  return within(args.elements[index]!);
}
