import type { KubeObject, Pod } from '@keelson/api';
import type { Expectations } from '../framework/expectations.js';
import type { PodControl } from './pod-control.js';

/**
 * Deletes pods whose deletions are expected already. One that fails is expected no more, and does not keep the others
 * from being tried: an expectation that nobody works on would hold the owner up. Resolves to the first failure.
 */
export async function deleteExpected(
  control: Pick<PodControl, 'delete'>,
  expectations: Expectations,
  key: string,
  pods: readonly Pod[],
  owner: KubeObject,
): Promise<unknown> {
  const results = await Promise.allSettled(
    pods.map(async (pod) => {
      try {
        await control.delete(pod, owner);
      } catch (error) {
        expectations.deleted(key, pod.metadata.uid ?? '');
        throw error;
      }
    }),
  );
  return results.find((it): it is PromiseRejectedResult => it.status === 'rejected')?.reason;
}
