import { controllerOf, type KubeObject } from '@keelson/api';
import type { Informer } from '@keelson/client';

const INDEX = 'claimable';

/** Finds what an owner has or may claim: what it controls, and what nobody does in its namespace. */
export function claimable<T extends KubeObject>({ indexer }: Informer<T>): (owner: KubeObject) => T[] {
  indexer.addIndex(INDEX, (object) => [controllerOf(object)?.uid ?? orphansOf(object)]);
  return (owner) => [...indexer.byIndex(INDEX, owner.metadata.uid ?? ''), ...indexer.byIndex(INDEX, orphansOf(owner))];
}

/** No uid begins like this. */
function orphansOf({ metadata }: KubeObject): string {
  return `/${metadata.namespace ?? ''}`;
}
