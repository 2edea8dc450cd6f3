import type { Call, Comprehension, Expr, Select } from '../syntax/ast.js';
import type { Type } from '../types/type.js';
import { sizeOf } from '../values/kinds.js';
import { type CallEstimate, estimateCall, type Operand } from './calls.js';
import { add, exactly, multiply, NOTHING, type Range, UNKNOWN, UNLIMITED, union } from './range.js';

/**
 * Sizes of what variables lead to, by the path to it: a variable, then names of fields, `@items`, `@keys`, `@values`
 * or `@indices`. Undefined where nothing is known.
 */
export type SizeEstimator = (path: readonly string[]) => Range | undefined;

/** Sizes of the keys and values of a list or map. */
interface EntrySizes {
  readonly list: boolean;
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entries: EntrySizes | undefined;
}

const ONE = exactly(1);
const LIST = exactly(10);
const MAP = exactly(30);
const STRUCT = exactly(40);

/** What evaluating a checked expression may cost. */
export function estimateCost(root: Expr, sizes: SizeEstimator): Range {
  return new Estimator(sizes).cost(root);
}

class Estimator {
  readonly #sizes: SizeEstimator;
  readonly #paths = new Map<Expr, readonly string[]>();
  readonly #computed = new Map<Expr, Range>();
  readonly #entries = new Map<Expr, EntrySizes>();
  readonly #locals = new Map<string, Local[]>();

  constructor(sizes: SizeEstimator) {
    this.#sizes = sizes;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
      case 'unspecified':
        return NOTHING;
      case 'ident':
        this.#paths.set(expr, this.#local(expr.name)?.path ?? [expr.name]);
        return ONE;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return add(...expr.fields.map(({ value }) => this.cost(value)), STRUCT);
      case 'comprehension':
        return isBind(expr) ? this.#bind(expr) : this.#comprehension(expr);
    }
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #push(name: string, local: Local): void {
    this.#locals.set(name, [...(this.#locals.get(name) ?? []), local]);
  }

  #pop(name: string): void {
    this.#locals.get(name)!.pop();
  }

  #select(expr: Select): Range {
    if (expr.qualified) {
      this.#paths.set(expr, [expr.qualified.name]);
      return ONE;
    }
    const cost = this.cost(expr.operand);
    if (expr.testOnly) return cost;
    this.#paths.set(expr, [...this.#path(expr.operand), expr.field]);
    return ['map', 'struct', 'param'].includes(expr.operand.type!.kind) ? add(cost, ONE) : cost;
  }

  #call(expr: Call): Range {
    const [first, second, third] = expr.args;
    if (expr.name === 'dyn') {
      const cost = add(ONE, this.cost(first!));
      this.#copySizes(expr, first!);
      return cost;
    }
    const costs = expr.args.map((arg) => this.cost(arg));
    const overloads = expr.overloads ?? [];
    if (overloads.length === 0) return NOTHING;
    const targetCost = expr.target ? this.cost(expr.target) : NOTHING;
    const target = expr.target && this.#operand(expr.target);
    const args = expr.args.map((arg) => this.#operand(arg));
    let cost: Range = { min: UNLIMITED, max: 0 };
    let size: Range | undefined;
    for (const overload of overloads) {
      const estimate = this.#overload(expr, overload, target, args, costs);
      cost = union(cost, estimate.cost);
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size;
      if (overload === 'index_list' || overload === 'index_map') {
        size = this.#entriesOf(first!)?.value;
        this.#paths.set(expr, [...this.#path(first!), overload === 'index_list' ? '@items' : '@values']);
      }
      size ??= this.#size(expr);
    }
    if (overloads.includes('conditional')) this.#setEntries(expr, this.#unionEntries(second!, third!));
    if (overloads.some((id) => id === 'add_list' || id === 'add_string' || id === 'add_bytes')) {
      this.#setEntries(expr, this.#unionEntries(first!, second!));
    }
    if (size) this.#computed.set(expr, size);
    return add(targetCost, cost);
  }

  #overload(
    expr: Call,
    overload: string,
    target: Operand | undefined,
    args: readonly Operand[],
    costs: readonly Range[],
  ): CallEstimate {
    switch (overload) {
      case 'logical_and':
      case 'logical_or':
        return { cost: { min: costs[0]!.min, max: add(...costs).max } };
      case 'conditional':
        return {
          cost: add(costs[0]!, union(costs[1]!, costs[2]!)),
          size: union(args[1]!.size ?? UNKNOWN, args[2]!.size ?? UNKNOWN),
        };
      default: {
        const estimate = estimateCall(expr.name, overload, target, args);
        return { ...estimate, cost: add(estimate.cost, ...costs) };
      }
    }
  }

  #operand(expr: Expr): Operand {
    const path = this.#path(expr);
    const known = path.length > 0 && !path[0]!.startsWith('@') && path[0] !== '__result__';
    const { value } = expr.kind === 'literal' ? expr : { value: undefined };
    const elementOf = (type: Type | undefined): Operand | undefined => {
      if (!type) return undefined;
      return { type, size: known ? this.#sizes([...path, '@items']) : undefined };
    };
    return {
      type: expr.type!,
      size: this.#size(expr),
      element: elementOf(expr.type!.params[0]),
      ...(typeof value === 'bigint' && { integer: value }),
    };
  }

  #list(expr: Expr & { kind: 'list' }): Range {
    let value: Range = { min: expr.elements.length === 0 ? 0 : UNLIMITED, max: 0 };
    const costs: Range[] = [];
    for (const element of expr.elements) {
      costs.push(this.cost(element));
      value = union(value, this.#sizeOrUnknown(element));
    }
    this.#setEntries(expr, { list: true, key: ONE, value });
    return add(...costs, LIST);
  }

  #map(expr: Expr & { kind: 'map' }): Range {
    const none: Range = { min: expr.entries.length === 0 ? 0 : UNLIMITED, max: 0 };
    let [keys, values] = [none, none];
    const costs: Range[] = [];
    for (const { key, value } of expr.entries) {
      costs.push(this.cost(key), this.cost(value));
      keys = union(keys, this.#sizeOrUnknown(key));
      values = union(values, this.#sizeOrUnknown(value));
    }
    this.#setEntries(expr, { list: false, key: keys, value: values });
    return add(...costs, MAP);
  }

  #comprehension(expr: Comprehension): Range {
    const rangeCost = this.cost(expr.range);
    const initCost = this.cost(expr.accuInit);
    this.#pushBound(expr.accuVar, expr.accuInit);
    const variables = this.#iterate(expr);
    const loopCost = add(this.cost(expr.condition), this.cost(expr.step));
    for (const name of variables) this.#pop(name);
    const resultCost = this.cost(expr.result);
    this.#pop(expr.accuVar);
    const count = this.#sizeOrUnknown(expr.range);
    if (expr.accuInit.kind === 'literal') {
      const size = this.#size(expr.accuInit);
      if (size) this.#computed.set(expr, size);
    } else if (expr.accuInit.kind === 'list' || expr.accuInit.kind === 'map') {
      this.#computed.set(expr, count);
      this.#setEntries(expr, this.#entriesOf(expr.step));
    }
    return add(rangeCost, initCost, resultCost, multiply(count, loopCost));
  }

  /** Makes the variables of a loop known; returns their names. */
  #iterate(expr: Comprehension): string[] {
    const entries = this.#entriesOf(expr.range);
    const list = entries ? entries.list : expr.range.type!.kind === 'list';
    const path = this.#path(expr.range);
    const push = (name: string, step: string, size: Range | undefined) =>
      this.#push(name, { path: [...path, step], size, entries: undefined });
    if (expr.iterVar2 === undefined) {
      push(expr.iterVar, list ? '@items' : '@keys', list ? entries?.value : entries?.key);
      return [expr.iterVar];
    }
    push(expr.iterVar, list ? '@indices' : '@keys', entries?.key);
    push(expr.iterVar2, list ? '@items' : '@values', entries?.value);
    return [expr.iterVar, expr.iterVar2];
  }

  #bind(expr: Comprehension): Range {
    const costs = [this.cost(expr.range), this.cost(expr.accuInit)];
    this.#pushBound(expr.accuVar, expr.accuInit);
    costs.push(this.cost(expr.result));
    this.#pop(expr.accuVar);
    this.#copySizes(expr, expr.result);
    return add(...costs);
  }

  #pushBound(name: string, value: Expr): void {
    this.#push(name, { path: this.#path(value), size: this.#size(value), entries: this.#entriesOf(value) });
  }

  #path(expr: Expr): readonly string[] {
    if (expr.kind === 'ident') {
      const local = this.#local(expr.name);
      if (local) return local.path;
    }
    return this.#paths.get(expr) ?? [];
  }

  #sizeOrUnknown(expr: Expr): Range {
    return this.#size(expr) ?? UNKNOWN;
  }

  #size(expr: Expr): Range | undefined {
    const computed = this.#computed.get(expr);
    if (computed) return computed;
    const own = ownSize(expr);
    if (own) return own;
    const path = this.#path(expr);
    const known = path.length === 0 ? undefined : this.#sizes(path);
    if (known) {
      this.#computed.set(expr, known);
      return known;
    }
    if (isScalar(expr.type!)) return ONE;
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined;
  }

  #entriesOf(expr: Expr): EntrySizes | undefined {
    return this.#entries.get(expr) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined);
  }

  #unionEntries(left: Expr, right: Expr): EntrySizes | undefined {
    const [a, b] = [this.#entriesOf(left), this.#entriesOf(right)];
    return a && b && { list: a.list, key: union(a.key, b.key), value: union(a.value, b.value) };
  }

  #setEntries(expr: Expr, entries: EntrySizes | undefined): void {
    if (entries) this.#entries.set(expr, entries);
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from);
    if (size) this.#computed.set(to, size);
    this.#setEntries(to, this.#entriesOf(from));
  }
}

const isBind = ({ range, condition, accuVar }: Comprehension) =>
  range.kind === 'list' &&
  range.elements.length === 0 &&
  condition.kind === 'literal' &&
  condition.value === false &&
  accuVar !== '__result__';

function ownSize(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case 'literal':
      return exactly(sizeOf(expr.value) ?? 1);
    case 'list':
      return exactly(expr.elements.length);
    case 'map':
      return exactly(expr.entries.length);
    default:
      return undefined;
  }
}

function isScalar(type: Type): boolean {
  if (type.isOptional) return isScalar(type.params[0]!);
  return ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'].includes(type.kind);
}
