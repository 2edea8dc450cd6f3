import {
  type ControllerRevision,
  controllerOf,
  type DaemonSet,
  deepEqual,
  isApiError,
  labelSelectorMatcher,
  type Node,
  objectKey,
  type Pod,
  scaledValue,
} from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { Expectations } from '../../framework/expectations.js';
import { isTerminating } from '../../framework/runner.js';
import { slowStart } from '../../framework/slow-start.js';
import { claim } from '../../pods/claim.js';
import { deleteExpected } from '../../pods/delete-expected.js';
import { followPods } from '../../pods/follow-pods.js';
import { podFromTemplate } from '../../pods/pod-actions.js';
import { PodControl } from '../../pods/pod-control.js';
import { isAvailable, isReady, nextAvailableIn } from '../../pods/pod-state.js';
import { pinTo, placementOn, targetNode } from './placement.js';
import { currentRevision, HASH_LABEL } from './revisions.js';

const KIND = { group: 'apps', version: 'v1', kind: 'DaemonSet' };
const GENERATION_LABEL = 'pod-template-generation';
const BURST_MAX = 250;
const WORKERS = 2;

/** One pod on every node that a DaemonSet is for. */
export const daemonSetController: Controller = {
  name: 'daemonset',
  setUp(context) {
    const { informers, clock } = context;
    const daemonSets = informers.for(resources.daemonSets);
    const nodes = informers.for(resources.nodes);
    const pods = informers.for(resources.pods);
    const revisions = informers.for(resources.controllerRevisions);
    const expectations = new Expectations({ clock });
    const loop = new KeyedLoop('daemonset', context);
    loop.feed(daemonSets, (it) => [objectKey(it)]);
    nodes.addHandler({
      onAdd: () => addAll(),
      onUpdate(node, old) {
        const part = (it: Node) => [it.metadata.labels, it.spec];
        if (!deepEqual(part(node), part(old))) addAll();
      },
    });
    const addAll = () => {
      for (const it of daemonSets.list()) loop.queue.add(objectKey(it));
    };
    const selectorOf = (it: DaemonSet) => labelSelectorMatcher(it.spec?.selector);
    followPods({ kind: 'DaemonSet', selectorOf }, { pods, owners: daemonSets, expectations, queue: loop.queue });
    loop.feed(revisions, (revision) => daemonSetsOf(revision, daemonSets));
    const sync = new DaemonSetSync(context, expectations, { daemonSets, nodes, pods, revisions });
    return () => loop.run(WORKERS, (key) => sync.run(key));
  },
};

/** Whom a revision concerns: its owner, or all that may adopt it. */
function daemonSetsOf(revision: ControllerRevision, daemonSets: Informer<DaemonSet>): string[] {
  const owner = controllerOf(revision);
  const { namespace, labels = {} } = revision.metadata;
  if (owner !== undefined) return owner.kind === 'DaemonSet' ? [`${namespace}/${owner.name}`] : [];
  return daemonSets
    .list(namespace)
    .filter((it) => labelSelectorMatcher(it.spec?.selector).matches(labels))
    .map(objectKey);
}

interface Informers {
  daemonSets: Informer<DaemonSet>;
  nodes: Informer<Node>;
  pods: Informer<Pod>;
  revisions: Informer<ControllerRevision>;
}

class DaemonSetSync {
  readonly #context: ControllerContext;
  readonly #expectations: Expectations;
  readonly #informers: Informers;
  readonly #control: PodControl;

  constructor(context: ControllerContext, expectations: Expectations, informers: Informers) {
    this.#context = context;
    this.#expectations = expectations;
    this.#informers = informers;
    this.#control = new PodControl(context);
  }

  async run(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const daemonSet = this.#informers.daemonSets.get(namespace, name);
    if (daemonSet === undefined) {
      this.#expectations.forget(key);
      return undefined;
    }
    const selector = labelSelectorMatcher(daemonSet.spec?.selector);
    if (selector.empty || daemonSet.metadata.deletionTimestamp !== undefined) return undefined;
    const { client } = this.#context;
    const claimant = { owner: daemonSet, ownerKind: KIND, owners: resources.daemonSets, selector };
    const all = this.#informers.revisions.list(namespace);
    const history = await claim(client, resources.controllerRevisions, all, claimant);
    const revision = await currentRevision(client, daemonSet, history);
    if (revision === undefined) return undefined;
    this.#informers.revisions.indexer.set(revision);
    const hash = revision.metadata.labels?.[HASH_LABEL] ?? '';
    const pods = await claim(client, resources.pods, this.#informers.pods.list(namespace), claimant);
    if (this.#expectations.satisfied(key)) {
      await this.#place(key, daemonSet, pods, hash);
      if (this.#expectations.satisfied(key)) await this.#update(key, daemonSet, pods, hash);
      await this.#forgetHistory(daemonSet, history, pods, hash);
    }
    return this.#writeStatus(daemonSet, pods, hash);
  }

  /** Creates where a pod is missing and deletes where one should not be, has failed, or is one too many. */
  async #place(key: string, daemonSet: DaemonSet, pods: readonly Pod[], hash: string): Promise<void> {
    const byNode = groupByNode(pods);
    const create: string[] = [];
    const remove: Pod[] = [];
    for (const node of this.#informers.nodes.list()) {
      const nodeName = node.metadata.name ?? '';
      const { run, keep } = placementOn(daemonSet, node);
      const here = (byNode.get(nodeName) ?? []).filter((pod) => pod.metadata.deletionTimestamp === undefined);
      const failed = here.filter((pod) => pod.status?.phase === 'Failed');
      const alive = here.filter((pod) => pod.status?.phase !== 'Failed');
      if (run && (byNode.get(nodeName) ?? []).length === 0) create.push(nodeName);
      else if (keep) {
        for (const pod of failed) {
          const text = `Found failed daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${nodeName}, will try to kill it`;
          this.#context.recorder.record(daemonSet, 'Warning', 'FailedDaemonPod', text);
          remove.push(pod);
        }
        // While an update surges there may be two for a moment: the older revision is the update's to remove.
        const current = alive.filter((pod) => pod.metadata.labels?.[HASH_LABEL] === hash);
        const surging = alive.length > 1 && current.length < alive.length;
        if (!surging) remove.push(...alive.sort(byCreation).slice(1));
      } else remove.push(...here);
    }
    await this.#carryOut(key, daemonSet, create, remove, hash);
  }

  async #carryOut(
    key: string,
    daemonSet: DaemonSet,
    create: readonly string[],
    remove: readonly Pod[],
    hash: string,
  ): Promise<void> {
    const creations = create.slice(0, BURST_MAX);
    const deletions = remove.slice(0, BURST_MAX);
    if (creations.length + deletions.length === 0) return;
    this.#expectations.expect(
      key,
      creations.length,
      deletions.map((pod) => pod.metadata.uid ?? ''),
    );
    const template = daemonSet.spec?.template;
    const { done, error } = await slowStart(creations.length, async (index) => {
      const pod = podFromTemplate(template, daemonSet, KIND);
      pod.spec = pinTo(template, creations[index]!)!;
      pod.metadata.labels = {
        ...pod.metadata.labels,
        [HASH_LABEL]: hash,
        [GENERATION_LABEL]:
          daemonSet.metadata.annotations?.['deprecated.daemonset.template.generation'] ??
          String(daemonSet.metadata.generation ?? 1),
      };
      await this.#control.create(pod, daemonSet);
    });
    this.#expectations.created(key, creations.length - done);
    const failure = await deleteExpected(this.#control, this.#expectations, key, deletions, daemonSet);
    if (failure !== undefined) throw failure;
    if (error !== undefined && !isTerminating(error)) throw error;
  }

  /** Replaces pods of older revisions, as many at a time as may be unavailable. */
  async #update(key: string, daemonSet: DaemonSet, pods: readonly Pod[], hash: string): Promise<void> {
    const strategy = daemonSet.spec?.updateStrategy;
    if (strategy?.type === 'OnDelete') return;
    const desired = this.#informers.nodes.list().filter((node) => placementOn(daemonSet, node).run).length;
    const surge = scaledValue(strategy?.rollingUpdate?.maxSurge ?? 0, desired, true);
    let budget = scaledValue(strategy?.rollingUpdate?.maxUnavailable ?? 1, desired, true);
    if (surge > 0) return this.#surge(key, daemonSet, pods, hash, surge);
    const now = this.#context.clock.now();
    const minReady = daemonSet.spec?.minReadySeconds ?? 0;
    const old: Pod[] = [];
    const free: Pod[] = [];
    for (const [, here] of groupByNode(pods)) {
      const alive = here.filter((pod) => pod.metadata.deletionTimestamp === undefined);
      const [pod] = alive;
      if (pod === undefined) {
        budget -= 1;
        continue;
      }
      const available = isAvailable(pod, minReady, now);
      const isOld = pod.metadata.labels?.[HASH_LABEL] !== hash;
      if (!available && isOld) free.push(pod);
      else if (!available) budget -= 1;
      else if (isOld) old.push(pod);
    }
    const remove = [...free, ...old.slice(0, Math.max(0, budget - free.length))];
    if (remove.length > 0) await this.#carryOut(key, daemonSet, [], remove, hash);
  }

  /** Puts new pods beside old ones first, and removes an old one once its successor is available. */
  async #surge(key: string, daemonSet: DaemonSet, pods: readonly Pod[], hash: string, max: number): Promise<void> {
    const now = this.#context.clock.now();
    const minReady = daemonSet.spec?.minReadySeconds ?? 0;
    const create: string[] = [];
    const remove: Pod[] = [];
    let surging = 0;
    for (const [node, here] of groupByNode(pods)) {
      const alive = here.filter((pod) => pod.metadata.deletionTimestamp === undefined);
      const next = alive.find((pod) => pod.metadata.labels?.[HASH_LABEL] === hash);
      const old = alive.filter((pod) => pod.metadata.labels?.[HASH_LABEL] !== hash);
      if (old.length === 0) continue;
      if (next === undefined) create.push(node);
      else if (isAvailable(next, minReady, now)) remove.push(...old);
      else surging += 1;
    }
    await this.#carryOut(key, daemonSet, create.slice(0, Math.max(0, max - surging)), remove, hash);
  }

  async #forgetHistory(
    daemonSet: DaemonSet,
    history: readonly ControllerRevision[],
    pods: readonly Pod[],
    hash: string,
  ): Promise<void> {
    const used = new Set([hash, ...pods.map((pod) => pod.metadata.labels?.[HASH_LABEL])]);
    const unused = history
      .filter((it) => !used.has(it.metadata.labels?.[HASH_LABEL]))
      .sort((a, b) => ((a.revision ?? 0) < (b.revision ?? 0) ? -1 : 1));
    const limit = daemonSet.spec?.revisionHistoryLimit ?? 10;
    for (const it of unused.slice(0, Math.max(0, unused.length - limit))) {
      const { namespace, name = '' } = it.metadata;
      await this.#context.client.delete(resources.controllerRevisions, { namespace, name }).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    }
  }

  async #writeStatus(daemonSet: DaemonSet, pods: readonly Pod[], hash: string): Promise<number | undefined> {
    const { client, clock } = this.#context;
    const now = clock.now();
    const minReady = daemonSet.spec?.minReadySeconds ?? 0;
    const byNode = groupByNode(pods);
    const counts = { current: 0, desired: 0, missed: 0, ready: 0, available: 0, updated: 0 };
    for (const node of this.#informers.nodes.list()) {
      const here = (byNode.get(node.metadata.name ?? '') ?? []).sort(byCreation);
      const { run } = placementOn(daemonSet, node);
      if (!run) {
        if (here.length > 0) counts.missed += 1;
        continue;
      }
      counts.desired += 1;
      const [pod] = here;
      if (pod === undefined) continue;
      counts.current += 1;
      if (isReady(pod)) counts.ready += 1;
      if (isAvailable(pod, minReady, now)) counts.available += 1;
      if (here.some((it) => it.metadata.labels?.[HASH_LABEL] === hash)) counts.updated += 1;
    }
    const status = {
      currentNumberScheduled: counts.current,
      numberMisscheduled: counts.missed,
      desiredNumberScheduled: counts.desired,
      numberReady: counts.ready,
      observedGeneration: daemonSet.metadata.generation,
      updatedNumberScheduled: counts.updated,
      numberAvailable: counts.available,
      numberUnavailable: counts.desired - counts.available,
      ...(daemonSet.status?.collisionCount === undefined ? {} : { collisionCount: daemonSet.status.collisionCount }),
    };
    const zero = { updatedNumberScheduled: 0, numberAvailable: 0, numberUnavailable: 0 };
    if (!deepEqual({ ...zero, ...daemonSet.status }, status)) {
      await client.update(resources.daemonSets, { ...daemonSet, status }, { subresource: 'status' });
    }
    return nextAvailableIn(
      pods.filter((pod) => !isAvailable(pod, minReady, now)),
      minReady,
      now,
    );
  }
}

function groupByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [pod]);
    else group.push(pod);
  }
  return groups;
}

function byCreation(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;
}
