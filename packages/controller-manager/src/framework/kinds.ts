import type { Kind, KubeObject } from '@keelson/api';
import type { Resource } from '@keelson/client';

export function resourceOf(kind: Kind): Resource<KubeObject> {
  const { group, version, plural } = kind;
  return { group, version, plural, kind: kind.kind, namespaced: kind.scope === 'Namespaced' };
}
