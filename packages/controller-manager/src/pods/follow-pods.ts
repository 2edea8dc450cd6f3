import { controllerOf, deepEqual, type KubeObject, type LabelMatcher, objectKey, type Pod } from '@keelson/api';
import type { Informer, WorkQueue } from '@keelson/client';
import type { Expectations } from '../framework/expectations.js';

export interface FollowPodsOptions<T> {
  /** The owners' kind, as owner references name it. */
  readonly kind: string;
  selectorOf(owner: T): LabelMatcher;
}

/**
 * Has the owners of pods look again when a pod changes, and counts what was expected of it. A pod that nobody owns
 * concerns all whose selector matches it: one of them may adopt it. Nobody expects an orphan.
 */
export function followPods<T extends KubeObject>(
  options: FollowPodsOptions<T>,
  parts: { pods: Informer<Pod>; owners: Informer<T>; expectations: Expectations; queue: WorkQueue },
): void {
  const { pods, owners, expectations, queue } = parts;
  const ownerOf = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod);
    return owner?.kind === options.kind ? `${pod.metadata.namespace}/${owner.name}` : undefined;
  };
  const askForAdoption = (pod: Pod): void => {
    if (controllerOf(pod) !== undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const labels = pod.metadata.labels ?? {};
    for (const owner of owners.list(pod.metadata.namespace)) {
      if (options.selectorOf(owner).matches(labels)) queue.add(objectKey(owner));
    }
  };
  const isGoing = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
  pods.addHandler({
    onAdd(pod) {
      const key = ownerOf(pod);
      if (key === undefined) return askForAdoption(pod);
      if (isGoing(pod)) expectations.deleted(key, pod.metadata.uid ?? '');
      else expectations.created(key);
      queue.add(key);
    },
    onUpdate(pod, old) {
      const [key, before] = [ownerOf(pod), ownerOf(old)];
      if (before !== undefined && before !== key) queue.add(before);
      if (key !== undefined) {
        if (isGoing(pod)) expectations.deleted(key, pod.metadata.uid ?? '');
        queue.add(key);
      } else if (before !== undefined || !deepEqual(pod.metadata.labels ?? {}, old.metadata.labels ?? {}))
        askForAdoption(pod);
    },
    onDelete(pod) {
      const key = ownerOf(pod);
      if (key === undefined) return;
      expectations.deleted(key, pod.metadata.uid ?? '');
      queue.add(key);
    },
  });
}
