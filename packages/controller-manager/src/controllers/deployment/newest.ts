import { controllerOf, controllerReference, type Deployment, largest, type ReplicaSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { create, type Decision } from '../../framework/actions.js';
import { contentHash } from '../../framework/hash.js';
import { newestAnnotations, revisionOf } from './annotations.js';
import { HASH_LABEL, sameTemplate } from './replica-sets.js';
import { newestReplicas } from './rollout.js';
import { hasDeadline, progressing, setCondition } from './status.js';
import { revisionNoted, scaledText, statusWritten } from './writes.js';

/** Makes the ReplicaSet of a Deployment's template, and says so in its status. */
export function createNewest(deployment: Deployment, old: readonly ReplicaSet[], now: number): Decision {
  const wanted = newestOf(deployment, old);
  const replicas = wanted.spec?.replicas ?? 0;
  const { conditions } = deployment.status ?? {};
  const made = progressing('True', 'NewReplicaSetCreated', `Created new replica set "${wanted.metadata.name}"`);
  const noted = revisionNoted(
    deployment,
    String(revisionOf(wanted)),
    hasDeadline(deployment) ? setCondition(conditions, made, now) : conditions,
  );
  const text = (reason: string) => `Failed to create new replica set: ${reason}`;
  return {
    steps: [
      [
        create(resources.replicaSets, wanted, {
          done: () => (replicas > 0 ? scaledText(wanted, 0, replicas) : undefined),
          failed: ({ message }) => ({ type: 'Warning', reason: 'FailedCreate', message: text(message) }),
          taken: (existing) => {
            const { uid } = deployment.metadata;
            if (controllerOf(existing)?.uid === uid && sameTemplate(existing.spec?.template, wanted.spec?.template))
              return [];
            // Another template has the same hash: count up, which makes another one.
            const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
            return statusWritten(deployment, { ...deployment.status, collisionCount });
          },
        }),
      ],
      // A collision was written in its place.
      [{ ...noted, ignore: ['Conflict'] }],
    ],
    afterwards: (failure) => {
      if (failure === undefined || !hasDeadline(deployment)) return [];
      const condition = progressing('False', 'ReplicaSetCreateError', text((failure as Error).message));
      return statusWritten(deployment, { ...deployment.status, conditions: setCondition(conditions, condition, now) });
    },
  };
}

function newestOf(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { name, namespace } = deployment.metadata;
  const { template, selector, minReadySeconds } = deployment.spec ?? {};
  const hash = contentHash(template, deployment.status?.collisionCount);
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: newestAnnotations(deployment, {}, largest(old.map(revisionOf)) + 1n, true),
      ownerReferences: [controllerReference(deployment, resources.deployments)],
    },
    spec: {
      replicas: newestReplicas(deployment, { newest: undefined, old }),
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}
