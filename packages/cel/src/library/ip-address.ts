import { goQuote } from './quote.js';

export class AddressError extends Error {}

/** An IP address without a zone, in its 4 or 16 bytes; `zone` is what an address was written with. */
export interface Address {
  readonly bytes: readonly number[];
  readonly zone: string;
}

/** Reads an address as strictly as Go's netip does. Throws an AddressError with its text. */
export function parseAddress(text: string): Address {
  for (const point of text) {
    if (point === '.') return { bytes: parseIPv4(text, text), zone: '' };
    if (point === ':') return parseIPv6(text);
    if (point === '%') throw addressError(text, 'missing IPv6 address');
  }
  throw addressError(text, 'unable to parse IP');
}

function addressError(text: string, problem: string, at = ''): AddressError {
  return new AddressError(`ParseAddr(${goQuote(text)}): ${problem}${at === '' ? '' : ` (at ${goQuote(at)})`}`);
}

function parseIPv4(whole: string, text: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (char >= '0' && char <= '9') {
      if (digits === 1 && value === 0) throw addressError(whole, 'IPv4 field has octet with leading zero');
      value = value * 10 + Number(char);
      digits++;
      if (value > 255) throw addressError(whole, 'IPv4 field has value >255');
    } else if (char === '.') {
      if (index === 0 || index === text.length - 1 || text[index - 1] === '.') {
        throw addressError(whole, 'IPv4 field must have at least one digit', text.slice(index));
      }
      if (fields.length === 3) throw addressError(whole, 'IPv4 address too long');
      fields.push(value);
      value = 0;
      digits = 0;
    } else throw addressError(whole, 'unexpected character', text.slice(index));
  }
  if (fields.length < 3) throw addressError(whole, 'IPv4 address too short');
  return [...fields, value];
}

function parseIPv6(text: string): Address {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? '' : text.slice(percent + 1);
  if (percent >= 0 && zone === '') throw addressError(text, 'zone must be a non-empty string');
  let rest = percent < 0 ? text : text.slice(0, percent);
  const bytes: number[] = [];
  let ellipsis = -1;
  if (rest.startsWith('::')) {
    ellipsis = 0;
    rest = rest.slice(2);
    if (rest === '') return { bytes: new Array<number>(16).fill(0), zone };
  }
  while (bytes.length < 16) {
    const group = /^[0-9a-fA-F]*/.exec(rest)![0];
    if (group.length > 4) throw addressError(text, 'each group must have 4 or less digits', rest);
    if (group === '') {
      throw addressError(text, 'each colon-separated field must have at least one digit', rest);
    }
    if (rest[group.length] === '.') {
      if (ellipsis < 0 && bytes.length !== 12) {
        throw addressError(text, 'embedded IPv4 address must replace the final 2 fields of the address', rest);
      }
      if (bytes.length + 4 > 16) {
        throw addressError(text, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest);
      }
      bytes.push(...parseIPv4(text, rest));
      rest = '';
      break;
    }
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
    rest = rest.slice(group.length);
    if (rest === '') break;
    if (rest[0] !== ':') throw addressError(text, 'unexpected character, want colon', rest);
    if (rest.length === 1) throw addressError(text, 'colon must be followed by more characters', rest);
    rest = rest.slice(1);
    if (rest[0] === ':') {
      if (ellipsis >= 0) throw addressError(text, 'multiple :: in address', rest);
      ellipsis = bytes.length;
      rest = rest.slice(1);
      if (rest === '') break;
    }
  }
  if (rest !== '') throw addressError(text, 'trailing garbage after address', rest);
  if (bytes.length < 16) {
    if (ellipsis < 0) throw addressError(text, 'address string too short');
    bytes.splice(ellipsis, 0, ...new Array<number>(16 - bytes.length).fill(0));
  } else if (ellipsis >= 0) throw addressError(text, 'the :: must expand to at least one field of zeros');
  return { bytes, zone };
}

/** An IPv4 address in the clothes of an IPv6 one. */
export function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 10).every((it) => it === 0) && bytes[10] === 255 && bytes[11] === 255;
}

/** The canonical text. */
export function showAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) groups.push((bytes[index]! << 8) | bytes[index + 1]!);
  let start = -1;
  let length = 0;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && groups[end] === 0) end++;
    if (end - index > length && end - index >= 2) {
      start = index;
      length = end - index;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

export interface Prefix {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** Reads `address/bits`. Throws an AddressError with Go's text. */
export function parsePrefix(text: string): Prefix {
  const refuse = (problem: string) => new AddressError(`netip.ParsePrefix(${goQuote(text)}): ${problem}`);
  const slash = text.lastIndexOf('/');
  if (slash < 0) throw refuse("no '/'");
  let address: Address;
  try {
    address = parseAddress(text.slice(0, slash));
  } catch (error) {
    throw error instanceof AddressError ? refuse(error.message) : error;
  }
  if (address.zone !== '') throw refuse('IPv6 zones cannot be present in a prefix');
  const bits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d*)$/.test(bits) || bits.length > 9) throw refuse(`bad bits after slash: ${goQuote(bits)}`);
  if (Number(bits) > address.bytes.length * 8) throw refuse('prefix length out of range');
  return { bytes: address.bytes, bits: Number(bits) };
}

/** The address with everything behind the first `bits` bits cleared. */
export function mask(bytes: readonly number[], bits: number): number[] {
  return bytes.map((byte, index) => {
    const left = bits - index * 8;
    return left >= 8 ? byte : left <= 0 ? 0 : byte & (0xff << (8 - left)) & 0xff;
  });
}

const sameBytes = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

export function prefixContains(prefix: Prefix, bytes: readonly number[]): boolean {
  return sameBytes(mask(prefix.bytes, prefix.bits), mask(bytes, prefix.bits));
}
