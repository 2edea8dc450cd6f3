/** Kinds of types, in the terms of the checker. */
export type Kind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'opaque'
  | 'param'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'uint';

/** A type of the language. Immutable. */
export class Type {
  readonly kind: Kind;
  /** What `type(x)` shows; of a parameter its own name. */
  readonly name: string;
  readonly params: readonly Type[];
  /** A protobuf wrapper: the type, or null. */
  readonly nullable: boolean;

  constructor(kind: Kind, name: string, params: readonly Type[] = [], nullable = false) {
    this.kind = kind;
    this.name = name;
    this.params = params;
    this.nullable = nullable;
  }

  get isOptional(): boolean {
    return this.kind === 'opaque' && this.name === OPTIONAL;
  }

  get isDyn(): boolean {
    return this.kind === 'dyn' || this.kind === 'any';
  }

  get isDynOrError(): boolean {
    return this.isDyn || this.kind === 'error';
  }

  equals(other: Type): boolean {
    return this.#same(other, true);
  }

  /** As `equals`, but type parameters are alike whatever they are called. */
  isEquivalent(other: Type): boolean {
    return this.#same(other, false);
  }

  #same(other: Type, named: boolean): boolean {
    if (this === other) return true;
    if (this.kind !== other.kind || this.params.length !== other.params.length) return false;
    if (this.name !== other.name && (named || this.kind !== 'param')) return false;
    if (this.nullable !== other.nullable && named) return false;
    return this.params.every((param, index) => param.#same(other.params[index]!, named));
  }

  /** Whether a value of type `from` may be used where this type is wanted. */
  accepts(from: Type): boolean {
    if (this === from || this.kind === 'dyn') return true;
    if (this.nullable && from.kind === 'null') return true;
    if (this.kind !== from.kind || this.name !== from.name || this.params.length !== from.params.length) return false;
    return this.params.every((param, index) => param.accepts(from.params[index]!));
  }

  /** As error messages show it. */
  toString(): string {
    switch (this.kind) {
      case 'any':
      case 'duration':
      case 'null':
      case 'timestamp':
        return this.kind;
      case 'error':
        return '!error!';
    }
    if (this.nullable) return `wrapper(${this.name})`;
    return this.params.length === 0 ? this.name : `${this.name}(${this.params.join(', ')})`;
  }
}

export const OPTIONAL = 'optional_type';

export const ANY = new Type('any', 'google.protobuf.Any');
export const BOOL = new Type('bool', 'bool');
export const BYTES = new Type('bytes', 'bytes');
export const DOUBLE = new Type('double', 'double');
export const DURATION = new Type('duration', 'google.protobuf.Duration');
export const DYN = new Type('dyn', 'dyn');
export const ERROR = new Type('error', 'error');
export const INT = new Type('int', 'int');
export const NULL = new Type('null', 'null_type');
export const STRING = new Type('string', 'string');
export const TIMESTAMP = new Type('timestamp', 'google.protobuf.Timestamp');
export const TYPE = new Type('type', 'type');
export const UINT = new Type('uint', 'uint');

export const listOf = (element: Type): Type => new Type('list', 'list', [element]);
export const mapOf = (key: Type, value: Type): Type => new Type('map', 'map', [key, value]);
export const optionalOf = (value: Type): Type => new Type('opaque', OPTIONAL, [value]);
export const typeOf = (type: Type): Type => new Type('type', 'type', [type]);
export const param = (name: string): Type => new Type('param', name);
export const opaque = (name: string): Type => new Type('opaque', name);
export const structType = (name: string): Type => new Type('struct', name);
export const wrapper = (type: Type): Type => new Type(type.kind, type.name, type.params, true);

/** A function as error messages show it: `(int, string)`, `list(int).(int)`. */
export function formatSignature(args: readonly Type[], member: boolean): string {
  const [target, ...rest] = args;
  return member ? `${target}.(${rest.join(', ')})` : `(${args.join(', ')})`;
}
