import { controllerOf, deepEqual, type KubeObject, type LabelMatcher, objectKey } from '@keelson/api';
import type { Informer, WorkQueue } from '@keelson/client';

export interface Followed<T> {
  /** The owners' kind, as owner references name it. */
  readonly kind: string;
  selectorOf(owner: T): LabelMatcher;
  /** Those of a namespace that may adopt: all of it, if absent. */
  adopters?(namespace: string | undefined): readonly T[];
}

/**
 * Has owners look again when something of theirs changes. What nobody owns concerns all whose selector matches it: one
 * of them may adopt it.
 */
export function follow<T extends KubeObject>(
  { kind, selectorOf, adopters }: Followed<T>,
  parts: { readonly owned: Informer<KubeObject>; readonly owners: Informer<T>; readonly queue: WorkQueue },
): void {
  const { owned, owners, queue } = parts;
  const ownerOf = (object: KubeObject): string | undefined => {
    const owner = controllerOf(object);
    return owner?.kind === kind ? `${object.metadata.namespace}/${owner.name}` : undefined;
  };
  const askForAdoption = (object: KubeObject): void => {
    const { namespace, labels = {}, deletionTimestamp } = object.metadata;
    if (controllerOf(object) !== undefined || deletionTimestamp !== undefined) return;
    const those = adopters?.(namespace) ?? owners.list(namespace);
    for (const owner of those) if (selectorOf(owner).matches(labels)) queue.add(objectKey(owner));
  };
  owned.addHandler({
    onAdd(object) {
      const key = ownerOf(object);
      if (key === undefined) askForAdoption(object);
      else queue.add(key);
    },
    onUpdate(object, old) {
      const [key, before] = [ownerOf(object), ownerOf(old)];
      if (before !== undefined && before !== key) queue.add(before);
      if (key !== undefined) queue.add(key);
      else if (before !== undefined || !deepEqual(object.metadata.labels ?? {}, old.metadata.labels ?? {}))
        askForAdoption(object);
    },
    onDelete(object) {
      const key = ownerOf(object);
      if (key !== undefined) queue.add(key);
    },
  });
}
