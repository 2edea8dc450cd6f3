import { labelSelectorMatcher, objectKey, type PersistentVolumeClaim, type Pod, type StatefulSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { NOTHING } from '../../framework/actions.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { claimable } from '../../pods/claimable.js';
import { claims } from '../../pods/claims.js';
import { follow } from '../../pods/follow.js';
import { decide } from './decide.js';
import { ordinalOf, parseName } from './identity.js';

const CLAIMS = 'claims';
const selectorOf = (it: StatefulSet) => labelSelectorMatcher(it.spec?.selector);

/** Pods with names and volumes that stay, in order. */
export const statefulSetController: Controller = reconciler<StatefulSet>({
  name: 'statefulset',
  resource: resources.statefulSets,
  concurrency: { flag: 'concurrent-statefulset-syncs', workers: 5 },
  setUp({ informers, owners, loop }) {
    const pods = informers.for(resources.pods);
    const revisions = informers.for(resources.controllerRevisions);
    const volumeClaims = informers.for(resources.persistentVolumeClaims);
    const podsFor = claimable(pods);
    const revisionsFor = claimable(revisions);
    const parts = { kind: 'StatefulSet', selectorOf };
    follow(parts, { owned: pods, owners, queue: loop.queue });
    follow(parts, { owned: revisions, owners, queue: loop.queue });
    // A pod that is not the set's may have had the name of one that is to be.
    pods.addHandler({
      onDelete: (pod) => {
        const set = owners.get(pod.metadata.namespace ?? '', parseName(pod.metadata.name ?? '')?.set ?? '');
        if (set !== undefined) loop.queue.add(objectKey(set));
      },
    });
    owners.indexer.addIndex(CLAIMS, claimPrefixes);
    const concerned = (claim: PersistentVolumeClaim) => {
      const { namespace, name = '' } = claim.metadata;
      const prefix = parseName(name)?.set ?? '';
      return owners.indexer.byIndex(CLAIMS, `${namespace}/${prefix}`).map(objectKey);
    };
    loop.feed(volumeClaims, concerned);
    return (set, now) => {
      const { namespace = '' } = set.metadata;
      const selector = selectorOf(set);
      if (selector.empty) return NOTHING;
      const claimant = { owner: set, owners: resources.statefulSets, selector };
      const history = claims(resources.controllerRevisions, revisionsFor(set), claimant);
      const isMember = (pod: Pod) => ordinalOf(set, pod) !== undefined;
      const claimed = claims(resources.pods, podsFor(set), { ...claimant, isMember });
      const claimOf = (name: string) => volumeClaims.get(namespace, name);
      const decision = decide({ set, pods: claimed.mine, revisions: history.mine, claimOf, now });
      return { ...decision, steps: [history.actions, claimed.actions, ...(decision.steps ?? [])] };
    };
  },
});

/** What the names of a set's claims begin with, by namespace. */
function claimPrefixes({ metadata, spec }: StatefulSet): string[] {
  return (spec?.volumeClaimTemplates ?? []).map((it) => `${metadata.namespace}/${it.metadata?.name}-${metadata.name}`);
}
