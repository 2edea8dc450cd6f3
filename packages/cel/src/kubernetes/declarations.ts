import { type Declaration, listDeclaration, mapDeclaration, objectDeclaration, scalar } from '../types/declaration.js';
import { STRING, type Type } from '../types/type.js';

/** An object whose name and fields are known. */
export function object(name: string, fields: Readonly<Record<string, Declaration>>): Declaration {
  return objectDeclaration(new Map(Object.entries(fields)), 2, name);
}

const text = scalar(STRING, 2);
const texts = listDeclaration(text, 0);

/** Who asks, in admission and in authentication. */
export const USER = object('kubernetes.UserInfo', {
  username: text,
  uid: text,
  groups: texts,
  extra: mapDeclaration(texts, 0),
});

/** A type as complaints about results show it, which is not quite as the checker does. */
export function showType(type: Type): string {
  if (type.kind === 'null') return type.name;
  return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(showType).join(', ')})`;
}
