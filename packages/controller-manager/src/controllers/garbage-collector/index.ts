import { isApiError, type KubeObject, type OwnerReference, parseApiVersion } from '@keelson/api';
import type { Resource } from '@keelson/client';
import { type Controller, type ControllerContext, KeyedLoop } from '../../framework/controller.js';
import { deletableResources } from '../../framework/kinds.js';
import { type GraphNode, OwnerGraph } from './graph.js';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
const WORKERS = 8;
/** Owners that were looked for and not found, remembered so that each is looked for once. */
const ABSENT_MAX = 5_000;

/** Deletes what has lost its owners, lets go of orphans, and holds owners that wait for their dependents. */
export const garbageCollector: Controller = {
  name: 'garbage-collector',
  setUp(context) {
    const resources = deletableResources();
    const graph = new OwnerGraph();
    const loop = new KeyedLoop('garbage-collector', context);
    const collector = new Collector(context, graph, resources);
    const look = (uid: string) => loop.queue.add(uid);
    for (const resource of resources) {
      const seen = (object: KubeObject) => {
        const before = graph.get(object.metadata.uid ?? '')?.owners ?? [];
        const node = graph.set(resource, object);
        if (node.owners.length > 0 || needsWork(node)) look(node.uid);
        // An owner that waits for it, or did until now, looks again; and where it waits, its dependents do.
        for (const { uid = '' } of [...before, ...node.owners]) if (isWaiting(graph.get(uid))) look(uid);
        if (isWaiting(node)) for (const it of graph.dependents(node.uid)) look(it.uid);
      };
      context.informers.for(resource).addHandler({
        onAdd: seen,
        onUpdate: seen,
        onDelete(object) {
          const uid = object.metadata.uid ?? '';
          const node = graph.get(uid);
          graph.delete(uid);
          collector.noteAbsent(uid);
          for (const it of graph.dependents(uid)) look(it.uid);
          for (const { uid: owner = '' } of node?.owners ?? []) if (isWaiting(graph.get(owner))) look(owner);
        },
      });
    }
    return () => loop.run(WORKERS, (uid) => collector.look(uid));
  },
};

function needsWork({ deleting, finalizers }: GraphNode): boolean {
  return deleting && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
}

function isWaiting(node: GraphNode | undefined): boolean {
  return node?.deleting === true && node.finalizers.includes(FOREGROUND);
}

class Collector {
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph;
  readonly #byKind: Map<string, Resource>;
  readonly #absent = new Set<string>();

  constructor(context: ControllerContext, graph: OwnerGraph, resources: readonly Resource[]) {
    this.#context = context;
    this.#graph = graph;
    this.#byKind = new Map(resources.map((it) => [`${it.group}/${it.kind}`, it]));
  }

  noteAbsent(uid: string): void {
    this.#absent.add(uid);
    const oldest = this.#absent.values().next();
    if (this.#absent.size > ABSENT_MAX && !oldest.done) this.#absent.delete(oldest.value);
  }

  async look(uid: string): Promise<undefined> {
    const node = this.#graph.get(uid);
    if (node === undefined) return undefined;
    if (node.deleting) {
      if (node.finalizers.includes(ORPHAN)) await this.#orphan(node);
      else if (node.finalizers.includes(FOREGROUND)) await this.#release(node);
      return undefined;
    }
    if (node.owners.length > 0) await this.#collect(node);
    return undefined;
  }

  /** Deletes an object none of whose owners is left. */
  async #collect(node: GraphNode): Promise<void> {
    const current = await this.#read(node);
    if (current === undefined || current.metadata.uid !== node.uid) return;
    const owners = current.metadata.ownerReferences ?? [];
    const solid: OwnerReference[] = [];
    const gone: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const owner of owners) {
      const state = await this.#stateOf(owner, node);
      (state === 'solid' ? solid : state === 'gone' ? gone : waiting).push(owner);
    }
    if (owners.length === 0) return;
    if (solid.length > 0) {
      const lost = [...gone, ...waiting];
      if (lost.length > 0) await this.#dropOwners(node, lost);
      return;
    }
    const hasDependents = this.#graph.dependents(node.uid).length > 0;
    const finalizers = current.metadata.finalizers ?? [];
    const policy =
      waiting.length > 0 && hasDependents
        ? 'Foreground'
        : finalizers.includes(ORPHAN)
          ? 'Orphan'
          : finalizers.includes(FOREGROUND)
            ? 'Foreground'
            : 'Background';
    await this.#ifThere(() =>
      this.#context.client.delete(node.resource, node, {
        propagationPolicy: policy,
        preconditions: { uid: node.uid },
      }),
    );
  }

  async #stateOf(owner: OwnerReference, dependent: GraphNode): Promise<'solid' | 'gone' | 'waiting'> {
    const uid = owner.uid ?? '';
    const known = this.#graph.get(uid);
    if (known !== undefined) {
      const reachable = !known.resource.namespaced || known.namespace === dependent.namespace;
      if (reachable) return isWaiting(known) ? 'waiting' : 'solid';
    }
    if (this.#absent.has(uid)) return 'gone';
    const { group } = parseApiVersion(owner.apiVersion ?? '');
    const resource = this.#byKind.get(`${group}/${owner.kind}`);
    // An owner of a kind that we do not know may well be there.
    if (resource === undefined) return 'solid';
    const namespace = resource.namespaced ? dependent.namespace : '';
    const found = await this.#context.client
      .get(resource, { namespace, name: owner.name ?? '' })
      .catch((error: unknown) => {
        if (isApiError(error, 'NotFound')) return undefined;
        throw error;
      });
    if (found?.metadata.uid === uid) return 'solid';
    this.noteAbsent(uid);
    return 'gone';
  }

  /** Lets an owner go once nothing that blocks it is left; until then has its dependents go. */
  async #release(node: GraphNode): Promise<void> {
    if (this.#graph.blocking(node.uid).length > 0) return;
    await this.#removeFinalizer(node, FOREGROUND);
  }

  async #orphan(node: GraphNode): Promise<void> {
    for (const dependent of this.#graph.dependents(node.uid)) {
      const owners = dependent.owners.filter((it) => it.uid === node.uid);
      await this.#dropOwners(dependent, owners);
    }
    await this.#removeFinalizer(node, ORPHAN);
  }

  async #dropOwners(node: GraphNode, owners: readonly OwnerReference[]): Promise<void> {
    const ownerReferences = owners.map(({ uid }) => ({ $patch: 'delete', uid }));
    const patch = { metadata: { uid: node.uid, ownerReferences } };
    await this.#ifThere(() => this.#context.client.patch(node.resource, node, 'strategic', patch));
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const current = await this.#read(node);
    if (current === undefined || current.metadata.uid !== node.uid) return;
    const { resourceVersion, finalizers = [] } = current.metadata;
    if (!finalizers.includes(finalizer)) return;
    const patch = { metadata: { resourceVersion, finalizers: finalizers.filter((it) => it !== finalizer) } };
    await this.#ifThere(() => this.#context.client.patch(node.resource, node, 'merge', patch));
  }

  #read(node: GraphNode): Promise<KubeObject | undefined> {
    return this.#ifThere(() => this.#context.client.get(node.resource, node));
  }

  async #ifThere<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
