import type { Source } from './source.js';
import { KEYWORDS, PUNCTUATION, T, type Token, type TokenType } from './tokens.js';

/** From a code point up to another. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** No token begins in a span of the source. */
type ReportError = (span: Span, message: string) => void;

const isLetter = (point: string | undefined) => point !== undefined && /^[A-Za-z_]$/.test(point);
const isDigit = (point: string | undefined) =>
  point !== undefined && point >= '0' && point <= '9' && point.length === 1;
const isHex = (point: string | undefined) => point !== undefined && /^[0-9a-fA-F]$/.test(point);
const isSpace = (point: string | undefined) => point !== undefined && ' \t\r\n\f'.includes(point);

/** Hex digits that follow an escape's letter. */
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

/**
 * The tokens of `source`, the last of them EOF. Where no token begins, the text up to and with the point at which the
 * last possibility ended is reported and skipped.
 */
export function lex(source: Source, report: ReportError): Token[] {
  const { points } = source;
  const tokens: Token[] = [];
  let at = 0;
  while (at < points.length) {
    const skipped = skipHidden(points, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const found = scan(points, at);
    if (found.type === undefined) {
      const end = Math.min(found.end + 1, points.length);
      report({ start: at, end }, `token recognition error at: '${escapeSpace(source.slice(at, end))}'`);
      at = end;
      continue;
    }
    tokens.push({ type: found.type, text: source.slice(at, found.end), start: at, end: found.end });
    at = found.end;
  }
  tokens.push({ type: T.EOF, text: '<EOF>', start: points.length, end: points.length });
  return tokens;
}

export function escapeSpace(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
}

function skipHidden(points: readonly string[], at: number): number {
  let end = at;
  while (isSpace(points[end])) end++;
  if (end === at && points[at] === '/' && points[at + 1] === '/') {
    while (end < points.length && points[end] !== '\n') end++;
  }
  return end;
}

/** A token that ends before `end`, or without a type the index at which the last possible token ended. */
interface Scanned {
  readonly type?: TokenType;
  readonly end: number;
}

function scan(points: readonly string[], at: number): Scanned {
  const first = points[at]!;
  if (first === "'" || first === '"') return scanString(points, at, T.String);
  if (isLetter(first)) return scanPrefixedString(points, at) ?? scanIdentifier(points, at);
  if (isDigit(first) || (first === '.' && isDigit(points[at + 1]))) return scanNumber(points, at);
  if (first === '`') return scanEscapedIdentifier(points, at);
  for (const [text, type] of PUNCTUATION) {
    if (points[at] === text[0] && (text.length === 1 || points[at + 1] === text[1])) {
      return { type, end: at + text.length };
    }
  }
  return { end: first === '&' || first === '|' || first === '=' ? at + 1 : at };
}

function scanIdentifier(points: readonly string[], at: number): Scanned {
  let end = at + 1;
  while (isLetter(points[end]) || isDigit(points[end])) end++;
  return { type: KEYWORDS.get(points.slice(at, end).join('')) ?? T.Identifier, end };
}

function scanEscapedIdentifier(points: readonly string[], at: number): Scanned {
  let end = at + 1;
  while (points[end] !== undefined && /^[A-Za-z0-9_./ -]$/.test(points[end]!)) end++;
  return points[end] === '`' && end > at + 1 ? { type: T.EscapedIdentifier, end: end + 1 } : { end };
}

function scanNumber(points: readonly string[], at: number): Scanned {
  if (points[at] === '0' && points[at + 1] === 'x' && isHex(points[at + 2])) {
    let end = at + 2;
    while (isHex(points[end])) end++;
    return unsigned(points, end) ?? { type: T.Int, end };
  }
  let end = at;
  while (isDigit(points[end])) end++;
  let isFloat = false;
  if (points[end] === '.' && isDigit(points[end + 1])) {
    isFloat = true;
    end++;
    while (isDigit(points[end])) end++;
  }
  if (points[end] === 'e' || points[end] === 'E') {
    const digits = points[end + 1] === '+' || points[end + 1] === '-' ? end + 2 : end + 1;
    if (isDigit(points[digits])) {
      isFloat = true;
      end = digits;
      while (isDigit(points[end])) end++;
    }
  }
  if (isFloat) return { type: T.Float, end };
  return unsigned(points, end) ?? { type: T.Int, end };
}

function unsigned(points: readonly string[], end: number): Scanned | undefined {
  return points[end] === 'u' || points[end] === 'U' ? { type: T.Uint, end: end + 1 } : undefined;
}

/** `r''`, `b''` and `br''`; undefined if what follows the letters is no whole string. */
function scanPrefixedString(points: readonly string[], at: number): Scanned | undefined {
  let quote = at;
  let type: TokenType = T.String;
  let raw = false;
  if (points[quote] === 'b' || points[quote] === 'B') {
    type = T.Bytes;
    quote++;
  }
  if (points[quote] === 'r' || points[quote] === 'R') {
    raw = true;
    quote++;
  }
  if (quote === at || (points[quote] !== "'" && points[quote] !== '"')) return undefined;
  const found = scanString(points, quote, type, raw);
  return found.type === undefined ? undefined : found;
}

function scanString(points: readonly string[], at: number, type: TokenType, raw = false): Scanned {
  const quote = points[at];
  if (points[at + 1] === quote && points[at + 2] === quote) {
    const end = scanTriple(points, at, raw);
    return { type, end: end ?? at + 2 };
  }
  let end = at + 1;
  while (points[end] !== quote) {
    const point = points[end];
    if (point === undefined || point === '\n' || point === '\r') return { end };
    if (point === '\\' && !raw) {
      const after = scanEscape(points, end);
      if (after < 0) return { end: -after };
      end = after;
    } else end++;
  }
  return { type, end: end + 1 };
}

function scanTriple(points: readonly string[], at: number, raw: boolean): number | undefined {
  const quote = points[at];
  let end = at + 3;
  while (end < points.length) {
    if (points[end] === quote && points[end + 1] === quote && points[end + 2] === quote) return end + 3;
    if (points[end] === '\\' && !raw) {
      end = scanEscape(points, end);
      if (end < 0) return undefined;
    } else end++;
  }
  return undefined;
}

/** The index after the escape that begins at `at`, or minus the index at which it went wrong. */
function scanEscape(points: readonly string[], at: number): number {
  const letter = points[at + 1];
  if (letter !== undefined && 'abfnrtv"\'\\?`'.includes(letter)) return at + 2;
  const digits = letter === undefined ? undefined : HEX_ESCAPES[letter];
  if (digits !== undefined) {
    for (let index = at + 2; index < at + 2 + digits; index++) if (!isHex(points[index])) return -index;
    return at + 2 + digits;
  }
  if (letter === undefined || !'0123'.includes(letter)) return -(at + 1);
  for (const index of [at + 2, at + 3]) {
    const digit = points[index];
    if (digit === undefined || !/^[0-7]$/.test(digit)) return -index;
  }
  return at + 4;
}
