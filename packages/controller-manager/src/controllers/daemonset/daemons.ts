import type { DaemonSet, Node, Pod } from '@keelson/api';
import { isFinished } from '../../pods/pod-state.js';
import { type Placement, placements, targetNode } from './placement.js';

export const HASH_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

/** A place where daemons may be: a node that there is, or one that pods still name. */
export interface Place extends Placement {
  readonly name: string;
  readonly exists: boolean;
  /** All that count here, those first that are on the node already, by age. */
  readonly pods: readonly Pod[];
}

/** Every node, and what daemons are on it or meant for it. */
export function placesOf(daemonSet: DaemonSet, nodes: readonly Node[], pods: readonly Pod[]): Place[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    // One that ended and is on its way out is the kubelet's, or of whoever holds it by a finalizer.
    if (isFinished(pod) && isGoing(pod)) continue;
    const node = targetNode(pod);
    if (node === '') continue;
    const group = byNode.get(node);
    if (group === undefined) byNode.set(node, [pod]);
    else group.push(pod);
  }
  const placementOn = placements(daemonSet);
  const places = nodes.map((node): Place => {
    const name = node.metadata.name ?? '';
    const here = byNode.get(name) ?? [];
    byNode.delete(name);
    return { name, exists: true, ...placementOn(node), pods: here.sort(byAge) };
  });
  const gone = [...byNode].map(([name, here]) => ({
    name,
    exists: false,
    run: false,
    keep: false,
    pods: here.sort(byAge),
  }));
  return [...places, ...gone];
}

function byAge(a: Pod, b: Pod): number {
  const [onA, onB] = [a, b].map(({ spec }) => Boolean(spec?.nodeName));
  if (onA !== onB) return onA ? -1 : 1;
  const [first, second] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '') as [string, string];
  if (first !== second) return first < second ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

export function isGoing({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function hashOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[HASH_LABEL];
}

/** Which template a pod is of, by labels. */
export function versionLabels({ metadata }: DaemonSet, hash: string): Record<string, string> {
  const generation = metadata.annotations?.[GENERATION_ANNOTATION];
  return { [HASH_LABEL]: hash, ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }) };
}

/** Whether a pod is of the DaemonSet's template as it is. */
export function isUpdated({ metadata }: DaemonSet, hash: string, pod: Pod): boolean {
  const generation = metadata.annotations?.[GENERATION_ANNOTATION];
  return hashOf(pod) === hash || (generation !== undefined && pod.metadata.labels?.[GENERATION_LABEL] === generation);
}
