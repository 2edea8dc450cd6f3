import type { Type } from '../types/type.js';
import type { Value } from '../values/value.js';

export type Implementation = (...args: Value[]) => Value;

/** One signature of a function. Of a member function the first argument is the receiver. */
export interface Overload {
  readonly id: string;
  readonly member: boolean;
  readonly args: readonly Type[];
  readonly result: Type;
  readonly run: Implementation | undefined;
}

/** A function: its signatures, or one implementation for all of them that looks at the values itself. */
export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
  /** Serves every overload, whatever the types at run time are. */
  readonly all?: Implementation;
}

export function overload(id: string, args: readonly Type[], result: Type, run?: Implementation): Overload {
  return { id, member: false, args, result, run };
}

export function member(id: string, args: readonly Type[], result: Type, run?: Implementation): Overload {
  return { id, member: true, args, result, run };
}

export type Functions = ReadonlyMap<string, FunctionDeclaration>;

/** Libraries as one table; what several of them say of one function is put together. */
export function functionTable(libraries: Iterable<FunctionDeclaration>): Functions {
  const table = new Map<string, FunctionDeclaration>();
  for (const declaration of libraries) {
    const known = table.get(declaration.name);
    const all = declaration.all ?? known?.all;
    table.set(declaration.name, {
      name: declaration.name,
      overloads: [...(known?.overloads ?? []), ...declaration.overloads],
      ...(all && { all }),
    });
  }
  return table;
}
