/**
 * A JSON reader that keeps what Go's decoder sees and JSON.parse forgets: fields given twice, the order of fields,
 * integers of 64 bits, and how numbers were written. Errors are told as Go's encoding/json tells them.
 */
import { exactInteger } from './int64.js';
import { setField } from './set-field.js';

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

/** A text of more values than its reader may make. */
export class JsonSizeError extends Error {
  override readonly name = 'JsonSizeError';
}

/** What an object or list of the text was beyond what its value shows. */
export interface Note {
  /** All fields in the text's order, where some are given twice or the object has them in another order. */
  fields?: (readonly [string, unknown])[];
  /** Numbers that are not written as integers of 64 bits, by field or index. */
  numbers?: Map<string, string>;
}

export type Notes = ReadonlyMap<object, Note>;

export interface ParsedJson {
  readonly value: unknown;
  /** Paths of fields given more than once, such as `data.k` or `spec.containers[0].name`. */
  readonly duplicates: readonly string[];
  readonly notes: Notes;
}

/** Nesting deeper than this is refused. */
const DEPTH_MAX = 1000;
/** No more than this many faults of a text are told. */
export const FAULTS_MAX = 100;

interface Limits {
  readonly valuesMax?: number;
  /** What is in fields of this name is counted by itself, to the same limit. */
  readonly apart?: string;
}

/** Reads a JSON text; the last one of a field's values counts. Throws JsonSizeError once it has more values than it may. */
export function parseJson(text: string, limits: Limits = {}): ParsedJson {
  return new Reader(text, limits).read();
}

class Reader {
  readonly #text: string;
  readonly #duplicates = new Set<string>();
  readonly #notes = new Map<object, Note>();
  /** Fields and indexes from the top to here. */
  readonly #path: (string | number)[] = [];
  #at = 0;
  readonly #valuesMax: number;
  readonly #apart: string | undefined;
  #valuesLeft: number;

  constructor(text: string, { valuesMax = Number.POSITIVE_INFINITY, apart }: Limits) {
    this.#text = text;
    this.#valuesMax = valuesMax;
    this.#apart = apart;
    this.#valuesLeft = valuesMax;
  }

  read(): ParsedJson {
    const value = this.#value(undefined);
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return { value, duplicates: [...this.#duplicates], notes: this.#notes };
  }

  #value(holder: object | undefined): unknown {
    if (--this.#valuesLeft < 0) throw new JsonSizeError('too many values');
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    if (char === '-' || (char !== undefined && char >= '0' && char <= '9')) return this.#number(holder);
    for (const [word, value] of LITERALS) if (char === word[0]) return this.#literal(word, value);
    throw this.#unexpected('looking for beginning of value');
  }

  #valueApart(holder: object): unknown {
    const left = this.#valuesLeft;
    this.#valuesLeft = this.#valuesMax;
    const value = this.#value(holder);
    this.#valuesLeft = left;
    return value;
  }

  #enter(key: string | number): void {
    if (this.#path.push(key) >= DEPTH_MAX) throw new JsonSyntaxError('exceeded max depth');
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    let fields: [string, unknown][] | undefined;
    this.#at++;
    this.#space();
    if (this.#take('}')) return object;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      const isAgain = Object.hasOwn(object, key);
      this.#enter(key);
      if (isAgain) this.#duplicate();
      if (fields === undefined && (isAgain || isIndex(key))) {
        fields = Object.entries(object);
        this.#note(object).fields = fields;
      }
      this.#space();
      if (!this.#take(':')) throw this.#unexpected('after object key');
      const value = key === this.#apart ? this.#valueApart(object) : this.#value(object);
      setField(object, key, value);
      fields?.push([key, value]);
      this.#path.pop();
      this.#space();
      if (this.#take('}')) return object;
      if (!this.#take(',')) throw this.#unexpected('after object key:value pair');
    }
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#take(']')) return items;
    for (;;) {
      this.#enter(items.length);
      items.push(this.#value(items));
      this.#path.pop();
      this.#space();
      if (this.#take(']')) return items;
      if (!this.#take(',')) throw this.#unexpected('after array element');
    }
  }

  #duplicate(): void {
    if (this.#duplicates.size >= FAULTS_MAX) return;
    const parts = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`));
    this.#duplicates.add(parts.join('').replace(/^\./, ''));
  }

  #note(holder: object): Note {
    let note = this.#notes.get(holder);
    if (note === undefined) {
      note = {};
      this.#notes.set(holder, note);
    }
    return note;
  }

  #string(): string {
    const start = this.#at++;
    PLAIN.lastIndex = this.#at;
    PLAIN.test(this.#text);
    this.#at = PLAIN.lastIndex;
    if (this.#text[this.#at] === '"' && this.#at - start - 1 <= COPIED_MAX)
      return this.#text.slice(start + 1, this.#at++);
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.#unexpected('in string literal');
      if (char < ' ') throw this.#unexpected('in string literal');
      if (char === '\\') this.#escape();
      else this.#at++;
      if (char === '"') break;
    }
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #escape(): void {
    const char = this.#text[++this.#at] ?? '';
    if (char === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(this.#text.slice(this.#at + 1, this.#at + 5))) {
        this.#at++;
        throw this.#unexpected('in \\u hexadecimal character escape');
      }
      this.#at += 4;
    } else if (char === '' || !'"\\/bfnrt'.includes(char)) throw this.#unexpected('in string escape code');
    this.#at++;
  }

  #number(holder: object | undefined): number {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      this.#at++;
      throw this.#unexpected('in numeric literal');
    }
    const [literal] = match;
    this.#at += literal.length;
    if (literal.length < SURELY_EXACT && /^\d+$/.test(literal)) return Number(literal);
    const integer = /[.eE]/.test(literal) ? undefined : exactInteger(literal);
    if (integer !== undefined) return integer;
    if (holder !== undefined) {
      const note = this.#note(holder);
      note.numbers ??= new Map();
      note.numbers.set(String(this.#path.at(-1)), literal);
    }
    return Number(literal);
  }

  #literal(word: string, value: unknown): unknown {
    for (let index = 1; index < word.length; index++) {
      if (this.#text[++this.#at] !== word[index])
        throw this.#unexpected(`in literal ${word} (expecting '${word[index]}')`);
    }
    this.#at++;
    return value;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #unexpected(where: string): JsonSyntaxError {
    const char = this.#text[this.#at];
    if (char === undefined) return new JsonSyntaxError('unexpected end of JSON input');
    const shown = char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${JSON.stringify(char).slice(1, -1)}'`;
    return new JsonSyntaxError(`invalid character ${shown} ${where}`);
  }
}

/** Characters that stand for themselves in a string, and are not rare. */
const PLAIN = /[ !#-[\]-~]*/y;
/** Longer parts of a text are kept by holding on to the whole of it. */
const COPIED_MAX = 12;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Integers of fewer digits are numbers without loss. */
const SURELY_EXACT = 16;

const LITERALS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** Whether objects put a field of this name before the others. */
function isIndex(key: string): boolean {
  return key.length <= 10 && /^(?:0|[1-9]\d*)$/.test(key);
}
