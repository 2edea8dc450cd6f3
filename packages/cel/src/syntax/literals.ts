import { CelUint, INT_MAX, INT_MIN, UINT_MAX, type Value } from '../values/value.js';
import { LETTER_ESCAPES } from './escapes.js';
import { T, type Token } from './tokens.js';

/** A literal's value, or what is wrong with it. */
export type LiteralResult = { readonly value: Value } | { readonly problem: string };

export function literalValue(token: Token, negative: boolean): LiteralResult {
  switch (token.type) {
    case T.Int: {
      const value = BigInt(token.text) * (negative ? -1n : 1n);
      return value < INT_MIN || value > INT_MAX ? { problem: 'invalid int literal' } : { value };
    }
    case T.Uint: {
      const value = BigInt(token.text.slice(0, -1));
      return value > UINT_MAX ? { problem: 'invalid uint literal' } : { value: new CelUint(value) };
    }
    case T.Float: {
      const value = Number(token.text);
      return Number.isFinite(value) ? { value: negative ? -value : value } : { problem: 'invalid double literal' };
    }
    case T.String:
      return stringLiteral(token.text);
    case T.Bytes:
      return bytesLiteral(token.text.slice(1));
    case T.True:
      return { value: true };
    case T.False:
      return { value: false };
    default:
      return { value: null };
  }
}

const SIMPLE: Readonly<Record<string, string>> = {
  ...LETTER_ESCAPES,
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

const ESCAPE = /\\(?:([abfnrtv\\'"`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/gs;

/** What is between the quotes, with line ends made one, and whether it is raw. */
function unquote(text: string): { body: string; raw: boolean } {
  const raw = text[0] === 'r' || text[0] === 'R';
  const quoted = (raw ? text.slice(1) : text).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  const width = quoted.length >= 6 && (quoted.startsWith("'''") || quoted.startsWith('"""')) ? 3 : 1;
  return { body: quoted.slice(width, -width), raw };
}

function stringLiteral(text: string): LiteralResult {
  const { body, raw } = unquote(text);
  if (raw) return { value: body };
  let invalid = false;
  const value = body.replace(ESCAPE, (_, simple?: string, x?: string, u?: string, U?: string, octal?: string) => {
    if (simple !== undefined) return SIMPLE[simple]!;
    const hex = x ?? u ?? U;
    const point = hex === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(hex, 16);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      invalid = true;
      return '';
    }
    return String.fromCodePoint(point);
  });
  return invalid ? { problem: 'invalid unicode code point' } : { value };
}

function bytesLiteral(text: string): LiteralResult {
  const { body, raw } = unquote(text);
  if (raw) return { value: Buffer.from(body) };
  const parts: Buffer[] = [];
  let from = 0;
  for (const found of body.matchAll(ESCAPE)) {
    const [whole, simple, x, u, U, octal] = found;
    if (u !== undefined || U !== undefined) return { problem: 'unable to unescape string' };
    parts.push(Buffer.from(body.slice(from, found.index)));
    from = found.index + whole.length;
    if (simple !== undefined) parts.push(Buffer.from(SIMPLE[simple]!));
    else parts.push(Buffer.from([x === undefined ? Number.parseInt(octal!, 8) : Number.parseInt(x, 16)]));
  }
  parts.push(Buffer.from(body.slice(from)));
  return { value: new Uint8Array(Buffer.concat(parts)) };
}
