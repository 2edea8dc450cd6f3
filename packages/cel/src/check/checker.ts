import { type Call, type Comprehension, type Expr, type Ident, qualifiedName, type Select } from '../syntax/ast.js';
import type { Issues } from '../syntax/source.js';
import {
  BOOL,
  DYN,
  ERROR,
  formatSignature,
  INT,
  listOf,
  mapOf,
  optionalOf,
  param,
  type Type,
  typeOf,
} from '../types/type.js';
import { mostGeneral, Substitutions } from '../types/unify.js';
import { typeOfValue } from '../values/kinds.js';
import { TypeValue } from '../values/value.js';
import type { FunctionDeclaration, Functions, Overload } from './functions.js';
import { Scope, type TypeProvider, type Variable } from './scope.js';
import { wellKnownName } from './well-known.js';

/** Gives every expression below `root` its type and every call its overloads; reports what does not fit. */
export function check(
  root: Expr,
  variables: Iterable<Variable>,
  functions: Functions,
  provider: TypeProvider,
  issues: Issues,
): void {
  new Checker(functions, provider, issues).run(root, new Scope(variables));
}

class Checker {
  readonly #functions: Functions;
  readonly #provider: TypeProvider;
  readonly #issues: Issues;
  readonly #known = new Substitutions();
  readonly #checked: Expr[] = [];
  #scope!: Scope;
  #parameters = 0;

  constructor(functions: Functions, provider: TypeProvider, issues: Issues) {
    this.#functions = functions;
    this.#provider = provider;
    this.#issues = issues;
  }

  run(root: Expr, scope: Scope): void {
    this.#scope = scope;
    this.#check(root);
    for (const expr of this.#checked) expr.type = this.#known.apply(expr.type!, true);
  }

  #check(expr: Expr): Type {
    const type = this.#typeOf(expr);
    expr.type = type;
    this.#checked.push(expr);
    return type;
  }

  #typeOf(expr: Expr): Type {
    switch (expr.kind) {
      case 'literal':
        return typeOfValue(expr.value);
      case 'ident':
        return this.#ident(expr);
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
        return this.#comprehension(expr);
      case 'unspecified':
        return ERROR;
    }
  }

  #find(name: string): Variable | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    const variable = this.#scope.find(plain);
    if (variable) return variable;
    const struct = this.#provider.findStruct(plain);
    return struct && { name: plain, type: typeOf(struct), constant: new TypeValue(struct) };
  }

  #undeclared(at: number, name: string): Type {
    this.#issues.report(at, `undeclared reference to '${name}' (in container '')`);
    return ERROR;
  }

  #ident(expr: Ident): Type {
    const variable = this.#find(expr.name);
    if (!variable) return this.#undeclared(expr.at, expr.name);
    expr.name = variable.name;
    if (variable.constant !== undefined) expr.constant = variable.constant;
    return variable.type;
  }

  #select(expr: Select): Type {
    const name = qualifiedName(expr);
    const variable = name === undefined ? undefined : this.#find(name);
    if (variable) {
      const { constant } = variable;
      expr.qualified = { name: variable.name, ...(constant !== undefined && { constant }) };
      return variable.type;
    }
    const type = this.#field(expr.at, expr.operand, expr.field, false);
    return expr.testOnly ? BOOL : this.#known.apply(type, false);
  }

  #field(at: number, operand: Expr, field: string, optional: boolean): Type {
    const operandType = this.#known.apply(this.#check(operand), false);
    const target = operandType.isOptional ? operandType.params[0]! : operandType;
    const type = this.#fieldType(at, target, field);
    return operandType.isOptional || optional ? optionalOf(type) : type;
  }

  #fieldType(at: number, target: Type, field: string): Type {
    switch (target.kind) {
      case 'map':
        return target.params[1]!;
      case 'struct':
        return this.#findField(at, target.name, field) ?? ERROR;
      case 'param':
        this.#known.isAssignable(DYN, target);
        return DYN;
      default:
        if (!target.isDynOrError) this.#issues.report(at, `type '${target}' does not support field selection`);
        return DYN;
    }
  }

  #findField(at: number, struct: string, field: string): Type | undefined {
    if (!this.#provider.findStruct(struct)) {
      this.#issues.report(at, `unexpected failed resolution of '${struct}'`);
      return undefined;
    }
    const type = this.#provider.findField(struct, field);
    if (!type) this.#issues.report(at, `undefined field '${field}'`);
    return type;
  }

  #call(expr: Call): Type {
    if (expr.name === '_?._') return this.#optionalSelect(expr);
    for (const arg of expr.args) this.#check(arg);
    if (!expr.target) {
      const name = expr.name.startsWith('.') ? expr.name.slice(1) : expr.name;
      const fn = this.#functions.get(name);
      if (!fn) return this.#undeclared(expr.at, expr.name);
      expr.name = name;
      return this.#resolve(expr, fn);
    }
    const prefix = qualifiedName(expr.target);
    const namespaced = prefix === undefined ? undefined : this.#functions.get(`${prefix}.${expr.name}`);
    if (namespaced) {
      expr.name = namespaced.name;
      expr.target = undefined;
      return this.#resolve(expr, namespaced);
    }
    this.#check(expr.target);
    const fn = this.#functions.get(expr.name);
    return fn ? this.#resolve(expr, fn) : this.#undeclared(expr.at, expr.name);
  }

  #optionalSelect(expr: Call): Type {
    const [operand, field] = expr.args;
    const name = field?.kind === 'literal' && typeof field.value === 'string' ? field.value : '';
    if (field) {
      field.type = typeOfValue(name);
      this.#checked.push(field);
    }
    const type = this.#field(expr.at, operand!, name, true);
    expr.overloads = ['select_optional_field'];
    return this.#known.apply(type, false);
  }

  #resolve(expr: Call, fn: FunctionDeclaration): Type {
    const operands = expr.target ? [expr.target, ...expr.args] : expr.args;
    const types = operands.map((it) => it.type!);
    const fitting: string[] = [];
    let result: Type | undefined;
    for (const overload of fn.overloads) {
      if (overload.member !== (expr.target !== undefined)) continue;
      if (fn.name === '_&&_' || fn.name === '_||_') return this.#logical(expr, overload, types);
      const signature = this.#fresh(overload);
      if (!this.#known.areAssignable(types, signature.args)) continue;
      fitting.push(overload.id);
      const type = this.#known.apply(signature.result, false);
      if (!result) result = type;
      else if (!result.isDyn && !type.equals(result)) result = DYN;
    }
    if (result) {
      expr.overloads = fitting;
      return result;
    }
    const shown = types.map((type) => this.#known.apply(type, true));
    const signature = formatSignature(shown, expr.target !== undefined);
    this.#issues.report(expr.at, `found no matching overload for '${fn.name}' applied to '${signature}'`);
    return ERROR;
  }

  #logical(expr: Call, overload: Overload, types: readonly Type[]): Type {
    let wrong = false;
    for (const [index, type] of types.entries()) {
      if (this.#known.isAssignable(type, BOOL)) continue;
      wrong = true;
      this.#mismatch(expr.args[index]!.at, BOOL, type);
    }
    if (wrong) return ERROR;
    expr.overloads = [overload.id];
    return BOOL;
  }

  /** The overload with type parameters that nothing else knows. */
  #fresh(overload: Overload): { args: readonly Type[]; result: Type } {
    const names = new Map<string, Type>();
    const renamed = (type: Type): Type => {
      if (type.kind === 'param') {
        const known = names.get(type.name) ?? this.#parameter();
        names.set(type.name, known);
        return known;
      }
      if (type.params.length === 0) return type;
      const params = type.params.map(renamed);
      if (type.kind === 'list') return listOf(params[0]!);
      if (type.kind === 'map') return mapOf(params[0]!, params[1]!);
      if (type.kind === 'type') return typeOf(params[0]!);
      return optionalOf(params[0]!);
    };
    return { args: overload.args.map(renamed), result: renamed(overload.result) };
  }

  #parameter(): Type {
    return param(`_var${this.#parameters++}`);
  }

  #mismatch(at: number, expected: Type, actual: Type): void {
    this.#issues.report(at, `expected type '${expected}' but found '${actual}'`);
  }

  /** The type of an optional member without the optional. */
  #unwrapped(expr: Expr, type: Type, optional: boolean): Type {
    if (!optional) return type;
    if (type.isOptional) return type.params[0]!;
    if (!type.isDyn) this.#mismatch(expr.at, optionalOf(type), type);
    return type;
  }

  #list(expr: Expr & { kind: 'list' }): Type {
    let element: Type | undefined;
    for (const [index, it] of expr.elements.entries()) {
      const type = this.#unwrapped(it, this.#check(it), expr.optional.has(index));
      element = this.#join(element, type);
    }
    return listOf(element ?? this.#parameter());
  }

  #map(expr: Expr & { kind: 'map' }): Type {
    let key: Type | undefined;
    let value: Type | undefined;
    for (const entry of expr.entries) {
      key = this.#join(key, this.#check(entry.key));
      const type = this.#unwrapped(entry.value, this.#check(entry.value), entry.optional);
      value = this.#join(value, type);
    }
    return mapOf(key ?? this.#parameter(), value ?? this.#parameter());
  }

  /** The type of members of literals; that they are of one type is checked later, where it matters. */
  #join(previous: Type | undefined, current: Type): Type {
    if (!previous) return current;
    return this.#known.isAssignable(previous, current) ? mostGeneral(previous, current) : DYN;
  }

  #struct(expr: Expr & { kind: 'struct' }): Type {
    const variable = this.#find(expr.typeName);
    if (!variable) return this.#undeclared(expr.at, expr.typeName);
    expr.typeName = variable.name;
    const type = this.#messageType(expr.at, variable);
    for (const field of expr.fields) {
      const value = this.#unwrapped(field.value, this.#check(field.value), field.optional);
      const name = type.kind === 'struct' ? type.name : (wellKnownName(type, variable.name) ?? variable.name);
      const wanted = this.#findField(field.at, name, field.name) ?? ERROR;
      if (!this.#known.isAssignable(wanted, value)) {
        const message = `expected type of field '${field.name}' is '${wanted}' but provided type is '${value}'`;
        this.#issues.report(field.at, message);
      }
    }
    return type;
  }

  #messageType(at: number, { type }: Variable): Type {
    if (type.kind === 'error') return ERROR;
    if (type.kind !== 'type') {
      this.#issues.report(at, `'${type.name}' is not a type`);
      return ERROR;
    }
    const message = type.params[0] ?? ERROR;
    if (message.kind === 'struct' || wellKnownName(message) !== undefined) return message;
    this.#issues.report(at, `'${message.name}' is not a message type`);
    return ERROR;
  }

  #comprehension(expr: Comprehension): Type {
    this.#check(expr.range);
    const accuType = this.#check(expr.accuInit);
    const range = this.#known.apply(expr.range.type!, false);
    const outer = this.#scope;
    const withAccu = new Scope([{ name: expr.accuVar, type: accuType }], outer);
    const [first, second] = this.#iterationTypes(expr, range);
    const variables = [{ name: expr.iterVar, type: first }];
    if (expr.iterVar2 !== undefined) variables.push({ name: expr.iterVar2, type: second });
    this.#scope = new Scope(variables, withAccu);
    this.#assert(expr.condition, this.#check(expr.condition), BOOL);
    this.#assert(expr.step, this.#check(expr.step), accuType);
    this.#scope = withAccu;
    this.#check(expr.result);
    this.#scope = outer;
    return this.#known.apply(expr.result.type!, false);
  }

  #assert(expr: Expr, actual: Type, wanted: Type): void {
    if (!this.#known.isAssignable(wanted, actual)) this.#mismatch(expr.at, wanted, actual);
  }

  #iterationTypes(expr: Comprehension, range: Type): [Type, Type] {
    const two = expr.iterVar2 !== undefined;
    switch (range.kind) {
      case 'list':
        return two ? [INT, range.params[0]!] : [range.params[0]!, DYN];
      case 'map':
        return [range.params[0]!, range.params[1]!];
      case 'dyn':
      case 'any':
      case 'error':
      case 'param':
        this.#known.isAssignable(DYN, range);
        return [DYN, DYN];
      default: {
        const message = `expression of type '${range}' cannot be range of a comprehension (must be list, map, or dynamic)`;
        this.#issues.report(expr.range.at, message);
        return [ERROR, ERROR];
      }
    }
  }
}
