const LETTER = /^\p{L}/u;
const DIGITS = /\d*/y;

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;

function isLetter(code: number): boolean {
  if (code < 0x80) return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return LETTER.test(String.fromCodePoint(code));
}

/**
 * The order that yaml.v2 gives two keys: letters come last, and numbers by their value, so that `a2` is before `a10`.
 * Not transitive (`a1a`, `a2`, `a10`): whoever sorts more by it starts from an order of its own.
 */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  let at = 0;
  while (at < length && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  if (at === length) return one.length - other.length;
  // Of a character outside the plane of 16 bits the first half may be what is equal.
  if (at > 0 && (one.charCodeAt(at) & 0xfc00) === 0xdc00) at -= 1;
  const [a, b] = [one.codePointAt(at) ?? 0, other.codePointAt(at) ?? 0];
  const [isALetter, isBLetter] = [isLetter(a), isLetter(b)];
  if (isALetter && isBLetter) return a - b;
  if (isALetter || isBLetter) return isALetter ? 1 : -1;
  const [digitsA, digitsB] = [digitsAt(one, at), digitsAt(other, at)];
  // Zeros within a number count: they are not leading ones.
  const isWithin = (a === 0x30 || b === 0x30) && isWithinNumber(one, at);
  const [numberA, numberB] = isWithin ? [digitsA, digitsB] : [withoutZeros(digitsA), withoutZeros(digitsB)];
  if (numberA.length !== numberB.length) return numberA.length - numberB.length;
  if (numberA !== numberB) return numberA < numberB ? -1 : 1;
  return digitsA.length === digitsB.length ? a - b : digitsA.length - digitsB.length;
}

const withoutZeros = (digits: string) => digits.replace(/^0+/, '');

function digitsAt(text: string, at: number): string {
  DIGITS.lastIndex = at;
  return DIGITS.exec(text)?.[0] ?? '';
}

/** Whether the digits before it are of a number other than zero. */
function isWithinNumber(text: string, at: number): boolean {
  for (let before = at - 1; before >= 0 && isDigit(text.charCodeAt(before)); before -= 1) {
    if (text.charCodeAt(before) !== 0x30) return true;
  }
  return false;
}
