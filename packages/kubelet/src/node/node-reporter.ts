import { isApiError, type Node, type NodeStatus, semanticEqual } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import { type Clock, type Logger, rfc3339 } from '@keelson/service';
import { architecture, machineCapacity, machineUse, systemInfo } from './machine.js';
import {
  type NodeIdentityOptions,
  type NodeResourceOptions,
  newNode,
  nodeConditions,
  nodeResources,
  type Unready,
  withOthersResources,
  withoutHeartbeats,
} from './node-status.js';

export interface NodeReporterOptions extends NodeIdentityOptions {
  rootDir: string;
  resources: NodeResourceOptions;
  /** How often the status is worked out, and how often it is told even when nothing changed. */
  updateMs: number;
  reportMs: number;
  kubeletVersion: string;
}

export interface NodeReporterDependencies {
  client: Pick<ApiClient, 'get' | 'create' | 'patch'>;
  clock: Clock;
  logger: Logger;
  runtimeVersion: () => string;
  /** Names and sizes of the images that are here. */
  images: () => Promise<NodeStatus['images']>;
  unready: () => Promise<Unready>;
}

/** Registers the node and tells the API server how it is: on change, and now and then. */
export class NodeReporter {
  #node: Node;
  #registered = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  readonly #options: NodeReporterOptions;
  readonly #deps: NodeReporterDependencies;

  constructor(options: NodeReporterOptions, dependencies: NodeReporterDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#node = newNode(options, architecture(), this.#steadyStatus());
  }

  /** The node as this kubelet knows it. */
  get node(): Node {
    return this.#node;
  }

  /** The node as it is now: what others changed on it may not have been heard of. */
  async latest(): Promise<Node> {
    this.#node = await this.#deps.client.get(resources.nodes, { name: this.#options.name });
    return this.#node;
  }

  /** Reports until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.report();
      } catch (error) {
        if (!signal.aborted) this.#deps.logger.warn({ err: (error as Error).message }, 'cannot report the node');
      }
      const wait = this.#registered ? this.#options.updateMs : Math.min(1_000, this.#options.updateMs);
      await this.#deps.clock.sleep(wait, signal).catch(() => {});
    }
  }

  /** One look, and a word to the API server if there is something to tell. */
  async report(): Promise<void> {
    if (!this.#registered || !(await this.#look())) await this.#register();
    const status = await this.#currentStatus();
    const due = this.#deps.clock.monotonic() - this.#toldAt >= this.#options.reportMs;
    const changed = !semanticEqual(withoutHeartbeats(this.#node.status), withoutHeartbeats(status));
    if (!changed && !due) return;
    const { capacity, addresses, images, nodeInfo, daemonEndpoints } = status;
    const gone = Object.keys(this.#node.status?.allocatable ?? {}).filter(
      (it) => status.allocatable?.[it] === undefined,
    );
    const patch = {
      conditions: status.conditions,
      capacity,
      allocatable: { ...status.allocatable, ...Object.fromEntries(gone.map((key) => [key, null])) },
      addresses,
      images,
      nodeInfo,
      daemonEndpoints,
    };
    const key = { name: this.#options.name };
    this.#node = await this.#deps.client.patch(
      resources.nodes,
      key,
      'strategic',
      { status: patch },
      { subresource: 'status' },
    );
    this.#toldAt = this.#deps.clock.monotonic();
  }

  /** Reads the node: others label and taint it. False if somebody deleted it: it is here nevertheless. */
  async #look(): Promise<boolean> {
    try {
      this.#node = await this.#deps.client.get(resources.nodes, { name: this.#options.name }, { resourceVersion: '0' });
      return true;
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      return false;
    }
  }

  async #register(): Promise<void> {
    const { client, logger } = this.#deps;
    const { name } = this.#options;
    const wanted = newNode(this.#options, architecture(), await this.#currentStatus());
    try {
      this.#node = await client.create(resources.nodes, wanted);
      logger.info({ node: name }, 'registered the node');
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      const known = await client.get(resources.nodes, { name });
      const labels = missing(wanted.metadata.labels, known.metadata.labels);
      const annotations = missing(wanted.metadata.annotations, known.metadata.annotations);
      const metadata = { ...(labels && { labels }), ...(annotations && { annotations }) };
      this.#node =
        labels === undefined && annotations === undefined
          ? known
          : await client.patch(resources.nodes, { name }, 'strategic', { metadata });
      logger.info({ node: name }, 'the node was registered before');
    }
    this.#toldAt = Number.NEGATIVE_INFINITY;
    this.#registered = true;
  }

  /** What does not depend on the moment. */
  #steadyStatus(): NodeStatus {
    const { rootDir, addresses, port, kubeletVersion } = this.#options;
    return {
      ...nodeResources(machineCapacity(rootDir), this.#options.resources),
      addresses: [
        { type: 'InternalIP', address: addresses.hostIP },
        { type: 'Hostname', address: addresses.hostname },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      nodeInfo: systemInfo({ kubelet: kubeletVersion, runtime: this.#deps.runtimeVersion() }),
    };
  }

  async #currentStatus(): Promise<NodeStatus> {
    const unready = await this.#deps.unready();
    const conditions = nodeConditions(this.#node.status?.conditions, {
      use: machineUse(this.#options.rootDir),
      unready,
      options: this.#options.resources,
      now: rfc3339(this.#deps.clock.now()),
    });
    // What cannot be listed now is there still, as far as is known.
    const images = await this.#deps.images().catch(() => this.#node.status?.images);
    const steady = this.#steadyStatus();
    const amounts = withOthersResources(steady, this.#node.status);
    return { ...this.#node.status, ...steady, ...amounts, conditions, images };
  }
}

/** What is wanted and not so; undefined: nothing. */
function missing(
  wanted: Readonly<Record<string, string>> = {},
  known: Readonly<Record<string, string>> = {},
): Record<string, string> | undefined {
  const entries = Object.entries(wanted).filter(([key, value]) => known[key] !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
