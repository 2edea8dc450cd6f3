import type { FunctionDeclaration, Functions, Overload } from '../check/functions.js';
import type { TypeProvider } from '../check/scope.js';
import { runtimeCost } from '../cost/runtime.js';
import { compileRegex } from '../library/regex-engine.js';
import type { Call, Expr, ListLiteral, MapLiteral, Select, StructLiteral } from '../syntax/ast.js';
import { ArrayList, EntryMap, keyHandle } from '../values/collections.js';
import { equal, NO_SUCH_OVERLOAD } from '../values/compare.js';
import { fits, typeOfValue } from '../values/kinds.js';
import { CelError, CelList, CelOptional, CelUint, type Value } from '../values/value.js';
import type { Frame } from './activation.js';
import { CostTracker } from './cost-tracker.js';
import { planComprehension } from './fold.js';
import { attributeNode, constant, type Node, type Qualifier, type Run, selectFrom, variableNode } from './node.js';

/** An expression that can be known to fail before it is evaluated. */
export class PlanError extends Error {}

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

/** Functions of one constant that are evaluated when the expression is planned. */
const FOLDED = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint']);
const PATTERNED = new Set(['find', 'findAll']);

export interface Planned {
  readonly root: Node;
  readonly slots: number;
}

/** Plans a checked expression. Throws a PlanError for what cannot work. */
export function plan(root: Expr, functions: Functions, provider: TypeProvider): Planned {
  const planner = new Planner(functions, provider);
  const node = planner.plan(root);
  return { root: node, slots: planner.slots };
}

export class Planner {
  readonly #functions: Functions;
  readonly #provider: TypeProvider;
  readonly #locals = new Map<string, Node[]>();
  slots = 0;

  constructor(functions: Functions, provider: TypeProvider) {
    this.#functions = functions;
    this.#provider = provider;
  }

  /** Plans with some names standing for what is in slots. */
  withLocals<R>(locals: readonly (readonly [string, Node])[], body: () => R): R {
    for (const [name, node] of locals) this.#locals.set(name, [...(this.#locals.get(name) ?? []), node]);
    const result = body();
    for (const [name] of locals) this.#locals.get(name)!.pop();
    return result;
  }

  slot(): number {
    return this.slots++;
  }

  plan(expr: Expr): Node {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value);
      case 'ident':
        return expr.constant !== undefined ? constant(expr.constant) : this.#variable(expr.name);
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'comprehension':
        return planComprehension(this, expr);
      case 'unspecified':
        throw new PlanError('unsupported expr');
    }
  }

  #variable(name: string): Node {
    return this.#locals.get(name)?.at(-1) ?? variableNode(name);
  }

  #select(expr: Select): Node {
    if (expr.qualified) {
      const { name, constant: known } = expr.qualified;
      return known !== undefined ? constant(known) : this.#variable(name);
    }
    const { field } = expr;
    return selectFrom(this.plan(expr.operand), { optional: false, testOnly: expr.testOnly, key: () => field });
  }

  #index(args: readonly Node[], optional: boolean): Node {
    const [operand, index] = args as [Node, Node];
    const key = index.attribute ? index.attribute.resolve : index.run;
    const qualifier: Qualifier = { optional, testOnly: false, key };
    return selectFrom(operand, qualifier);
  }

  #call(expr: Call): Node {
    const operands = expr.target ? [expr.target, ...expr.args] : expr.args;
    const args = operands.map((it) => this.plan(it));
    switch (expr.name) {
      case '_&&_':
        return { run: logical(args, false) };
      case '_||_':
        return { run: logical(args, true) };
      case '_?_:_':
        return conditional(args);
      case '_==_':
        return this.#equality(args, '_==_', 'equals', (same) => same);
      case '_!=_':
        return this.#equality(args, '_!=_', 'not_equals', (same) => !same);
      case '_[_]':
        return this.#index(args, false);
      case '_[?_]':
      case '_?._':
        return this.#index(args, true);
      case '@not_strictly_false':
        return { run: charged(args[0]!.run, (value) => value !== false) };
      case 'or':
        return { run: optionalOr(args) };
      case 'orValue':
        return { run: optionalOrValue(args) };
      case '@in':
        return this.#membership(expr, args);
      default:
        return this.#invoke(expr, args);
    }
  }

  #equality(args: readonly Node[], name: string, id: string, result: (same: boolean) => boolean): Node {
    const [left, right] = args as [Node, Node];
    const cost = runtimeCost(name, id);
    return {
      run: (frame) => {
        const a = left.run(frame);
        const b = right.run(frame);
        const same = a instanceof CelError ? a : b instanceof CelError ? b : equal(a, b);
        frame.tracker.add(typeof cost === 'number' ? cost : cost([a, b], false));
        return typeof same === 'boolean' ? result(same) : same;
      },
    };
  }

  /** Membership in a list that is known needs no search, and is not charged. */
  #membership(expr: Call, args: readonly Node[]): Node {
    const [element, list] = args as [Node, Node];
    const members = list.constant;
    if (expr.overloads?.length !== 1 || expr.overloads[0] !== 'in_list' || !(members instanceof CelList)) {
      return this.#invoke(expr, args);
    }
    if (members.size === 0) return constant(false);
    const handles = new Set<unknown>();
    for (const it of members) {
      if ((it !== null && typeof it === 'object' && !(it instanceof CelUint)) || it === null) {
        return this.#invoke(expr, args);
      }
      handles.add(keyHandle(it));
    }
    return {
      run: (frame) => {
        const value = element.run(frame);
        return value instanceof CelError ? value : !Number.isNaN(value) && handles.has(keyHandle(value));
      },
    };
  }

  #invoke(expr: Call, args: readonly Node[]): Node {
    const fn = this.#functions.get(expr.name);
    if (!fn) throw new PlanError(`no such overload: ${expr.name}`);
    const id = expr.overloads?.length === 1 ? expr.overloads[0]! : '';
    const implementation = implementationOf(fn, id);
    const [first, second] = args;
    if (args.length === 1 && FOLDED.has(expr.name) && first!.constant !== undefined) {
      const value = implementation([first!.constant]);
      if (value instanceof CelError) throw new PlanError(value.message);
      return constant(value);
    }
    if (PATTERNED.has(expr.name) && typeof second?.constant === 'string') {
      const regex = compileRegex(second.constant);
      if (regex instanceof CelError) throw new PlanError(regex.message);
    }
    return { run: invocation(implementation, args, runtimeCost(expr.name, id)) };
  }

  #list(expr: ListLiteral): Node {
    const elements = expr.elements.map((it) => this.plan(it));
    const { optional } = expr;
    const make = (frame: Frame): Value => {
      const values: Value[] = [];
      for (const [index, element] of elements.entries()) {
        const value = element.run(frame);
        if (value instanceof CelError) return value;
        if (!optional.has(index)) values.push(value);
        else if (!(value instanceof CelOptional)) {
          return new CelError(`cannot initialize optional list element from non-optional value ${String(value)}`);
        } else if (value.value !== undefined) values.push(value.value);
      }
      return new ArrayList(values);
    };
    return this.#construction(elements, make, LIST_COST);
  }

  #map(expr: MapLiteral): Node {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }));
    const make = (frame: Frame): Value => {
      const made: [Value, Value][] = [];
      for (const { key, value, optional } of entries) {
        const k = key.run(frame);
        if (k instanceof CelError) return k;
        const v = value.run(frame);
        if (v instanceof CelError) return v;
        if (!optional) made.push([k, v]);
        else if (!(v instanceof CelOptional)) {
          return new CelError(`cannot initialize optional entry '${String(k)}' from non-optional value ${String(v)}`);
        } else if (v.value !== undefined) made.push([k, v.value]);
      }
      return new EntryMap(made);
    };
    const parts = entries.flatMap(({ key, value }) => [key, value]);
    return this.#construction(parts, make, MAP_COST);
  }

  #construction(parts: readonly Node[], make: Run, cost: number): Node {
    if (parts.every((part) => part.constant !== undefined)) {
      const value = make(UNCHARGED);
      if (!(value instanceof CelError)) return constant(value);
    }
    return { run: chargedAfter(make, cost) };
  }

  #struct(expr: StructLiteral): Node {
    const provider = this.#provider;
    const fields = expr.fields.map((field) => ({ ...field, node: this.plan(field.value) }));
    const make = (frame: Frame): Value => {
      const values = new Map<string, Value>();
      for (const { name, node, optional } of fields) {
        const value = node.run(frame);
        if (value instanceof CelError) return value;
        if (!optional) values.set(name, value);
        else if (value instanceof CelOptional) {
          if (value.value !== undefined) values.set(name, value.value);
        } else
          return new CelError(`cannot initialize optional entry '${name}' from non-optional value ${String(value)}`);
      }
      return provider.construct?.(expr.typeName, values) ?? new CelError(`unknown type '${expr.typeName}'`);
    };
    return { run: chargedAfter(make, STRUCT_COST) };
  }
}

/** For constants that are made before there is an evaluation. */
const UNCHARGED: Frame = {
  bindings: new Map(),
  computed: new Map(),
  slots: [],
  tracker: new CostTracker(Number.POSITIVE_INFINITY),
};

const chargedAfter =
  (make: Run, cost: number): Run =>
  (frame) => {
    const value = make(frame);
    frame.tracker.add(cost);
    return value;
  };

const charged =
  (operand: Run, result: (value: Value) => Value): Run =>
  (frame) => {
    const value = result(operand(frame));
    frame.tracker.add(1);
    return value;
  };

/** `&&` and `||`: one operand of the deciding value decides, whatever the other ones fail with. */
function logical(args: readonly Node[], deciding: boolean): Run {
  const runs = args.map(({ run }) => run);
  return (frame) => {
    let failure: CelError | undefined;
    for (const run of runs) {
      const value = run(frame);
      if (value === deciding) return deciding;
      if (typeof value !== 'boolean') failure ??= value instanceof CelError ? value : NO_SUCH_OVERLOAD;
    }
    return failure ?? !deciding;
  };
}

function conditional(args: readonly Node[]): Node {
  const [condition, yes, no] = args as [Node, Node, Node];
  const branch = (node: Node) => node.attribute?.resolve ?? node.run;
  const whenTrue = branch(yes);
  const whenFalse = branch(no);
  const base: Run = (frame) => {
    const value = condition.run(frame);
    if (value === true) return whenTrue(frame);
    if (value === false) return whenFalse(frame);
    return value instanceof CelError ? value : NO_SUCH_OVERLOAD;
  };
  return attributeNode(base, [], true);
}

function optionalOr(args: readonly Node[]): Run {
  const [left, right] = args as [Node, Node];
  return (frame) => {
    const value = left.run(frame);
    return value instanceof CelOptional && value.value === undefined ? right.run(frame) : value;
  };
}

function optionalOrValue(args: readonly Node[]): Run {
  const [left, right] = args as [Node, Node];
  return (frame) => {
    const value = left.run(frame);
    if (!(value instanceof CelOptional)) return value;
    return value.value === undefined ? right.run(frame) : value.value;
  };
}

type Apply = (args: readonly Value[]) => Value;

function noSuchOverload(name: string, args: readonly Value[]): CelError {
  return new CelError(`no such overload: ${name}(${args.map((arg) => typeOfValue(arg).name).join(', ')})`);
}

const accepts = ({ args }: Overload, values: readonly Value[]) =>
  args.length === values.length && args.every((type, index) => fits(values[index]!, type));

/** What is to be called: for one overload its own, otherwise the first one that the values fit. */
function implementationOf(fn: FunctionDeclaration, id: string): Apply {
  const { all } = fn;
  if (all) return (values) => all(...values);
  const candidates = fn.overloads.filter((it) => it.run && (id === '' || it.id === id));
  return (values) => {
    const overload = candidates.find((it) => accepts(it, values));
    return overload ? overload.run!(...values) : noSuchOverload(fn.name, values);
  };
}

function invocation(apply: Apply, args: readonly Node[], cost: ReturnType<typeof runtimeCost>): Run {
  const runs = args.map(({ run }) => run);
  return (frame) => {
    const values: Value[] = [];
    let failure: CelError | undefined;
    for (const run of runs) {
      const value = run(frame);
      if (value instanceof CelError) failure ??= value;
      values.push(value);
    }
    // What is charged by its arguments is charged before it can take its time.
    const before = typeof cost !== 'number' && cost.length < 2;
    if (before) frame.tracker.add(cost(values, null));
    const result = failure ?? apply(values);
    if (!before) frame.tracker.add(typeof cost === 'number' ? cost : cost(values, result));
    return result;
  };
}
