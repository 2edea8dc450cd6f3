/** What is found wrong with a value, in the words of kube-openapi's validation. */
import {
  type FieldError,
  invalid,
  notSupported,
  type Path,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '../../field-errors.js';

/** A fault of one place, or of a value as a whole if it names none. */
export interface Fault {
  readonly message: string;
  /** Below the value that was asked about, such as `.a.b[0]`. */
  readonly place?: string;
  toError?(at: Path): FieldError;
}

/** Faults, and how much was right: of several schemas the one that fits best tells why it does not. */
export class Result {
  /** Made with the first: most values are right. */
  #faults: Map<string, Fault> | undefined;
  matches = 0;

  /** Of a value that may stay as it is. */
  static valid(): Result {
    return new Result();
  }

  get faults(): readonly Fault[] {
    return [...(this.#faults?.values() ?? [])];
  }

  get isValid(): boolean {
    return this.#faults === undefined;
  }

  /** What has been told is not told again. */
  add(...faults: readonly (Fault | undefined)[]): void {
    for (const fault of faults) {
      if (fault === undefined) continue;
      this.#faults ??= new Map();
      if (!this.#faults.has(fault.message)) this.#faults.set(fault.message, fault);
    }
  }

  merge(other: Result): void {
    if (other.#faults !== undefined) for (const fault of other.#faults.values()) this.add(fault);
    this.matches += other.matches;
  }

  toErrors(at: Path): FieldError[] {
    return this.faults.map(({ place = '', message, toError }) => {
      const own = place === '' || place === '.' ? at : at.child(place.replace(/^\./, ''));
      return toError === undefined ? invalid(at, '', message) : toError(own);
    });
  }
}

const shown = (value: unknown) => (value === undefined || value === null ? '' : value);

/** A value that breaks a rule; `text` follows its place. */
export function fault(place: string, text: string, value: unknown): Fault {
  const message = `${place} in body ${text}`;
  return { place, message, toError: (at) => invalid(at, shown(value), message) };
}

/** `found` is the type that was found, or the text that is not of the type. */
export function wrongType(place: string, type: string, found: string): Fault {
  const message = `${place} in body must be of type ${type}: ${JSON.stringify(found)}`;
  return { place, message, toError: (at) => typeInvalid(at, found, message) };
}

export function missing(place: string): Fault {
  return { place, message: `${place} in body is required`, toError: (at) => required(at) };
}

export function notInEnum(place: string, value: unknown, values: readonly unknown[]): Fault {
  const texts = values.map((it) => (typeof it === 'string' ? it : (JSON.stringify(it) ?? 'null')));
  const message = `${place} in body should be one of [${texts.join(' ')}]`;
  return { place, message, toError: (at) => notSupported(at, value, texts) };
}

export function longerThan(place: string, limit: number): Fault {
  return {
    place,
    message: `${place} in body should be at most ${limit} chars long`,
    toError: (at) => tooLong(at, limit),
  };
}

export function moreThan(place: string, what: 'items' | 'properties', count: number, limit: number): Fault {
  const message = `${place} in body should have at most ${limit} ${what}`;
  return { place, message, toError: (at) => tooMany(at, count, limit) };
}

/** A fault that is not of a single rule. */
export function general(message: string): Fault {
  return { message };
}
