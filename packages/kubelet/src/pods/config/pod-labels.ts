import type { Pod } from '@keelson/api';
import { Label } from '../../cri/runtime-pod.js';
import { podUid } from '../pod-facts.js';

/** The labels that find a pod's sandboxes and containers again. */
export function podLabels(pod: Pod): Record<string, string> {
  return {
    ...pod.metadata.labels,
    [Label.podName]: pod.metadata.name ?? '',
    [Label.podNamespace]: pod.metadata.namespace ?? '',
    [Label.podUid]: podUid(pod),
  };
}
