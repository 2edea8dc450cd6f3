import type { Pod } from '@keelson/api';

/** The nodes that pods were promised and whose victims still end: lesser pods must not take the room meanwhile. */
export class Nominations {
  readonly #nodes = new Map<string, string>();
  readonly #pods = new Map<string, Map<string, Pod>>();

  set(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? '';
    this.delete(uid);
    this.#nodes.set(uid, node);
    const pods = this.#pods.get(node) ?? new Map<string, Pod>();
    this.#pods.set(node, pods.set(uid, pod));
  }

  delete(uid: string): void {
    const node = this.#nodes.get(uid);
    if (node === undefined) return;
    this.#nodes.delete(uid);
    const pods = this.#pods.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#pods.delete(node);
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodes.get(uid);
  }

  podsOn(node: string): Pod[] {
    return [...(this.#pods.get(node)?.values() ?? [])];
  }
}
