import type { TypeProvider } from '../check/scope.js';
import type { SizeEstimator } from '../cost/estimate.js';
import { isReserved } from './escape.js';
import { listOf, mapOf, STRING, structType, type Type } from './type.js';

/** A type of Kubernetes' schemas: what expressions see of it, and how large its values can be. */
export interface Declaration {
  readonly type: Type;
  /** Elements, entries or code points that a value has at the most. */
  readonly maxElements: number;
  /** Bytes of JSON that a value takes at the least. */
  readonly minSize: number;
  readonly keys?: Declaration;
  readonly elements?: Declaration;
  /** By escaped name. */
  readonly fields?: ReadonlyMap<string, Declaration>;
}

export function scalar(type: Type, minSize: number, maxElements = 0): Declaration {
  return { type, minSize, maxElements };
}

const KEYS = scalar(STRING, 2);
const COLLECTION_SIZE = 2;

export function listDeclaration(elements: Declaration, maxElements: number): Declaration {
  return { type: listOf(elements.type), minSize: COLLECTION_SIZE, maxElements, elements };
}

export function mapDeclaration(elements: Declaration, maxElements: number, keys = KEYS): Declaration {
  return { type: mapOf(keys.type, elements.type), minSize: COLLECTION_SIZE, maxElements, keys, elements };
}

/** An object that has no name yet. */
const UNNAMED = 'object';

export function objectDeclaration(
  fields: ReadonlyMap<string, Declaration>,
  minSize = COLLECTION_SIZE,
  name = UNNAMED,
): Declaration {
  return { type: structType(name), minSize, maxElements: 0, fields };
}

/** The same type with names for the objects in it, made from the way to them. */
export function withNames(declaration: Declaration, name: string): Declaration {
  const { fields, keys, elements } = declaration;
  if (fields) {
    const own = declaration.type.name === UNNAMED ? name : declaration.type.name;
    const named = new Map([...fields].map(([field, type]) => [field, withNames(type, `${own}.${field}`)]));
    return { ...objectDeclaration(named, declaration.minSize, own) };
  }
  if (!elements) return declaration;
  return keys
    ? mapDeclaration(withNames(elements, `${name}.@elem`), declaration.maxElements, keys)
    : listDeclaration(withNames(elements, `${name}.@idx`), declaration.maxElements);
}

/** The objects of named declarations, by their names. */
export function declarationProvider(...roots: readonly Declaration[]): TypeProvider {
  const objects = new Map<string, Declaration>();
  const collect = (declaration: Declaration): void => {
    if (declaration.fields) {
      objects.set(declaration.type.name, declaration);
      for (const field of declaration.fields.values()) collect(field);
    }
    if (declaration.elements) collect(declaration.elements);
  };
  for (const root of roots) collect(root);
  return {
    findStruct: (name) => objects.get(name)?.type,
    findField: (struct, field) => {
      const fields = objects.get(struct)?.fields;
      return (fields?.get(field) ?? (isReserved(field) ? fields?.get(`__${field}__`) : undefined))?.type;
    },
  };
}

/** Sizes of what is below variables that are all of one type. */
export function declarationSizes(root: Declaration): SizeEstimator {
  return (path) => {
    let declaration: Declaration | undefined = root;
    for (const step of path.slice(1)) {
      if (step === '@items' || step === '@values') declaration = declaration?.elements;
      else if (step === '@keys') declaration = declaration?.keys;
      else
        declaration =
          declaration?.fields?.get(step) ??
          (declaration?.keys && declaration.elements?.type.kind === 'any' ? declaration.elements : undefined);
      if (!declaration) return undefined;
    }
    return { min: 0, max: declaration.maxElements };
  };
}
