import { controllerOf, type KubeObject } from '@keelson/api';
import type { Informer } from '@keelson/client';

/** What a controller owns is found by its uid, and what nobody does by its namespace: never by looking through all. */
export const ownershipIndices = {
  controller: (object: KubeObject) => [controllerOf(object)?.uid ?? ''],
  orphan: (object: KubeObject) => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []),
};

export function ownedBy<T extends KubeObject>(informer: Informer<T>, { metadata }: KubeObject): T[] {
  return informer.indexer.byIndex('controller', metadata.uid ?? '');
}

/** What nobody owns in an owner's namespace. */
export function orphansBeside<T extends KubeObject>(informer: Informer<T>, { metadata }: KubeObject): T[] {
  return informer.indexer.byIndex('orphan', metadata.namespace ?? '');
}
