import type { Type } from '../types/type.js';
import type { Value } from '../values/value.js';

interface Node {
  /** Offset of the token that stands for the expression (of a call its parenthesis), in code points. */
  readonly at: number;
  /** Levels of operators, selections and calls below and with this one, as they stand in the source. */
  height: number;
  /** Set by the checker. */
  type?: Type;
}

export interface Literal extends Node {
  readonly kind: 'literal';
  readonly value: Value;
}

export interface Ident extends Node {
  readonly kind: 'ident';
  name: string;
  /** What the name stands for if it is constant (a type). */
  constant?: Value;
}

export interface Select extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  readonly testOnly: boolean;
  /** The checker found that the whole of it is the name of a variable or type. */
  qualified?: { readonly name: string; readonly constant?: Value };
}

export interface Call extends Node {
  readonly kind: 'call';
  name: string;
  target: Expr | undefined;
  readonly args: readonly Expr[];
  /** Identifiers of the overloads that may be meant; set by the checker. */
  overloads?: readonly string[];
}

export interface ListLiteral extends Node {
  readonly kind: 'list';
  readonly elements: readonly Expr[];
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly at: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapLiteral extends Node {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface StructField {
  readonly at: number;
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructLiteral extends Node {
  readonly kind: 'struct';
  typeName: string;
  readonly fields: readonly StructField[];
}

export interface Comprehension extends Node {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly iterVar: string;
  readonly iterVar2: string | undefined;
  readonly accuVar: string;
  readonly accuInit: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** What could not be parsed. */
export interface Unspecified extends Node {
  readonly kind: 'unspecified';
}

export type Expr =
  | Literal
  | Ident
  | Select
  | Call
  | ListLiteral
  | MapLiteral
  | StructLiteral
  | Comprehension
  | Unspecified;

const heightOf = (parts: readonly Expr[]) => parts.reduce((most, part) => Math.max(most, part.height), 0);

export const literal = (at: number, value: Value): Literal => ({ kind: 'literal', at, value, height: 0 });
export const ident = (at: number, name: string): Ident => ({ kind: 'ident', at, name, height: 0 });
export const unspecified = (at: number): Unspecified => ({ kind: 'unspecified', at, height: 0 });

export const select = (at: number, operand: Expr, field: string, testOnly = false): Select => ({
  kind: 'select',
  at,
  operand,
  field,
  testOnly,
  height: operand.height + 1,
});

export const call = (at: number, name: string, args: readonly Expr[], target?: Expr): Call => ({
  kind: 'call',
  at,
  name,
  target,
  args,
  height: heightOf(target ? [target, ...args] : args),
});

export const list = (at: number, elements: readonly Expr[], optional: Iterable<number> = []): ListLiteral => ({
  kind: 'list',
  at,
  elements,
  optional: new Set(optional),
  height: heightOf(elements),
});

export const map = (at: number, entries: readonly MapEntry[]): MapLiteral => ({
  kind: 'map',
  at,
  entries,
  height: heightOf(entries.flatMap(({ key, value }) => [key, value])),
});

export const struct = (at: number, typeName: string, fields: readonly StructField[]): StructLiteral => ({
  kind: 'struct',
  at,
  typeName,
  fields,
  height: heightOf(fields.map(({ value }) => value)),
});

export const comprehension = (at: number, parts: Omit<Comprehension, 'kind' | 'at' | 'height'>): Comprehension => ({
  kind: 'comprehension',
  at,
  height: 0,
  ...parts,
});

/** Expressions directly below one. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args;
    case 'list':
      return expr.elements;
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.accuInit, expr.condition, expr.step, expr.result];
    default:
      return [];
  }
}

/** Every expression from `root` down, parents first. */
export function* descendants(root: Expr): Generator<Expr> {
  const open = [root];
  for (let expr = open.pop(); expr; expr = open.pop()) {
    yield expr;
    open.push(...childrenOf(expr).toReversed());
  }
}

/** The same expression again, to be checked by itself. */
export function copy(expr: Expr): Expr {
  switch (expr.kind) {
    case 'select':
      return { ...expr, operand: copy(expr.operand) };
    case 'call':
      return { ...expr, target: expr.target && copy(expr.target), args: expr.args.map(copy) };
    case 'list':
      return { ...expr, elements: expr.elements.map(copy) };
    case 'map':
      return {
        ...expr,
        entries: expr.entries.map((entry) => ({ ...entry, key: copy(entry.key), value: copy(entry.value) })),
      };
    case 'struct':
      return { ...expr, fields: expr.fields.map((field) => ({ ...field, value: copy(field.value) })) };
    case 'comprehension':
      return {
        ...expr,
        range: copy(expr.range),
        accuInit: copy(expr.accuInit),
        condition: copy(expr.condition),
        step: copy(expr.step),
        result: copy(expr.result),
      };
    default:
      return { ...expr };
  }
}

/** `a.b.c` as a name, if the expression is one. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.testOnly) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}
