import type { Type } from '../types/type.js';
import type { Value } from '../values/value.js';

export interface Variable {
  readonly name: string;
  readonly type: Type;
  /** Of a type's name the type itself. */
  readonly constant?: Value;
}

/** Types with fields: those of the objects that expressions look at. */
export interface TypeProvider {
  /** The type of this name, if it has fields. */
  findStruct(name: string): Type | undefined;
  findField(struct: string, field: string): Type | undefined;
  /** A new object of the type; undefined if expressions cannot make one. */
  construct?(struct: string, fields: ReadonlyMap<string, Value>): Value | undefined;
}

/** Variables by name; an inner scope hides what an outer one has. */
export class Scope {
  readonly #variables = new Map<string, Variable>();
  readonly #outer: Scope | undefined;

  constructor(variables: Iterable<Variable>, outer?: Scope) {
    for (const variable of variables) this.#variables.set(variable.name, variable);
    this.#outer = outer;
  }

  find(name: string): Variable | undefined {
    return this.#variables.get(name) ?? this.#outer?.find(name);
  }
}
