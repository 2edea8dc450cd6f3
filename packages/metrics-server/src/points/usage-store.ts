import { type Point, type Points, type UsageOverTime, usageOverTime, withPoint } from './points.js';

/** What one kubelet said at one time. */
export interface Scrape {
  readonly node: Point | undefined;
  /** By `NAMESPACE/NAME` of the pod, then by container; whatever is not whole is left out. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

export interface ContainerUsage extends UsageOverTime {
  readonly name: string;
}

interface NodePoints {
  readonly heardAt: number;
  readonly node: Points | undefined;
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Points>>;
}

/** One scrape that fails is survived; older figures are nobody's any more. */
const RESOLUTIONS_KEPT = 2.5;

/** The last two points of everything, by the node that told of it: as much as the last scrapes had, and no more. */
export class UsageStore {
  readonly #resolutionMs: number;
  readonly #now: () => number;
  readonly #nodes = new Map<string, NodePoints>();

  /** `now` is monotonic. */
  constructor(options: { resolutionMs: number }, dependencies: { now: () => number }) {
    this.#resolutionMs = options.resolutionMs;
    this.#now = dependencies.now;
  }

  store(nodeName: string, { node, pods }: Scrape): void {
    const known = this.#nodes.get(nodeName);
    const next = (points: Points | undefined, point: Point) => withPoint(points, point, this.#resolutionMs);
    this.#nodes.set(nodeName, {
      heardAt: this.#now(),
      node: node && next(known?.node, node),
      pods: new Map(
        [...pods].map(([key, containers]) => {
          const before = known?.pods.get(key);
          return [key, new Map([...containers].map(([name, point]) => [name, next(before?.get(name), point)]))];
        }),
      ),
    });
  }

  /** Forgets all nodes but these. */
  keepOnly(nodeNames: ReadonlySet<string>): void {
    for (const name of this.#nodes.keys()) if (!nodeNames.has(name)) this.#nodes.delete(name);
  }

  clear(): void {
    this.#nodes.clear();
  }

  node(nodeName: string): UsageOverTime | undefined {
    const points = this.#fresh(nodeName)?.node;
    return points && usageOverTime(points);
  }

  /** Undefined unless all containers that run have been seen twice. What a node says of another's pods is not asked for. */
  pod(nodeName: string, key: string): ContainerUsage[] | undefined {
    const containers = this.#fresh(nodeName)?.pods.get(key);
    if (containers === undefined || containers.size === 0) return undefined;
    const usages: ContainerUsage[] = [];
    for (const [name, points] of containers) {
      const usage = usageOverTime(points);
      if (usage === undefined) return undefined;
      usages.push({ name, ...usage });
    }
    return usages.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** How many containers have figures now. */
  get containers(): number {
    let count = 0;
    for (const { pods } of this.#nodes.values()) for (const containers of pods.values()) count += containers.size;
    return count;
  }

  get nodes(): number {
    return this.#nodes.size;
  }

  #fresh(nodeName: string): NodePoints | undefined {
    const known = this.#nodes.get(nodeName);
    const isOld = known !== undefined && this.#now() - known.heardAt > RESOLUTIONS_KEPT * this.#resolutionMs;
    return isOld ? undefined : known;
  }
}
