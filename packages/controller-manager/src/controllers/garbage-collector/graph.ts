import type { KubeObject, OwnerReference } from '@keelson/api';
import { apiVersionText, type Resource } from '@keelson/client';

/** An object as the collector sees it: who owns it, and whom it owns. */
export interface GraphNode {
  readonly uid: string;
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  owners: readonly OwnerReference[];
  finalizers: readonly string[];
  deleting: boolean;
}

/** Whether an object of that namespace may be owned by this one. */
export function isInReach(owner: GraphNode, namespace: string): boolean {
  return !owner.resource.namespaced || owner.namespace === namespace;
}

/** Whether a reference names this object, and not only its uid. */
export function isNamedBy({ resource, name }: GraphNode, reference: OwnerReference): boolean {
  return (
    reference.name === name && reference.kind === resource.kind && reference.apiVersion === apiVersionText(resource)
  );
}

/** Every object with its owners, so that the dependents of each are known at once. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  dependents(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((it) => this.#nodes.get(it) ?? []);
  }

  /** Dependents that keep an owner from going in the foreground. */
  blocking(uid: string): GraphNode[] {
    return this.dependents(uid).filter((it) =>
      it.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
  }

  set(resource: Resource, { metadata }: KubeObject): GraphNode {
    const uid = metadata.uid ?? '';
    const node: GraphNode = {
      uid,
      resource,
      namespace: metadata.namespace ?? '',
      name: metadata.name ?? '',
      owners: metadata.ownerReferences ?? [],
      finalizers: metadata.finalizers ?? [],
      deleting: metadata.deletionTimestamp !== undefined,
    };
    this.#unlink(uid);
    this.#nodes.set(uid, node);
    for (const { uid: owner = '' } of node.owners) {
      const dependents = this.#dependents.get(owner) ?? new Set<string>();
      this.#dependents.set(owner, dependents.add(uid));
    }
    return node;
  }

  delete(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  #unlink(uid: string): void {
    for (const { uid: owner = '' } of this.#nodes.get(uid)?.owners ?? []) {
      const dependents = this.#dependents.get(owner);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner);
    }
  }
}
