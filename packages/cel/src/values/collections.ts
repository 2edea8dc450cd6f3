import { CelError, CelList, CelMap, CelUint, type Value } from './value.js';

export class ArrayList extends CelList {
  readonly elements: readonly Value[];

  constructor(elements: readonly Value[]) {
    super();
    this.elements = elements;
  }

  get size(): number {
    return this.elements.length;
  }

  at(index: number): Value {
    return this.elements[index]!;
  }
}

/** What a comprehension adds to: its appends are in place, since nothing else sees it. */
export class GrowingList extends CelList {
  readonly #elements: Value[] = [];

  get size(): number {
    return this.#elements.length;
  }

  at(index: number): Value {
    return this.#elements[index]!;
  }

  push(other: CelList): this {
    for (const element of other) this.#elements.push(element);
    return this;
  }

  finished(): CelList {
    return new ArrayList(this.#elements);
  }
}

/** Two lists one behind the other. Nothing is copied, so that a sum costs what it is charged for. */
export class ConcatList extends CelList {
  readonly size: number;
  readonly #left: CelList;
  readonly #right: CelList;

  constructor(left: CelList, right: CelList) {
    super();
    this.#left = left;
    this.#right = right;
    this.size = left.size + right.size;
  }

  at(index: number): Value {
    return index < this.#left.size ? this.#left.at(index) : this.#right.at(index - this.#left.size);
  }

  override *[Symbol.iterator](): Iterator<Value> {
    yield* this.#left;
    yield* this.#right;
  }
}

/** 0, 1, … without being anywhere. */
export class RangeList extends CelList {
  readonly size: number;

  constructor(size: number) {
    super();
    this.size = size;
  }

  at(index: number): Value {
    return BigInt(index);
  }
}

/** Equal keys have equal handles: 1, 1u and 1.0 are one key. */
export function keyHandle(key: Value): unknown {
  if (key instanceof CelUint) return key.value;
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key);
  return key;
}

export class EntryMap extends CelMap {
  readonly #entries = new Map<unknown, [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: Value): Value | undefined {
    return this.#entries.get(keyHandle(key))?.[1];
  }

  *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }

  protected set(key: Value, value: Value): void {
    this.#entries.set(keyHandle(key), [key, value]);
  }
}

/** The map that a comprehension fills. */
export class GrowingMap extends EntryMap {
  insert(key: Value, value: Value): this | CelError {
    if (this.find(key) !== undefined) return new CelError(`insert failed: key ${showKey(key)} already exists`);
    this.set(key, value);
    return this;
  }

  finished(): CelMap {
    return this;
  }
}

function showKey(key: Value): string {
  return key instanceof CelUint ? String(key.value) : String(key);
}
