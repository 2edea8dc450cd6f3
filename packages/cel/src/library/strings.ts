import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { DYN, INT, listOf, STRING } from '../types/type.js';
import { ArrayList } from '../values/collections.js';
import { CelError, type CelList, type Value } from '../values/value.js';
import { formatString } from './format-string.js';
import { quote } from './quote.js';

const LIST_STRING = listOf(STRING);

const points = (text: Value): string[] => Array.from(text as string);
const outOfRange = (index: bigint) => new CelError(`index out of range: ${index}`);

function charAt(text: Value, index: Value): Value {
  const all = points(text);
  const at = index as bigint;
  if (at < 0n || at > BigInt(all.length)) return outOfRange(at);
  return all[Number(at)] ?? '';
}

function findFrom(all: readonly string[], part: readonly string[], from: number): boolean {
  for (let index = 0; index < part.length; index++) if (all[from + index] !== part[index]) return false;
  return true;
}

/** Code points before a place in UTF-16. */
const pointsBefore = (text: string, unit: number) => BigInt(Array.from(text.slice(0, unit)).length);

function indexOf(value: Value, part: Value, offset: Value = 0n): Value {
  const text = value as string;
  const from = offset as bigint;
  if (part === '') return from;
  if (from < 0n) return outOfRange(from);
  const all = points(text);
  if (from >= BigInt(all.length)) return -1n;
  const unit = all.slice(0, Number(from)).join('').length;
  const found = text.indexOf(part as string, unit);
  return found < 0 ? -1n : pointsBefore(text, found);
}

function lastIndexOf(value: Value, part: Value, offset?: Value): Value {
  const text = value as string;
  const all = points(text);
  if (part === '' && offset === undefined) return BigInt(all.length);
  const from = offset === undefined ? BigInt(all.length - 1) : (offset as bigint);
  if (part === '') return from;
  if (from < 0n) return offset === undefined ? -1n : outOfRange(from);
  if (from >= BigInt(all.length)) return -1n;
  const wanted = points(part);
  const start = Math.min(Number(from), all.length - wanted.length);
  for (let index = start; index >= 0; index--) if (findFrom(all, wanted, index)) return BigInt(index);
  return -1n;
}

function join(list: Value, separator: Value = ''): Value {
  const parts: string[] = [];
  for (const it of list as CelList) {
    if (typeof it !== 'string') return new CelError(`no such overload: join`);
    parts.push(it);
  }
  return parts.join(separator as string);
}

function split(value: Value, separator: Value, limit: Value = -1n): Value {
  const text = value as string;
  const most = limit as bigint;
  if (most === 0n) return new ArrayList([]);
  if (most === 1n) return new ArrayList([text]);
  const parts = separator === '' ? points(text) : text.split(separator as string);
  if (most < 0n || BigInt(parts.length) <= most) return new ArrayList(parts);
  const kept = parts.slice(0, Number(most) - 1);
  return new ArrayList([...kept, parts.slice(Number(most) - 1).join(separator as string)]);
}

function replace(value: Value, part: Value, by: Value, limit: Value = -1n): Value {
  const text = value as string;
  const most = limit as bigint;
  if (most === 0n) return text;
  if (part === '') {
    const all = points(text);
    let left = most < 0n ? all.length + 1 : Number(most);
    let replaced = '';
    for (let index = 0; index <= all.length; index++) {
      if (left-- > 0) replaced += by as string;
      replaced += all[index] ?? '';
    }
    return replaced;
  }
  if (most < 0n) return text.replaceAll(part as string, () => by as string);
  const parts = text.split(part as string);
  const taken = Math.min(Number(most) + 1, parts.length);
  return [parts.slice(0, taken).join(by as string), ...parts.slice(taken)].join(part as string);
}

function substring(text: Value, start: Value, end?: Value): Value {
  const all = points(text);
  const from = start as bigint;
  const to = end === undefined ? BigInt(all.length) : (end as bigint);
  if (end !== undefined && from > to) {
    return new CelError(`invalid substring range. start: ${from}, end: ${to}`);
  }
  if (from < 0n || from > BigInt(all.length)) return outOfRange(from);
  if (to < 0n || to > BigInt(all.length)) return outOfRange(to);
  return all.slice(Number(from), Number(to)).join('');
}

/** White space as Unicode has it, which is not quite what JavaScript trims. */
const trim = (text: Value): Value =>
  (text as string).replace(/^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '').replace(TAIL, '');
const TAIL =
  /(?<![\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

const lower = (text: Value): Value => (text as string).replace(/[A-Z]+/g, (it) => it.toLowerCase());
const upper = (text: Value): Value => (text as string).replace(/[a-z]+/g, (it) => it.toUpperCase());

/** Version 2 of cel-go's extension. */
export const STRINGS: readonly FunctionDeclaration[] = [
  { name: 'charAt', overloads: [member('string_char_at_int', [STRING, INT], STRING, charAt)] },
  {
    name: 'indexOf',
    overloads: [
      member('string_index_of_string', [STRING, STRING], INT, indexOf),
      member('string_index_of_string_int', [STRING, STRING, INT], INT, indexOf),
    ],
  },
  {
    name: 'lastIndexOf',
    overloads: [
      member('string_last_index_of_string', [STRING, STRING], INT, lastIndexOf),
      member('string_last_index_of_string_int', [STRING, STRING, INT], INT, lastIndexOf),
    ],
  },
  { name: 'lowerAscii', overloads: [member('string_lower_ascii', [STRING], STRING, lower)] },
  { name: 'upperAscii', overloads: [member('string_upper_ascii', [STRING], STRING, upper)] },
  {
    name: 'replace',
    overloads: [
      member('string_replace_string_string', [STRING, STRING, STRING], STRING, replace),
      member('string_replace_string_string_int', [STRING, STRING, STRING, INT], STRING, replace),
    ],
  },
  {
    name: 'split',
    overloads: [
      member('string_split_string', [STRING, STRING], LIST_STRING, split),
      member('string_split_string_int', [STRING, STRING, INT], LIST_STRING, split),
    ],
  },
  {
    name: 'substring',
    overloads: [
      member('string_substring_int', [STRING, INT], STRING, substring),
      member('string_substring_int_int', [STRING, INT, INT], STRING, substring),
    ],
  },
  { name: 'trim', overloads: [member('string_trim', [STRING], STRING, trim)] },
  {
    name: 'join',
    overloads: [
      member('list_join', [LIST_STRING], STRING, join),
      member('list_join_string', [LIST_STRING, STRING], STRING, join),
    ],
  },
  { name: 'strings.quote', overloads: [overload('strings_quote', [STRING], STRING, (text) => quote(text as string))] },
  {
    name: 'format',
    overloads: [
      member('string_format', [STRING, listOf(DYN)], STRING, (text, args) =>
        formatString(text as string, args as CelList),
      ),
    ],
  },
];
