import {
  controllerOf,
  controllerReference,
  type Deployment,
  type DeploymentStatus,
  deepEqual,
  isApiError,
  labelSelectorMatcher,
  largest,
  objectKey,
  type Pod,
  type ReplicaSet,
} from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import { findCondition } from '../../framework/conditions.js';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { contentHash } from '../../framework/hash.js';
import { claim } from '../../pods/claim.js';
import { newestAnnotations, REVISION, revisionOf, sizeAnnotations } from './annotations.js';
import { HASH_LABEL, partition, type ReplicaSets, replicasOf, sameTemplate } from './replica-sets.js';
import { isScaling, newestReplicas, type Resize, rollingStep, scaleStep } from './rollout.js';
import {
  countStatus,
  deadlineIn,
  hasDeadline,
  isComplete,
  progressing,
  rolloutStatus,
  setCondition,
} from './status.js';

const KIND = { group: 'apps', version: 'v1', kind: 'Deployment' };
const WORKERS = 5;

/** Rolls a Deployment's template out through its ReplicaSets. */
export const deploymentController: Controller = {
  name: 'deployment',
  setUp(context) {
    const { informers } = context;
    const deployments = informers.for(resources.deployments);
    const replicaSets = informers.for(resources.replicaSets);
    const pods = informers.for(resources.pods);
    const loop = new KeyedLoop('deployment', context);
    loop.feed(deployments, (it) => [objectKey(it)]);
    loop.feed(replicaSets, (it, old) =>
      [it, ...(old === undefined ? [] : [old])].flatMap((set) => deploymentsOf(set, deployments)),
    );
    // A Recreate rollout waits for old pods to be gone.
    pods.addHandler({
      onDelete(pod) {
        const owner = controllerOf(pod);
        const set =
          owner?.kind === 'ReplicaSet' ? replicaSets.get(pod.metadata.namespace ?? '', owner.name ?? '') : undefined;
        for (const key of set === undefined ? [] : deploymentsOf(set, deployments)) loop.queue.add(key);
      },
    });
    return () => loop.run(WORKERS, (key) => new DeploymentSync(context, { deployments, replicaSets, pods }).run(key));
  },
};

function deploymentsOf(set: ReplicaSet, deployments: Informer<Deployment>): string[] {
  const owner = controllerOf(set);
  if (owner !== undefined) return owner.kind === 'Deployment' ? [`${set.metadata.namespace}/${owner.name}`] : [];
  const labels = set.metadata.labels ?? {};
  return deployments
    .list(set.metadata.namespace)
    .filter((it) => labelSelectorMatcher(it.spec?.selector).matches(labels))
    .map(objectKey);
}

interface Informers {
  deployments: Informer<Deployment>;
  replicaSets: Informer<ReplicaSet>;
  pods: Informer<Pod>;
}

/** One look at one Deployment: at most one step, then its status. What the step changes brings the next look. */
class DeploymentSync {
  readonly #context: ControllerContext;
  readonly #informers: Informers;

  constructor(context: ControllerContext, informers: Informers) {
    this.#context = context;
    this.#informers = informers;
  }

  async run(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    let deployment = this.#informers.deployments.get(namespace, name);
    if (deployment === undefined) return undefined;
    const { client } = this.#context;
    const selector = labelSelectorMatcher(deployment.spec?.selector);
    if (selector.empty) return this.#selectsAll(deployment);
    const candidates = this.#informers.replicaSets.list(namespace);
    const claimant = { owner: deployment, ownerKind: KIND, owners: resources.deployments, selector };
    const mine = await claim(client, resources.replicaSets, candidates, claimant);
    if (deployment.metadata.deletionTimestamp !== undefined) {
      return this.#writeStatus(deployment, countStatus(deployment, partition(deployment, mine), this.#now()));
    }
    deployment = await this.#notePause(deployment);
    if (deployment.spec?.paused === true || isScaling(deployment, mine)) return this.#scale(deployment, mine);
    return deployment.spec?.strategy?.type === 'Recreate'
      ? this.#recreate(deployment, mine)
      : this.#roll(deployment, mine);
  }

  #now(): number {
    return this.#context.clock.now();
  }

  async #selectsAll(deployment: Deployment): Promise<undefined> {
    const text = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.#context.recorder.record(deployment, 'Warning', 'SelectingAll', text);
    const { generation } = deployment.metadata;
    if ((deployment.status?.observedGeneration ?? 0) < (generation ?? 0)) {
      await this.#writeStatus(deployment, { ...deployment.status, observedGeneration: generation });
    }
    return undefined;
  }

  /** A pause stops the clock of the progress deadline, and resuming starts it anew. */
  async #notePause(deployment: Deployment): Promise<Deployment> {
    if (!hasDeadline(deployment)) return deployment;
    const current = findCondition(deployment.status?.conditions, 'Progressing');
    if (current?.reason === 'ProgressDeadlineExceeded') return deployment;
    const paused = deployment.spec?.paused === true;
    const wasPaused = current?.reason === 'DeploymentPaused';
    if (paused === wasPaused) return deployment;
    const condition = paused
      ? progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
      : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
    const status = {
      ...deployment.status,
      conditions: setCondition(deployment.status?.conditions, condition, this.#now()),
    };
    return this.#context.client.update(resources.deployments, { ...deployment, status }, { subresource: 'status' });
  }

  async #scale(deployment: Deployment, mine: readonly ReplicaSet[]): Promise<number | undefined> {
    const sets = await this.#withNewest(deployment, mine, false);
    for (const step of scaleStep(sets.deployment, sets)) await this.#resize(sets.deployment, step);
    if (sets.deployment.spec?.paused === true) await this.#cleanUp(sets.deployment, sets);
    return this.#writeStatus(sets.deployment, countStatus(sets.deployment, sets, this.#now()));
  }

  async #roll(deployment: Deployment, mine: readonly ReplicaSet[]): Promise<number | undefined> {
    const sets = await this.#withNewest(deployment, mine, true);
    if (sets.newest === undefined) return undefined;
    const steps = rollingStep(sets.deployment, { newest: sets.newest, old: sets.old });
    for (const step of steps) await this.#resize(sets.deployment, step);
    return this.#finish(sets.deployment, sets, steps.length === 0);
  }

  async #recreate(deployment: Deployment, mine: readonly ReplicaSet[]): Promise<number | undefined> {
    let sets = await this.#withNewest(deployment, mine, false);
    const active = sets.old.filter((it) => replicasOf(it) > 0);
    for (const replicaSet of active) await this.#resize(sets.deployment, { replicaSet, replicas: 0 });
    if (active.length > 0 || this.#oldPodsRun(sets)) return this.#finish(sets.deployment, sets, false);
    if (sets.newest === undefined) sets = await this.#withNewest(sets.deployment, mine, true);
    if (sets.newest === undefined) return undefined;
    const replicas = sets.deployment.spec?.replicas ?? 1;
    await this.#resize(sets.deployment, { replicaSet: sets.newest, replicas });
    return this.#finish(sets.deployment, sets, true);
  }

  #oldPodsRun({ old }: ReplicaSets): boolean {
    const uids = new Set(old.map((it) => it.metadata.uid));
    const namespace = old[0]?.metadata.namespace ?? '';
    return this.#informers.pods.list(namespace).some((pod) => {
      const phase = pod.status?.phase;
      return uids.has(controllerOf(pod)?.uid) && phase !== 'Succeeded' && phase !== 'Failed';
    });
  }

  async #finish(deployment: Deployment, sets: ReplicaSets, settled: boolean): Promise<number | undefined> {
    const status = rolloutStatus(deployment, sets, this.#now());
    if (settled && isComplete(deployment, status)) await this.#cleanUp(deployment, sets);
    return this.#writeStatus(deployment, status);
  }

  /** The ReplicaSets with the newest brought up to date, or made if `create`. */
  async #withNewest(
    deployment: Deployment,
    mine: readonly ReplicaSet[],
    create: boolean,
  ): Promise<ReplicaSets & { deployment: Deployment }> {
    const { newest, old } = partition(deployment, mine);
    const revision = largest(old.map(revisionOf)) + 1n;
    if (newest !== undefined) {
      const updated = await this.#annotate(deployment, newest, revision);
      const noted = await this.#noteRevision(
        deployment,
        updated,
        'FoundNewReplicaSet',
        `Found new replica set "${updated.metadata.name}"`,
      );
      return { deployment: noted, newest: updated, old };
    }
    if (!create) return { deployment, newest, old };
    const created = await this.#createNewest(deployment, old, revision);
    if (created === undefined) return { deployment, newest: undefined, old };
    const text = `Created new replica set "${created.metadata.name}"`;
    return {
      deployment: await this.#noteRevision(deployment, created, 'NewReplicaSetCreated', text),
      newest: created,
      old,
    };
  }

  async #annotate(deployment: Deployment, newest: ReplicaSet, revision: bigint): Promise<ReplicaSet> {
    const existing = newest.metadata.annotations ?? {};
    const annotations = newestAnnotations(deployment, existing, revision, false);
    const minReadySeconds = deployment.spec?.minReadySeconds;
    const same = deepEqual(annotations, existing) && (newest.spec?.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
    if (same) return newest;
    const next = {
      ...newest,
      metadata: { ...newest.metadata, annotations },
      spec: { ...newest.spec!, minReadySeconds },
    };
    return this.#context.client.update(resources.replicaSets, next);
  }

  /** The Deployment says the revision of its newest ReplicaSet, and from the first that it progresses. */
  async #noteRevision(
    deployment: Deployment,
    newest: ReplicaSet,
    reason: string,
    message: string,
  ): Promise<Deployment> {
    const { metadata, status } = deployment;
    const revision = String(revisionOf(newest));
    const known = findCondition(status?.conditions, 'Progressing');
    const saysProgress = hasDeadline(deployment) && (reason !== 'FoundNewReplicaSet' || known === undefined);
    if (metadata.annotations?.[REVISION] === revision && !saysProgress) return deployment;
    const conditions = saysProgress
      ? setCondition(status?.conditions, progressing('True', reason, message), this.#now())
      : status?.conditions;
    const annotations = { ...metadata.annotations, [REVISION]: revision };
    // With the status: a change of annotations beside it would be a new generation.
    return this.#context.client.update(
      resources.deployments,
      { ...deployment, metadata: { ...metadata, annotations }, status: { ...status, conditions } },
      { subresource: 'status' },
    );
  }

  async #createNewest(
    deployment: Deployment,
    old: readonly ReplicaSet[],
    revision: bigint,
  ): Promise<ReplicaSet | undefined> {
    const { client } = this.#context;
    const template = deployment.spec?.template;
    const hash = contentHash(template, deployment.status?.collisionCount);
    const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
    const { namespace, name } = deployment.metadata;
    const replicas = newestReplicas(deployment, { newest: undefined, old });
    const wanted: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: newestAnnotations(deployment, {}, revision, true),
        ownerReferences: [controllerReference(deployment, KIND)],
      },
      spec: {
        replicas,
        minReadySeconds: deployment.spec?.minReadySeconds,
        selector: {
          ...deployment.spec?.selector,
          matchLabels: { ...deployment.spec?.selector?.matchLabels, [HASH_LABEL]: hash },
        },
        template: { ...template, metadata: { ...template?.metadata, labels } },
      },
    };
    try {
      const created = await client.create(resources.replicaSets, wanted);
      if (replicas > 0) this.#tellScaled(deployment, created, 0, replicas);
      return created;
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) {
        await this.#noteCreateFailure(deployment, error);
        throw error;
      }
      const existing = await client.get(resources.replicaSets, { namespace, name: wanted.metadata.name ?? '' });
      if (controllerOf(existing)?.uid === deployment.metadata.uid && sameTemplate(existing.spec?.template, template))
        return existing;
      // Another template has the same hash: count up, which makes another one.
      const status = { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
      await client.update(resources.deployments, { ...deployment, status }, { subresource: 'status' });
      return undefined;
    }
  }

  async #noteCreateFailure(deployment: Deployment, error: unknown): Promise<void> {
    const message = `Failed to create new replica set: ${(error as Error).message}`;
    this.#context.recorder.record(deployment, 'Warning', 'FailedCreate', message);
    if (!hasDeadline(deployment)) return;
    const condition = progressing('False', 'ReplicaSetCreateError', message);
    const conditions = setCondition(deployment.status?.conditions, condition, this.#now());
    await this.#writeStatus(deployment, { ...deployment.status, conditions });
  }

  async #resize(deployment: Deployment, { replicaSet, replicas }: Resize): Promise<void> {
    const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(deployment) };
    const before = replicasOf(replicaSet);
    if (before === replicas && deepEqual(annotations, replicaSet.metadata.annotations)) return;
    const next = {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      spec: { ...replicaSet.spec!, replicas },
    };
    const updated = await this.#context.client.update(resources.replicaSets, next);
    if (before !== replicas) this.#tellScaled(deployment, updated, before, replicas);
  }

  #tellScaled(deployment: Deployment, { metadata }: ReplicaSet, from: number, to: number): void {
    const text = `Scaled ${to > from ? 'up' : 'down'} replica set ${metadata.name} from ${from} to ${to}`;
    this.#context.recorder.record(deployment, 'Normal', 'ScalingReplicaSet', text);
  }

  /** Forgets ReplicaSets beyond the history that is kept. */
  async #cleanUp(deployment: Deployment, { old }: ReplicaSets): Promise<void> {
    const limit = deployment.spec?.revisionHistoryLimit ?? 10;
    const spent = old
      .filter(
        (it) => replicasOf(it) === 0 && (it.status?.replicas ?? 0) === 0 && it.metadata.deletionTimestamp === undefined,
      )
      .sort((a, b) => (revisionOf(a) < revisionOf(b) ? -1 : 1));
    for (const it of spent.slice(0, Math.max(0, spent.length - limit))) {
      const { namespace, name = '' } = it.metadata;
      try {
        await this.#context.client.delete(resources.replicaSets, { namespace, name });
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  }

  async #writeStatus(deployment: Deployment, status: DeploymentStatus): Promise<number | undefined> {
    const zero = {
      replicas: 0,
      updatedReplicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      unavailableReplicas: 0,
      terminatingReplicas: 0,
    };
    if (!deepEqual({ ...zero, ...deployment.status }, { ...zero, ...status })) {
      await this.#context.client.update(resources.deployments, { ...deployment, status }, { subresource: 'status' });
    }
    return deadlineIn(deployment, status, this.#now());
  }
}
