import {
  type Kind,
  type KindRegistry,
  type KubeObject,
  labelSelectorMatcher,
  type ParamKind,
  type ParamRef,
  parseApiVersion,
} from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import { served } from '../../registry/served-form.js';
import { lookUp } from '../lookup.js';

export interface ParamPlaces {
  readonly kinds: Pick<KindRegistry, 'findByKind'>;
  collectionOf(kind: Kind): ObjectCollection | undefined;
}

/** Where a policy's parameters are; undefined: it has none. Throws where nobody knows their kind. */
export function paramsPlace(paramKind: ParamKind | undefined, places: ParamPlaces): ObjectCollection | undefined {
  if (paramKind === undefined) return undefined;
  const { apiVersion = '', kind: name = '' } = paramKind;
  const { group, version } = parseApiVersion(apiVersion);
  const kind = places.kinds.findByKind(group, version, name);
  const found = kind && places.collectionOf(kind);
  if (found === undefined)
    throw new Error(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${name}'`);
  return found;
}

/** The parameters that a binding names, each of which the policy is asked with. Throws what is wrong with the binding. */
export async function paramsOf(
  place: ObjectCollection | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): Promise<(KubeObject | undefined)[]> {
  if (place === undefined || ref === undefined) return [undefined];
  const isNamespaced = place.kind.scope === 'Namespaced';
  if (!isNamespaced && ref.namespace)
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const where = isNamespaced ? ref.namespace || namespace : '';
  if (isNamespaced && where === '')
    throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  const found = await named(place, ref, where);
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
  return found;
}

async function named(place: ObjectCollection, ref: ParamRef, namespace: string): Promise<KubeObject[]> {
  const { name, selector } = ref;
  if (name) {
    if (selector !== undefined) throw new Error('paramRef.name and paramRef.selector are mutually exclusive');
    const found = await lookUp<KubeObject>(place, namespace, name);
    return found === undefined ? [] : [found];
  }
  if (selector === undefined) throw new Error('one of name or selector must be provided');
  const matcher = labelSelectorMatcher(selector);
  const found = [...place.cache.list(namespace === '' ? undefined : `${namespace}/`)]
    .filter(({ object }) => matcher.matches(object.metadata.labels))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  await served(place.kind, found);
  return found.map((stored) => place.served(stored));
}
