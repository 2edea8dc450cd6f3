import { DYN, listOf, mapOf, Type, typeOf } from './type.js';

/**
 * What is known of type parameters. Assignments are tried and taken back if they fail, so that an attempt costs what it
 * touches and not what is known already.
 */
export class Substitutions {
  readonly #types = new Map<string, Type>();
  readonly #undo: [string, Type | undefined][] = [];

  isAssignable(t1: Type, t2: Type): boolean {
    return this.#attempt(() => this.#assign(t1, t2));
  }

  areAssignable(l1: readonly Type[], l2: readonly Type[]): boolean {
    return this.#attempt(() => this.#assignAll(l1, l2));
  }

  /** `type` with what is known in place of its parameters; `dyn` in place of the others if `toDyn`. */
  apply(type: Type, toDyn: boolean): Type {
    if (type.kind === 'param') {
      const known = this.#types.get(type.name);
      if (known) return this.apply(known, toDyn);
      return toDyn ? DYN : type;
    }
    if (type.params.length === 0) return type;
    const params = type.params.map((it) => this.apply(it, toDyn));
    if (params.every((it, index) => it === type.params[index])) return type;
    return rebuilt(type, params);
  }

  #attempt(assign: () => boolean): boolean {
    const mark = this.#undo.length;
    if (assign()) {
      this.#undo.length = mark;
      return true;
    }
    while (this.#undo.length > mark) {
      const [name, type] = this.#undo.pop()!;
      if (type) this.#types.set(name, type);
      else this.#types.delete(name);
    }
    return false;
  }

  #set(param: Type, type: Type): void {
    this.#undo.push([param.name, this.#types.get(param.name)]);
    this.#types.set(param.name, type);
  }

  #assignAll(l1: readonly Type[], l2: readonly Type[]): boolean {
    return l1.length === l2.length && l1.every((type, index) => this.#assign(type, l2[index]!));
  }

  #assign(t1: Type, t2: Type): boolean {
    if (t2.kind === 'param') {
      const { valid, known } = this.#substitute(t1, t2);
      if (valid) return true;
      if (known) return false;
    }
    if (t1.kind === 'param') return this.#substitute(t2, t1).valid;
    if (t1.isDynOrError || t2.isDynOrError) return true;
    if (t1.kind === 'null') return acceptsNull(t2);
    if (t2.kind === 'null') return acceptsNull(t1);
    switch (t1.kind) {
      case 'type':
        return t2.kind === 'type';
      case 'opaque':
      case 'list':
      case 'map':
        return t1.kind === t2.kind && t1.name === t2.name && this.#assignAll(t1.params, t2.params);
      default:
        return t2.accepts(t1);
    }
  }

  /** Whether `type` may stand for the parameter, and whether something stood for it before. */
  #substitute(type: Type, param: Type): { valid: boolean; known: boolean } {
    if (type.equals(param)) return { valid: true, known: true };
    const known = this.#types.get(param.name);
    if (known) {
      if (type.equals(known)) return { valid: true, known: true };
      if (!this.#assign(type, known)) return { valid: false, known: true };
      const general = mostGeneral(type, known);
      if (!this.#occursIn(param, general)) this.#set(param, general);
      return { valid: true, known: true };
    }
    if (this.#occursIn(param, type)) return { valid: false, known: false };
    this.#set(param, type);
    return { valid: true, known: false };
  }

  #occursIn(param: Type, within: Type): boolean {
    if (param.equals(within)) return true;
    if (within.kind === 'param') {
      const known = this.#types.get(within.name);
      return known !== undefined && this.#occursIn(param, known);
    }
    return within.params.some((it) => this.#occursIn(param, it));
  }
}

function rebuilt(type: Type, params: readonly Type[]): Type {
  if (type.kind === 'list') return listOf(params[0]!);
  if (type.kind === 'map') return mapOf(params[0]!, params[1]!);
  if (type.kind === 'type') return typeOf(params[0]!);
  return new Type(type.kind, type.name, params, type.nullable);
}

function acceptsNull(type: Type): boolean {
  return ['null', 'opaque', 'struct', 'any', 'duration', 'timestamp'].includes(type.kind) || type.nullable;
}

/** The more general of two types that agree. */
export function mostGeneral(t1: Type, t2: Type): Type {
  return isEqualOrLessSpecific(t1, t2) ? t1 : t2;
}

function isEqualOrLessSpecific(t1: Type, t2: Type): boolean {
  if (t1.isDyn || t1.kind === 'param') return true;
  if (t2.isDyn || t2.kind === 'param') return false;
  if (t1.kind !== t2.kind) return false;
  switch (t1.kind) {
    case 'opaque':
    case 'list':
    case 'map':
      return (
        t1.name === t2.name &&
        t1.params.length === t2.params.length &&
        t1.params.every((it, index) => isEqualOrLessSpecific(it, t2.params[index]!))
      );
    case 'type':
      return true;
    default:
      return t1.equals(t2);
  }
}
