import type { Node, Pod } from '@keelson/api';
import { NodeInfo } from './node-info.js';

/**
 * Nodes and the pods on them as the scheduler believes them to be: what the API server says, and before it says so,
 * the pods that were just given to a node (assumed).
 */
export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Pods by uid, with the node each is counted on. */
  readonly #placed = new Map<string, { pod: Pod; node: string }>();
  readonly #assumed = new Set<string>();
  /** Pods on nodes that are not known (yet). */
  readonly #homeless = new Map<string, Map<string, Pod>>();

  /** Nodes in the order in which they came. */
  nodes(): NodeInfo[] {
    return [...this.#nodes.values()];
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? '';
    const known = this.#nodes.get(name);
    if (known !== undefined) {
      this.#nodes.set(name, known.withNode(node));
      return;
    }
    this.#nodes.set(name, new NodeInfo(node, this.#homeless.get(name)?.values()));
    this.#homeless.delete(name);
  }

  deleteNode(name: string): void {
    const known = this.#nodes.get(name);
    if (known === undefined) return;
    this.#nodes.delete(name);
    const pods = new Map([...known.pods].map((pod) => [pod.metadata.uid ?? '', pod]));
    if (pods.size > 0) this.#homeless.set(name, pods);
  }

  /** Counts a pod on a node before the API server has said so. */
  assume(pod: Pod, node: string): void {
    this.#place({ ...pod, spec: { ...pod.spec!, nodeName: node } }, node);
    this.#assumed.add(pod.metadata.uid ?? '');
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  /** Takes back an assumption: binding failed. */
  forget(uid: string): void {
    if (this.#assumed.delete(uid)) this.#unplace(uid);
  }

  /** What the API server says of a pod that has a node. It ends the assumption. */
  setPod(pod: Pod): void {
    this.#assumed.delete(pod.metadata.uid ?? '');
    this.#place(pod, pod.spec?.nodeName ?? '');
  }

  /** Whether it was counted on a node until now. */
  deletePod(uid: string): boolean {
    const wasPlaced = this.#placed.has(uid);
    this.#assumed.delete(uid);
    this.#unplace(uid);
    return wasPlaced;
  }

  #place(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? '';
    this.#unplace(uid);
    this.#placed.set(uid, { pod, node });
    const info = this.#nodes.get(node);
    if (info !== undefined) info.add(pod);
    else {
      const pods = this.#homeless.get(node) ?? new Map<string, Pod>();
      this.#homeless.set(node, pods.set(uid, pod));
    }
  }

  #unplace(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed === undefined) return;
    this.#placed.delete(uid);
    this.#nodes.get(placed.node)?.remove(placed.pod);
    const pods = this.#homeless.get(placed.node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#homeless.delete(placed.node);
  }
}
