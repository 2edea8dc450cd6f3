import type { Node } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Decision, NOTHING, patch } from '../../framework/actions.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';

export const TTL_ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** How long kubelets may use what they read of secrets and config maps, in seconds, by the cluster's size. */
const STEPS: readonly { readonly min: number; readonly max: number; readonly seconds: number }[] = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: 10_000, seconds: 300 },
  { min: 9000, max: Number.POSITIVE_INFINITY, seconds: 600 },
];

/** The step of a cluster with so many nodes that was on `step`: steps overlap, so that a node more or less moves nothing. */
export function stepOf(nodes: number, step: number): number {
  let next = step;
  while (next < STEPS.length - 1 && nodes > STEPS[next]!.max) next += 1;
  while (next > 0 && nodes < STEPS[next]!.min) next -= 1;
  return next;
}

export function secondsOf(step: number): number {
  return STEPS[step]!.seconds;
}

/** Tells kubelets by an annotation how long they may cache: longer in larger clusters. */
export const ttlController: Controller = reconciler<Node>({
  name: 'ttl',
  resource: resources.nodes,
  concurrency: { workers: 1 },
  setUp({ owners, loop }) {
    let step = 0;
    let count = 0;
    const grow = (difference: number) => {
      count += difference;
      const before = step;
      step = stepOf(count, step);
      if (step !== before) for (const node of owners.list()) loop.queue.add(node.metadata.name ?? '');
    };
    owners.addHandler({ onAdd: () => grow(1), onDelete: () => grow(-1) });
    return (node) => annotate(node, secondsOf(step));
  },
});

function annotate(node: Node, seconds: number): Decision {
  if (node.metadata.annotations?.[TTL_ANNOTATION] === String(seconds)) return NOTHING;
  const change = { metadata: { annotations: { [TTL_ANNOTATION]: String(seconds) } } };
  return { steps: [[patch(resources.nodes, node, 'strategic', change, { ignore: ['NotFound'] })]] };
}
