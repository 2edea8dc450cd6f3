import { deepEqual, isApiError, type KubeObject, type OwnerReference } from '@keelson/api';
import type { ControllerContext } from '../../framework/controller.js';
import type { AbsentOwners } from './absent-owners.js';
import type { AwaitedKinds } from './awaited-kinds.js';
import { type GraphNode, isInReach, isNamedBy, type OwnerGraph } from './graph.js';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
/** An owner that is there and was not told of yet may be gone before it is. */
const LOOK_AGAIN_MS = 30_000;

/** Of an owner: it stays, it is not there, it waits for its dependents to go, or it can be nobody's owner here. */
type OwnerState = 'solid' | 'gone' | 'waiting' | 'invalid';

export function isWaiting(node: GraphNode | undefined): boolean {
  return node?.deleting === true && node.finalizers.includes(FOREGROUND);
}

/** Looks at one object at a time, and does what its owners' state asks for. */
export class Collector {
  readonly #context: ControllerContext;
  readonly #graph: OwnerGraph;
  readonly #absent: AbsentOwners;
  readonly #awaited: AwaitedKinds;

  constructor(context: ControllerContext, graph: OwnerGraph, absent: AbsentOwners, awaited: AwaitedKinds) {
    this.#context = context;
    this.#graph = graph;
    this.#absent = absent;
    this.#awaited = awaited;
  }

  async look(uid: string): Promise<number | undefined> {
    const node = this.#graph.get(uid);
    if (node === undefined) return undefined;
    if (!node.deleting) return this.#collect(node);
    if (node.finalizers.includes(ORPHAN)) await this.#orphan(node);
    else if (node.finalizers.includes(FOREGROUND)) await this.#release(node);
    return undefined;
  }

  /** Deletes an object none of whose owners is left. */
  async #collect(node: GraphNode): Promise<number | undefined> {
    if (node.owners.every((owner) => this.#knownState(owner, node) === 'solid')) return undefined;
    const current = await this.#read(node);
    if (current === undefined) return undefined;
    const owners = current.metadata.ownerReferences ?? [];
    const states = new Map<OwnerReference, OwnerState>();
    for (const owner of owners) states.set(owner, await this.#stateOf(owner, node));
    const inState = (...wanted: OwnerState[]) => owners.filter((it) => wanted.includes(states.get(it)!));
    // It stays so until somebody mends the reference, which is told.
    if (owners.length === 0 || inState('invalid').length > 0) return undefined;
    if (inState('solid').length > 0) {
      const lost = inState('gone', 'waiting');
      if (lost.length > 0) await this.#dropOwners(node, lost);
      const isSeen = inState('solid').every(({ uid = '' }) => this.#graph.get(uid) !== undefined);
      return isSeen ? undefined : LOOK_AGAIN_MS;
    }
    const dependents = this.#graph.dependents(node.uid);
    const inForeground = inState('waiting').length > 0 && dependents.length > 0;
    // In a circle each would wait for the other.
    if (inForeground && dependents.some(isWaiting)) await this.#unblockOwners(node);
    await this.#delete(node, current, inForeground);
    return undefined;
  }

  /** Unless it was given other owners meanwhile. */
  async #delete(node: GraphNode, { metadata }: KubeObject, inForeground: boolean): Promise<void> {
    const { uid } = node;
    const { finalizers = [], resourceVersion, ownerReferences } = metadata;
    const kept = finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
    const propagationPolicy = inForeground ? 'Foreground' : kept;
    const remove = (preconditions: { uid: string; resourceVersion?: string | undefined }) =>
      this.#ifThere(() => this.#context.client.delete(node.resource, node, { propagationPolicy, preconditions }));
    try {
      await remove({ uid, resourceVersion });
    } catch (error) {
      if (!isApiError(error, 'Conflict')) throw error;
      const current = await this.#read(node);
      if (current === undefined) return;
      if (!deepEqual(current.metadata.ownerReferences, ownerReferences)) throw error;
      await remove({ uid });
    }
  }

  /** What the graph tells of an owner; undefined: ask for it. */
  #knownState(owner: OwnerReference, dependent: GraphNode): 'solid' | 'waiting' | undefined {
    const known = this.#graph.get(owner.uid ?? '');
    if (known === undefined || !isInReach(known, dependent.namespace) || !isNamedBy(known, owner)) return undefined;
    return isWaiting(known) ? 'waiting' : 'solid';
  }

  async #stateOf(owner: OwnerReference, dependent: GraphNode): Promise<OwnerState> {
    const known = this.#knownState(owner, dependent);
    if (known !== undefined) return known;
    if (this.#absent.has(owner, dependent.namespace)) return 'gone';
    const { apiVersion = '', kind = '', name = '' } = owner;
    const resource = this.#context.kinds.current?.find(apiVersion, kind);
    // An owner of a kind that nobody serves now may well be there again.
    if (resource === undefined) {
      this.#awaited.add(apiVersion, kind, dependent.uid);
      throw new Error(`unable to get REST mapping for ${apiVersion}/${kind}.`);
    }
    if (resource.namespaced && dependent.namespace === '') return 'invalid';
    const namespace = resource.namespaced ? dependent.namespace : '';
    const found = await this.#context.client.get(resource, { namespace, name }).catch((error: unknown) => {
      // Without a name it is the kind that was not found.
      if (isApiError(error, 'NotFound') && error.details?.name === name) return undefined;
      throw error;
    });
    if (found?.metadata.uid !== owner.uid) {
      this.#absent.add(owner, namespace);
      return 'gone';
    }
    const { deletionTimestamp, finalizers = [] } = found?.metadata ?? {};
    return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) ? 'waiting' : 'solid';
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
    const uids = new Set(owners.map(({ uid }) => uid));
    const deletions = owners.map(({ uid }) => ({ $patch: 'delete', uid }));
    await this.#patchOwners(node, deletions, (all) => all.filter(({ uid }) => !uids.has(uid)));
  }

  async #unblockOwners(node: GraphNode): Promise<void> {
    const changes = node.owners.map(({ uid }) => ({ uid, blockOwnerDeletion: false }));
    await this.#patchOwners(node, changes, (all) => all.map((it) => ({ ...it, blockOwnerDeletion: false })));
  }

  /** A custom resource takes no patch that knows of list keys: of it the whole list is replaced, as it was read. */
  async #patchOwners(
    node: GraphNode,
    strategic: readonly object[],
    change: (all: readonly OwnerReference[]) => readonly OwnerReference[],
  ): Promise<void> {
    const { client } = this.#context;
    const patch = { metadata: { uid: node.uid, ownerReferences: strategic } };
    try {
      await this.#ifThere(() => client.patch(node.resource, node, 'strategic', patch));
    } catch (error) {
      if (!isApiError(error, 'UnsupportedMediaType')) throw error;
      const current = await this.#read(node);
      if (current === undefined) return;
      const { resourceVersion, ownerReferences = [] } = current.metadata;
      const whole = { metadata: { resourceVersion, ownerReferences: change(ownerReferences) } };
      await this.#ifThere(() => client.patch(node.resource, node, 'merge', whole));
    }
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const current = await this.#read(node);
    if (current === undefined) return;
    const { resourceVersion, finalizers = [] } = current.metadata;
    if (!finalizers.includes(finalizer)) return;
    const patch = { metadata: { resourceVersion, finalizers: finalizers.filter((it) => it !== finalizer) } };
    await this.#ifThere(() => this.#context.client.patch(node.resource, node, 'merge', patch));
  }

  /** The object itself, and no other of its name. */
  async #read(node: GraphNode): Promise<KubeObject | undefined> {
    const found = await this.#ifThere(() => this.#context.client.get(node.resource, node));
    return found?.metadata.uid === node.uid ? found : undefined;
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
