import type { KubeObject } from '@keelson/api';
import { apiVersionText, type Informer } from '@keelson/client';
import type { ServedResource } from '../../framework/catalogue.js';
import { type Controller, type ControllerContext, KeyedLoop } from '../../framework/controller.js';
import type { KindFollower } from '../../framework/served-kinds.js';
import { AbsentOwners } from './absent-owners.js';
import { AwaitedKinds } from './awaited-kinds.js';
import { Collector, FOREGROUND, isWaiting, ORPHAN } from './collector.js';
import { type GraphNode, isInReach, OwnerGraph } from './graph.js';

const WORKERS = 8;
/** Many, short-lived, and nobody's owners or dependents. */
const IGNORED: ReadonlySet<string> = new Set(['/events', 'events.k8s.io/events']);

/** Deletes what has lost its owners, lets go of orphans, and holds owners that wait for their dependents. */
export const garbageCollector: Controller = {
  name: 'garbage-collector',
  setUp(context) {
    const loop = new KeyedLoop('garbage-collector', context);
    const graph = new OwnerGraph();
    const absent = new AbsentOwners();
    const awaited = new AwaitedKinds();
    const collector = new Collector(context, graph, absent, awaited);
    context.kinds.follow(new GraphFeed(context, { graph, absent, awaited }, (uid) => loop.queue.add(uid)));
    return () => loop.run(WORKERS, (uid) => collector.look(uid));
  },
};

/** Keeps the graph as the informers tell, and has those looked at whom a change concerns. */
class GraphFeed implements KindFollower {
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph;
  readonly #absent: AbsentOwners;
  readonly #awaited: AwaitedKinds;
  readonly #look: (uid: string) => void;

  constructor(
    context: ControllerContext,
    known: { readonly graph: OwnerGraph; readonly absent: AbsentOwners; readonly awaited: AwaitedKinds },
    look: (uid: string) => void,
  ) {
    this.#context = context;
    this.#graph = known.graph;
    this.#absent = known.absent;
    this.#awaited = known.awaited;
    this.#look = look;
  }

  wants({ group, plural }: ServedResource): boolean {
    return !IGNORED.has(`${group}/${plural}`);
  }

  came(resource: ServedResource, informer: Informer<KubeObject>): void {
    const seen = (object: KubeObject) => this.#seen(resource, object);
    informer.addHandler({ onAdd: seen, onUpdate: seen, onDelete: (object) => this.#deleted(resource, object) });
    for (const uid of this.#awaited.take(apiVersionText(resource), resource.kind)) this.#look(uid);
  }

  /** Its objects may be there still, in another version or served again later: none is told to be gone. */
  went(resource: ServedResource, informer: Informer<KubeObject>): void {
    for (const { metadata } of informer.list()) {
      const uid = metadata.uid ?? '';
      if (this.#graph.get(uid)?.resource !== resource) continue;
      this.#graph.delete(uid);
      for (const it of this.#graph.dependents(uid)) this.#look(it.uid);
    }
  }

  #seen(resource: ServedResource, object: KubeObject): void {
    const graph = this.#graph;
    const known = graph.get(object.metadata.uid ?? '');
    const before = known?.owners ?? [];
    const node = graph.set(resource, object);
    if (node.owners.length > 0 || needsWork(node)) this.#look(node.uid);
    for (const { uid = '' } of node.owners) {
      if (!before.some((it) => it.uid === uid)) this.#reportOutOfReach(node, graph.get(uid));
    }
    if (known === undefined) {
      for (const it of graph.dependents(node.uid)) {
        this.#reportOutOfReach(it, node);
        this.#look(it.uid);
      }
    }
    // An owner that waits for it, or did until now, looks again; and where it waits, its dependents do.
    for (const { uid = '' } of [...before, ...node.owners]) if (isWaiting(graph.get(uid))) this.#look(uid);
    if (isWaiting(node)) for (const it of graph.dependents(node.uid)) this.#look(it.uid);
  }

  #deleted(resource: ServedResource, { metadata }: KubeObject): void {
    const graph = this.#graph;
    const { uid = '', name = '', namespace = '' } = metadata;
    const node = graph.get(uid);
    graph.delete(uid);
    const dependents = graph.dependents(uid);
    const identity = { apiVersion: apiVersionText(resource), kind: resource.kind, name, uid };
    if (dependents.length > 0) this.#absent.add(identity, namespace);
    for (const it of dependents) this.#look(it.uid);
    for (const { uid: owner = '' } of node?.owners ?? []) if (isWaiting(graph.get(owner))) this.#look(owner);
  }

  #reportOutOfReach(dependent: GraphNode, owner: GraphNode | undefined): void {
    if (owner === undefined || isInReach(owner, dependent.namespace)) return;
    const reference = dependent.owners.find(({ uid }) => uid === owner.uid);
    if (reference === undefined) return;
    const { resource, namespace, name, uid } = dependent;
    const { apiVersion, kind } = reference;
    const text = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
    this.#context.recorder.record(
      { apiVersion: apiVersionText(resource), kind: resource.kind, namespace, name, uid },
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${text} does not exist in namespace "${namespace}"`,
    );
  }
}

function needsWork({ deleting, finalizers }: GraphNode): boolean {
  return deleting && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
}
