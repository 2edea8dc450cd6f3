import type { Node, Pod, Toleration } from '@keelson/api';
import { type AdmissionPlugin, isResource } from './admission.js';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** How long a pod stays on a node that is lost, in seconds. */
export interface TolerationSeconds {
  readonly notReady: number;
  readonly unreachable: number;
}

/** A pod stays some time on a node that is lost, unless it says how long. */
export function defaultTolerationSeconds({ notReady, unreachable }: TolerationSeconds): AdmissionPlugin {
  const defaults = [
    { key: NOT_READY, tolerationSeconds: notReady },
    { key: UNREACHABLE, tolerationSeconds: unreachable },
  ];
  return {
    name: 'DefaultTolerationSeconds',
    mutate({ kind, object, subresource, operation }) {
      if (operation === 'DELETE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
      const { spec } = object as Pod;
      if (spec === undefined) return;
      for (const { key, tolerationSeconds } of defaults) {
        if (spec.tolerations?.some((it) => toleratesNoExecute(it, key))) continue;
        const toleration = { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds };
        spec.tolerations = [...(spec.tolerations ?? []), toleration];
      }
    },
  };
}

function toleratesNoExecute({ key, effect }: Toleration, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}

/** A new node takes no pods until the node controller has seen it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate({ operation, kind, object, subresource }) {
    if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, '', 'nodes')) return;
    const node = object as Node;
    node.spec ??= {};
    if (node.spec.taints?.some((it) => it.key === NOT_READY && it.effect === 'NoSchedule')) return;
    node.spec.taints = [...(node.spec.taints ?? []), { key: NOT_READY, effect: 'NoSchedule' }];
  },
};
