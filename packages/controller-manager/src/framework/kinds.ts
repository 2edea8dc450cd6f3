import { allKinds, type Kind, type KubeObject } from '@keelson/api';
import type { Resource } from '@keelson/client';

/** Kinds that can be listed, watched and deleted: what may own or be owned, and what a namespace holds. */
export function deletableResources(): Resource[] {
  return allKinds
    .filter((kind) => ['list', 'watch', 'delete'].every((verb) => kind.verbs.includes(verb as Kind['verbs'][number])))
    .filter((kind) => kind.storage === undefined)
    .map(resourceOf);
}

export function resourceOf(kind: Kind): Resource<KubeObject> {
  const { group, version, plural } = kind;
  return { group, version, plural, kind: kind.kind, namespaced: kind.scope === 'Namespaced' };
}
