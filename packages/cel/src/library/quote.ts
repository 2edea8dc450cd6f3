const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** `strings.quote`: what would be read as the same string. */
export function quote(text: string): string {
  return `"${Array.from(text, (it) => ESCAPES[it] ?? it).join('')}"`;
}

/** As Go's %q shows a string: control characters in hexadecimal. */
export function goQuote(text: string): string {
  return `"${text.replace(/[\p{C}\p{Zl}\p{Zp}\\"]|(?! )\p{Zs}/gu, escaped)}"`;
}

function escaped(point: string): string {
  const known = ESCAPES[point];
  if (known) return known;
  const code = point.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
