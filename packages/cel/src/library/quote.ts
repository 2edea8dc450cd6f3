import { LETTERS_ESCAPED } from '../syntax/escapes.js';

const ESCAPES: Readonly<Record<string, string>> = {
  ...LETTERS_ESCAPED,
  '\\': '\\\\',
  '"': '\\"',
};

/** `strings.quote`: what would be read as the same string. */
export function quote(text: string): string {
  return `"${Array.from(text, (it) => ESCAPES[it] ?? it).join('')}"`;
}

/** What Go counts as not printable, and what it quotes besides. */
const ESCAPED = /[\\"]|(?! )[\p{C}\p{Z}]/gu;

/** As Go's %q shows a string: control characters in hexadecimal, what is no character as the mark for that. */
export function goQuote(text: string): string {
  return `"${text.replace(ESCAPED, escaped)}"`;
}

function escaped(point: string): string {
  if (/\p{Cs}/u.test(point)) return '\ufffd';
  const known = ESCAPES[point];
  if (known !== undefined) return known;
  const code = point.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
