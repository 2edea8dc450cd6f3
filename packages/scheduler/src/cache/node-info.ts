import type { Node, Pod } from '@keelson/api';
import { add, nonZeroRequests, podRequests, type Resources, resourcesOf, subtract } from './resources.js';

/** A host port that is taken: address, protocol and number. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY_ADDRESS = '0.0.0.0';

/** A node with the pods on it, and the sums that plugins ask for again and again. */
export class NodeInfo {
  readonly node: Node;
  readonly allocatable: Resources;
  readonly #pods = new Map<string, Pod>();
  #requested: Resources = {};
  #nonZeroRequested: Resources = {};

  constructor(node: Node, pods: Iterable<Pod> = []) {
    this.node = node;
    this.allocatable = resourcesOf(node.status?.allocatable);
    for (const pod of pods) this.add(pod);
  }

  get name(): string {
    return this.node.metadata.name ?? '';
  }

  get pods(): Iterable<Pod> {
    return this.#pods.values();
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get requested(): Resources {
    return this.#requested;
  }

  get nonZeroRequested(): Resources {
    return this.#nonZeroRequested;
  }

  add(pod: Pod): void {
    this.#pods.set(pod.metadata.uid ?? '', pod);
    this.#requested = add(this.#requested, podRequests(pod));
    this.#nonZeroRequested = add(this.#nonZeroRequested, nonZeroRequests(pod));
  }

  remove(pod: Pod): void {
    const known = this.#pods.get(pod.metadata.uid ?? '');
    if (known === undefined) return;
    this.#pods.delete(pod.metadata.uid ?? '');
    this.#requested = subtract(this.#requested, podRequests(known));
    this.#nonZeroRequested = subtract(this.#nonZeroRequested, nonZeroRequests(known));
  }

  withNode(node: Node): NodeInfo {
    return new NodeInfo(node, this.#pods.values());
  }

  /** A copy that may be changed: for trying what a pod or its absence would do. */
  clone(): NodeInfo {
    return new NodeInfo(this.node, this.#pods.values());
  }

  takes(wanted: HostPort): boolean {
    for (const pod of this.#pods.values()) if (hostPorts(pod).some((port) => collide(port, wanted))) return true;
    return false;
  }
}

/** The host ports that a pod takes on its node. */
export function hostPorts(pod: Pod): HostPort[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
  return [...(pod.spec?.containers ?? []), ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ ip: port.hostIP || ANY_ADDRESS, protocol: port.protocol ?? 'TCP', port: port.hostPort ?? 0 }));
}

function collide(a: HostPort, b: HostPort): boolean {
  const sameAddress = a.ip === b.ip || a.ip === ANY_ADDRESS || b.ip === ANY_ADDRESS;
  return sameAddress && a.protocol === b.protocol && a.port === b.port;
}
