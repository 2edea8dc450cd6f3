import { type DaemonSet, deepEqual, labelSelectorMatcher, type Node, objectKey } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { claimable } from '../../pods/claimable.js';
import { claims } from '../../pods/claims.js';
import { follow } from '../../pods/follow.js';
import { decide } from './decide.js';
import { FailedPods } from './failed-pods.js';
import { placements } from './placement.js';

const selectorOf = (it: DaemonSet) => labelSelectorMatcher(it.spec?.selector);

/** One pod on every node that a DaemonSet is for. */
export const daemonSetController: Controller = reconciler<DaemonSet>({
  name: 'daemonset',
  resource: resources.daemonSets,
  concurrency: { flag: 'concurrent-daemonset-syncs', workers: 2 },
  setUp({ informers, owners, loop }) {
    const nodes = informers.for(resources.nodes);
    const pods = informers.for(resources.pods);
    const revisions = informers.for(resources.controllerRevisions);
    const podsFor = claimable(pods);
    const revisionsFor = claimable(revisions);
    const failedPods = new FailedPods();
    const parts = { kind: 'DaemonSet', selectorOf };
    follow(parts, { owned: pods, owners, queue: loop.queue });
    follow(parts, { owned: revisions, owners, queue: loop.queue });
    const look = (concerns: (daemonSet: DaemonSet) => boolean) => {
      for (const it of owners.list()) if (concerns(it)) loop.queue.add(objectKey(it));
    };
    // A node that is gone takes its pods with it, and they tell.
    nodes.addHandler({
      onAdd: (node) => look((it) => placements(it)(node).run),
      onUpdate(node, before) {
        if (deepEqual(placed(node), placed(before))) return;
        look((it) => !deepEqual(placements(it)(node), placements(it)(before)));
      },
    });
    return (daemonSet, now) => {
      const selector = selectorOf(daemonSet);
      const claimant = { owner: daemonSet, owners: resources.daemonSets, selector };
      const mayClaim = !selector.empty;
      const history = claims(resources.controllerRevisions, mayClaim ? revisionsFor(daemonSet) : [], claimant);
      const claimed = claims(resources.pods, mayClaim ? podsFor(daemonSet) : [], claimant);
      const keyOf = (node: string) => `${daemonSet.metadata.uid}/${daemonSet.metadata.generation}/${node}`;
      const { decision, failing } = decide({
        daemonSet,
        nodes: nodes.list(),
        pods: claimed.mine,
        revisions: history.mine,
        heldBack: (node) => failedPods.heldBack(keyOf(node), now),
        now,
      });
      for (const node of new Set(failing)) failedPods.replaced(keyOf(node), now);
      return { ...decision, steps: [history.actions, claimed.actions, ...(decision.steps ?? [])] };
    };
  },
});

/** What of a node decides whether daemons run on it. */
function placed({ metadata, spec }: Node): unknown {
  return [metadata.labels, spec?.taints, spec?.unschedulable];
}
