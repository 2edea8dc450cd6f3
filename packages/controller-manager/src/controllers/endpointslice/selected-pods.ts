import { labelMapMatcher, objectKey, type Pod, type Service } from '@keelson/api';
import type { Informer } from '@keelson/client';
import type { KeyedLoop } from '../../framework/controller.js';

/** Whether a Service's pods are found by its selector; if not, its endpoints are somebody else's. */
export function selectsPods({ spec }: Service): boolean {
  return spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;
}

export function selectedPods(service: Service, pods: Informer<Pod>): Pod[] {
  const matcher = labelMapMatcher(service.spec?.selector);
  return pods.list(service.metadata.namespace).filter((pod) => matcher.matches(pod.metadata.labels ?? {}));
}

/** Has Services looked at whose pods change, come, go, or are not theirs any more. */
export function followSelected(loop: KeyedLoop, services: Informer<Service>, pods: Informer<Pod>): void {
  loop.feed(pods, (pod, old) =>
    services
      .list(pod.metadata.namespace)
      .filter((service) => {
        if (!selectsPods(service)) return false;
        const selector = labelMapMatcher(service.spec?.selector);
        return [pod, old].some((it) => it !== undefined && selector.matches(it.metadata.labels ?? {}));
      })
      .map(objectKey),
  );
}
