import { controllerReference, isControlledBy, type PersistentVolumeClaim, type Pod, type Volume } from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import { type Action, create, type Decision, NOTHING, tell } from '../../framework/actions.js';
import { reconciler } from '../../framework/reconciler.js';
import { claimsOf, PODS_BY_CLAIM, podsByClaim } from '../../volumes/claims.js';

/** Makes the claims of volumes that live as long as their pod. They go with the pod, which owns them. */
export const ephemeralVolumeController = reconciler<Pod>({
  name: 'ephemeral-volume-controller',
  eventSource: 'ephemeral_volume',
  resource: resources.pods,
  concurrency: { flag: 'concurrent-ephemeralvolume-syncs', workers: 5 },
  setUp({ informers, loop }) {
    const claims = informers.for(resources.persistentVolumeClaims);
    const pods = informers.for(resources.pods, podsByClaim);
    claims.addHandler({
      onDelete({ metadata: { namespace, name } }) {
        for (const pod of pods.indexer.byIndex(PODS_BY_CLAIM, `${namespace}/${name}`))
          loop.queue.add(`${namespace}/${pod.metadata.name}`);
      },
    });
    return (pod) => claimsFor(pod, claims);
  },
});

function claimsFor(pod: Pod, claims: Informer<PersistentVolumeClaim>): Decision {
  if (pod.metadata.deletionTimestamp !== undefined) return NOTHING;
  const steps: Action[][] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.ephemeral === undefined) continue;
    const existing = claims.indexer.get(claimsOf({ ...pod, spec: { ...pod.spec, volumes: [volume] } } as Pod)[0]!);
    if (existing === undefined) steps.push([creation(pod, volume)]);
    else if (!isControlledBy(existing, pod)) return { steps: [...steps, [conflict(pod, volume, existing)]] };
  }
  return { steps };
}

function creation(pod: Pod, volume: Volume): Action {
  const { metadata, spec } = volume.ephemeral?.volumeClaimTemplate ?? {};
  const { labels, annotations } = metadata ?? {};
  const name = `${pod.metadata.name}-${volume.name}`;
  const claim: PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: pod.metadata.namespace,
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ownerReferences: [controllerReference(pod, resources.pods)],
    },
    spec: structuredClone(spec) ?? {},
  };
  return create(resources.persistentVolumeClaims, claim, {
    requires: { resource: resources.pods, object: pod },
    taken: (existing) => (isControlledBy(existing, pod) ? [] : [conflict(pod, volume, existing)]),
    failed: ({ message }) => ({
      type: 'Warning',
      reason: 'FailedBinding',
      message: `ephemeral volume ${volume.name}: create PVC ${name}: ${message}`,
    }),
  });
}

function conflict({ metadata }: Pod, { name }: Volume, claim: PersistentVolumeClaim): Action {
  const of = `${claim.metadata.namespace}/${claim.metadata.name}`;
  const text = `PVC ${of} was not created for pod ${metadata.namespace}/${metadata.name} (pod is not owner)`;
  return tell('Warning', 'FailedBinding', `ephemeral volume ${name}: ${text}`);
}
