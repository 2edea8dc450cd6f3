import type { Container, Lifecycle, Pod } from '@keelson/api';
import { Label, type RuntimePod } from '../cri/runtime-pod.js';

/** As much of a pod as its containers' annotations tell: enough to end it with its grace and its preStop hooks. */
export function podOnRecord({ uid, name, namespace, containers }: RuntimePod): Pod {
  const graces = containers.map(({ annotations = {} }) => Number(annotations[Label.terminationGracePeriod]));
  const known = graces.filter((seconds) => Number.isFinite(seconds) && seconds >= 0);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid, name, namespace },
    spec: {
      ...(known.length === 0 ? {} : { terminationGracePeriodSeconds: Math.max(...known) }),
      containers: containers.map(({ name: container, annotations = {} }): Container => {
        const preStop = parse(annotations[Label.preStopHandler]);
        return { name: container, ...(preStop === undefined ? {} : { lifecycle: { preStop } }) };
      }),
    },
  };
}

function parse(text: string | undefined): Lifecycle['preStop'] {
  try {
    return text === undefined || text === '' ? undefined : (JSON.parse(text) as Lifecycle['preStop']);
  } catch {
    return undefined;
  }
}
