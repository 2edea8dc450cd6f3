/** Characters that are a letter after a backslash, in CEL as in Go and C. */
export const LETTER_ESCAPES = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
} as const;

/** The letters by their characters, each after its backslash. */
export const LETTERS_ESCAPED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(LETTER_ESCAPES).map(([letter, char]) => [char, `\\${letter}`]),
);
