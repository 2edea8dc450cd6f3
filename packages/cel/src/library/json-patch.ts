import { type FunctionDeclaration, overload } from '../check/functions.js';
import { STRING } from '../types/type.js';

const escapeKey = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');

export const JSON_PATCH: readonly FunctionDeclaration[] = [
  {
    name: 'jsonpatch.escapeKey',
    overloads: [overload('string_jsonpatch_escapeKey_string', [STRING], STRING, (key) => escapeKey(key as string))],
  },
];
