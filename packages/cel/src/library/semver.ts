import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, INT, STRING, structType, type Type } from '../types/type.js';
import { compareStrings, NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelError, CelObject, UINT_MAX, type Value } from '../values/value.js';
import { goQuote } from './quote.js';

export const SEMVER = structType('kubernetes.Semver');

class VersionError extends Error {}

class CelSemver extends CelObject {
  readonly numbers: readonly bigint[];
  readonly pre: readonly string[];

  constructor(numbers: readonly bigint[], pre: readonly string[]) {
    super();
    this.numbers = numbers;
    this.pre = pre;
  }

  override get type(): Type {
    return SEMVER;
  }

  equals(other: CelObject): boolean | CelError {
    return other instanceof CelSemver ? this.compare(other) === 0 : NO_SUCH_OVERLOAD;
  }

  compare(other: CelSemver): number {
    for (const [index, number] of this.numbers.entries()) {
      if (number !== other.numbers[index]) return number < other.numbers[index]! ? -1 : 1;
    }
    if (this.pre.length === 0 || other.pre.length === 0) return Math.sign(other.pre.length - this.pre.length);
    for (let index = 0; index < Math.min(this.pre.length, other.pre.length); index++) {
      const order = comparePre(this.pre[index]!, other.pre[index]!);
      if (order !== 0) return order;
    }
    return Math.sign(this.pre.length - other.pre.length);
  }
}

function comparePre(a: string, b: string): number {
  const numeric = (text: string) => /^\d+$/.test(text);
  if (numeric(a) !== numeric(b)) return numeric(a) ? -1 : 1;
  if (!numeric(a)) return Math.sign(compareStrings(a, b));
  return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
}

function number(text: string, name: string): bigint {
  if (!/^\d+$/.test(text)) throw new VersionError(`Invalid character(s) found in ${name} number ${goQuote(text)}`);
  if (text.length > 1 && text.startsWith('0')) {
    throw new VersionError(
      `${name[0]!.toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${goQuote(text)}`,
    );
  }
  const value = BigInt(text);
  if (value > UINT_MAX) throw new VersionError(`strconv.ParseUint: parsing ${goQuote(text)}: value out of range`);
  return value;
}

function read(text: string): CelSemver {
  if (text === '') throw new VersionError('Version string empty');
  const [major, minor, ...rest] = text.split('.');
  if (minor === undefined || rest.length === 0) throw new VersionError('No Major.Minor.Patch elements found');
  const numbers = [number(major!, 'major'), number(minor, 'minor')];
  let patch = rest.join('.');
  let build: string[] = [];
  let pre: string[] = [];
  const plus = patch.indexOf('+');
  if (plus >= 0) {
    build = patch.slice(plus + 1).split('.');
    patch = patch.slice(0, plus);
  }
  const dash = patch.indexOf('-');
  if (dash >= 0) {
    pre = patch.slice(dash + 1).split('.');
    patch = patch.slice(0, dash);
  }
  numbers.push(number(patch, 'patch'));
  for (const part of pre) {
    if (part === '') throw new VersionError('Prerelease is empty');
    if (/^\d+$/.test(part)) {
      if (part.length > 1 && part.startsWith('0')) {
        throw new VersionError(`Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`);
      }
    } else if (!/^[0-9A-Za-z-]+$/.test(part)) {
      throw new VersionError(`Invalid character(s) found in prerelease ${goQuote(part)}`);
    }
  }
  for (const part of build) {
    if (part === '') throw new VersionError('Build meta data is empty');
    if (!/^[0-9A-Za-z-]+$/.test(part)) {
      throw new VersionError(`Invalid character(s) found in build meta data ${goQuote(part)}`);
    }
  }
  return new CelSemver(numbers, pre);
}

/** `v1.02` as `1.2.0`. */
function normalized(text: string): string {
  const [major, minor, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [major!, ...(minor === undefined ? [] : [minor]), ...(rest.length > 0 ? [rest.join('.')] : [])].map(
    (part) => {
      if (part.length <= 1) return part;
      const trimmed = part.replace(/^0+/, '');
      return /^\d/.test(trimmed) ? trimmed : `0${trimmed}`;
    },
  );
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) {
    throw new VersionError('short version cannot contain PreRelease/Build meta data');
  }
  while (parts.length < 3) parts.push('0');
  return parts.join('.');
}

function parse(text: Value, normalize: Value = false): CelSemver | CelError {
  try {
    return read(normalize === true ? normalized(text as string) : (text as string));
  } catch (error) {
    if (error instanceof VersionError) return new CelError(error.message);
    throw error;
  }
}

const isSemver = (text: Value, normalize: Value = false) => !(parse(text, normalize) instanceof CelError);
const self = (value: Value) => value as CelSemver;
const order = (a: Value, b: Value) => self(a).compare(self(b));
const part = (name: string, index: number): FunctionDeclaration => ({
  name,
  overloads: [member(`semver_${name}`, [SEMVER], INT, (it) => self(it).numbers[index]!)],
});

export const SEMVERS: readonly FunctionDeclaration[] = [
  {
    name: 'semver',
    overloads: [
      overload('string_to_semver', [STRING], SEMVER, (text) => parse(text)),
      overload('string_bool_to_semver', [STRING, BOOL], SEMVER, parse),
    ],
  },
  {
    name: 'isSemver',
    overloads: [
      overload('is_semver_string', [STRING], BOOL, (text) => isSemver(text)),
      overload('is_semver_string_bool', [STRING, BOOL], BOOL, isSemver),
    ],
  },
  {
    name: 'isGreaterThan',
    overloads: [member('semver_is_greater_than', [SEMVER, SEMVER], BOOL, (a, b) => order(a!, b!) > 0)],
  },
  {
    name: 'isLessThan',
    overloads: [member('semver_is_less_than', [SEMVER, SEMVER], BOOL, (a, b) => order(a!, b!) < 0)],
  },
  {
    name: 'compareTo',
    overloads: [member('semver_compare_to', [SEMVER, SEMVER], INT, (a, b) => BigInt(order(a!, b!)))],
  },
  part('major', 0),
  part('minor', 1),
  part('patch', 2),
];
