/** What a plain scalar of YAML stands for, as go-yaml v2 has it, which speaks YAML 1.1 in most things. */
import { exactInteger, narrowed } from '@keelson/api';

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...spellings('y', 'yes', 'true', 'on').map((word) => [word, true] as const),
  ...spellings('n', 'no', 'false', 'off').map((word) => [word, false] as const),
  ...['', '~', ...spellings('null')].map((word) => [word, null] as const),
]);

function spellings(...words: readonly string[]): string[] {
  return words.flatMap((word) => [word, `${word[0]!.toUpperCase()}${word.slice(1)}`, word.toUpperCase()]);
}

const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const RADIX_INTEGER = /^([-+]?)0(?:[xX]([\da-fA-F]+)|[bB]([01]+)|[oO]?([0-7]+))$/;

export function plainScalar(text: string): unknown {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.\d]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  const integer = integerOf(plain);
  if (integer !== undefined) return integer;
  return FLOAT.test(plain) && (text === plain || text[0] !== '.') ? Number(plain) : text;
}

/** Beyond 64 bits it is a number that may be rounded, as everywhere. */
function integerOf(text: string): number | undefined {
  if (/^[-+]?(?:0|[1-9]\d*)$/.test(text)) return exactInteger(text.replace('+', '')) ?? Number(text);
  const match = RADIX_INTEGER.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal] = match;
  const value = BigInt(hex !== undefined ? `0x${hex}` : binary !== undefined ? `0b${binary}` : `0o${octal}`);
  return narrowed(sign === '-' ? -value : value) ?? Number(sign === '-' ? -value : value);
}

/** A scalar with a tag of its own. */
export function taggedScalar(text: string, tag: string): unknown {
  const name = /^tag:yaml\.org,2002:(\w+)$/.exec(tag)?.[1];
  switch (name) {
    case 'binary':
      return Buffer.from(text, 'base64').toString('utf8');
    case 'int':
    case 'float':
    case 'bool':
    case 'null': {
      const value = plainScalar(text);
      const found = value === null ? 'null' : typeof value === 'boolean' ? 'bool' : 'number';
      const wanted = name === 'int' || name === 'float' ? 'number' : name;
      if (found === wanted && typeof value !== 'string') return value;
      throw new Error(`yaml: cannot decode !!str \`${text}\` as a !!${name}`);
    }
    default:
      return text;
  }
}
