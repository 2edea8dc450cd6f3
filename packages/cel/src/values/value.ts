import type { Type } from '../types/type.js';
import type { CelDuration, CelTimestamp } from './time.js';

/**
 * Values as expressions see them. An int is a bigint and a double is a number, so that JavaScript's own types tell them
 * apart; what has no JavaScript type is a class.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelList
  | CelMap
  | CelTimestamp
  | CelDuration
  | CelOptional
  | CelObject
  | TypeValue
  | CelError;

export const INT_MIN = -(2n ** 63n);
export const INT_MAX = 2n ** 63n - 1n;
export const UINT_MAX = 2n ** 64n - 1n;

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A failure, which is a value: `true || failure` is true. */
export class CelError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export abstract class CelList {
  abstract readonly size: number;
  abstract at(index: number): Value;

  *[Symbol.iterator](): Iterator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }

  /** Equality and addition of lists that are not plain sequences (sets, maps by key). */
  equalTo?(other: CelList): boolean | CelError;
  plus?(other: CelList): CelList;
}

export abstract class CelMap {
  abstract readonly size: number;
  /** The value of a key; undefined if there is none. */
  abstract find(key: Value): Value | undefined;
  abstract keys(): Iterable<Value>;
}

/** An object of a library: an address, a quantity, an authorizer. */
export abstract class CelObject {
  abstract readonly type: Type;
  abstract equals(other: CelObject): boolean | CelError;
  /** As `size()` counts it, for costs. */
  get costSize(): number | undefined {
    return undefined;
  }
  /** A field of it, undefined if it has none of that name. */
  field?(name: string): Value | undefined;
}

/** A value or none. */
export class CelOptional {
  static readonly NONE = new CelOptional(undefined);
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A type as a value. */
export class TypeValue {
  readonly type: Type;
  constructor(type: Type) {
    this.type = type;
  }
}
