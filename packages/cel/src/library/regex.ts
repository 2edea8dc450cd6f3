import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, INT, listOf, STRING } from '../types/type.js';
import { ArrayList } from '../values/collections.js';
import { NO_SUCH_OVERLOAD } from '../values/compare.js';
import { CelError, type Value } from '../values/value.js';
import type { RegexEngine } from './regex-engine.js';

/** `matches`, `find` and `findAll`. */
export function regexLibrary(engine: RegexEngine): readonly FunctionDeclaration[] {
  const find = (text: Value, pattern: Value): Value => {
    const regex = engine.compile(pattern as string);
    if (regex instanceof CelError) return regex;
    const matcher = regex.matcher(text as string);
    return matcher.find() ? (matcher.group() ?? '') : '';
  };
  const findAll = (text: Value, pattern: Value, limit: Value = -1n): Value => {
    const regex = engine.compile(pattern as string);
    if (regex instanceof CelError) return regex;
    const matcher = regex.matcher(text as string);
    const found: Value[] = [];
    while ((limit as bigint) < 0n || BigInt(found.length) < (limit as bigint)) {
      if (!matcher.find()) break;
      found.push(matcher.group() ?? '');
    }
    return new ArrayList(found);
  };
  return [
    {
      name: 'matches',
      overloads: [overload('matches', [STRING, STRING], BOOL), member('matches_string', [STRING, STRING], BOOL)],
      all: (text, pattern) =>
        typeof text === 'string' && typeof pattern === 'string' ? engine.matches(text, pattern) : NO_SUCH_OVERLOAD,
    },
    { name: 'find', overloads: [member('string_find_string', [STRING, STRING], STRING, find)] },
    {
      name: 'findAll',
      overloads: [
        member('string_find_all_string', [STRING, STRING], listOf(STRING), findAll),
        member('string_find_all_string_int', [STRING, STRING, INT], listOf(STRING), findAll),
      ],
    },
  ];
}
