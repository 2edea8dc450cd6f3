const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return'.split(' '),
);

/** Words that properties may be called but identifiers not; in selections they may stand as they are. */
export const isReserved = (name: string): boolean => RESERVED.has(name);

const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/** A property's name as an identifier; undefined if expressions cannot name it. */
export function escapeProperty(name: string): string | undefined {
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, (it) => ESCAPES[it]!);
}

const UNESCAPES = new Map(Object.entries(ESCAPES).map(([plain, escaped]) => [escaped, plain]));

/** The property that an identifier names; undefined if it has escapes that there are not. */
export function unescapeProperty(identifier: string): string | undefined {
  let valid = true;
  const name = identifier.replace(/__[^_]+__/g, (it) => {
    const plain = UNESCAPES.get(it);
    if (plain !== undefined) return plain;
    const word = it.slice(2, -2);
    if (!RESERVED.has(word) || it.length !== identifier.length) valid = false;
    return word;
  });
  return valid ? name : undefined;
}
