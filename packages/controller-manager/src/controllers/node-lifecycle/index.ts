import { isApiError, type Lease, type Node, type Pod } from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { configured } from '../../framework/configured.js';
import { type Controller, type ControllerContext, KeyedLoop } from '../../framework/controller.js';
import { Heartbeats, lostConditions } from './heartbeats.js';
import { hasExecuteTaint, readiness, taintsFor } from './taints.js';
import { evictionRates, zoneOf } from './zones.js';

const LEASE_NAMESPACE = 'kube-node-lease';
const LOOK_EVERY_MS = 5_000;
/** A node that never reported gets a little longer. */
const STARTUP_GRACE_MS = 60_000;
const WORKERS = 4;

export const nodeLifecycleController = configured({
  name: 'node-lifecycle',
  flags: {
    'node-monitor-grace-period': {
      type: 'number',
      default: 50,
      description: 'Seconds without a sign of life until a node is lost',
    },
  },
  make: (args) => nodeLifecycle(args['node-monitor-grace-period'] * 1000),
});

/** Notices nodes that fell silent, says so in their conditions and taints, and lets their pods go elsewhere. */
export function nodeLifecycle(graceMs: number): Controller {
  return {
    name: 'node-lifecycle',
    setUp(context) {
      const { informers } = context;
      const nodes = informers.for(resources.nodes);
      const leases = informers.for(resources.leases);
      const pods = informers.for(resources.pods);
      pods.indexer.addIndex('node', (pod) => [pod.spec?.nodeName ?? '']);
      const loop = new KeyedLoop('node-lifecycle', context);
      const lifecycle = new NodeLifecycle(graceMs, context, { nodes, leases, pods });
      loop.feed(nodes, (it) => [it.metadata.name ?? '']);
      nodes.addHandler({ onDelete: (it) => lifecycle.forget(it) });
      return async () => {
        const every = context.clock.every(LOOK_EVERY_MS, () => {
          for (const node of nodes.list()) loop.queue.add(node.metadata.name ?? '');
        });
        context.signal.addEventListener('abort', () => every.cancel(), { once: true });
        await loop.run(WORKERS, (name) => lifecycle.look(name));
      };
    },
  };
}

interface Informers {
  nodes: Informer<Node>;
  leases: Informer<Lease>;
  pods: Informer<Pod>;
}

class NodeLifecycle {
  readonly #graceMs: number;
  readonly #context: ControllerContext;
  readonly #informers: Informers;
  readonly #heartbeats = new Heartbeats();
  readonly #known = new Set<string>();
  /** When each zone may lose its next node's pods, on the monotonic clock. */
  readonly #nextEviction = new Map<string, number>();

  constructor(graceMs: number, context: ControllerContext, informers: Informers) {
    this.#graceMs = graceMs;
    this.#context = context;
    this.#informers = informers;
  }

  async look(name: string): Promise<undefined> {
    let node = this.#informers.nodes.get('', name);
    if (node === undefined) return undefined;
    if (!this.#known.has(node.metadata.uid ?? '')) {
      this.#known.add(node.metadata.uid ?? '');
      this.#tell(node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    }
    node = await this.#checkSilence(node);
    await this.#taint(node);
    if (readiness(node) !== 'True') await this.#markPodsNotReady(node);
    return undefined;
  }

  forget(node: Node): void {
    const name = node.metadata.name ?? '';
    this.#heartbeats.forget(name);
    this.#known.delete(node.metadata.uid ?? '');
    this.#tell(node, 'RemovingNode', `Removing Node ${name} from Controller`);
  }

  #tell(node: Node, reason: string, text: string): void {
    const { name = '' } = node.metadata;
    const about = { kind: 'Node', name, uid: node.metadata.uid, apiVersion: 'v1' };
    this.#context.recorder.record(about, 'Normal', reason, `Node ${name} event: ${text}`);
  }

  async #checkSilence(node: Node): Promise<Node> {
    const { clock, client, recorder } = this.#context;
    const name = node.metadata.name ?? '';
    const lease = this.#informers.leases.get(LEASE_NAMESPACE, name);
    const silence = this.#heartbeats.silence(node, lease, clock.monotonic());
    const reported = node.status?.conditions?.some((it) => it.type === 'Ready') ?? false;
    if (silence <= (reported ? this.#graceMs : STARTUP_GRACE_MS)) return node;
    const conditions = lostConditions(node, rfc3339(clock.now()));
    if (conditions === undefined) return node;
    const wasReady = readiness(node) === 'True';
    const lost = await client.update(
      resources.nodes,
      { ...node, status: { ...node.status, conditions } },
      { subresource: 'status' },
    );
    if (wasReady) {
      const about = { kind: 'Node', name, uid: node.metadata.uid, apiVersion: 'v1' };
      recorder.record(about, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
    return lost;
  }

  async #taint(node: Node): Promise<void> {
    const { clock, client } = this.#context;
    const evict = readiness(node) === 'True' ? false : this.#mayEvict(node);
    const taints = taintsFor(node, evict, rfc3339(clock.now()));
    if (taints === undefined) return;
    const { resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
    try {
      await client.patch(resources.nodes, { name: node.metadata.name ?? '' }, 'merge', patch);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  /** True, or undefined to leave the node as it is: its zone is paced, or seems cut off as a whole. */
  #mayEvict(node: Node): boolean | undefined {
    if (hasExecuteTaint(node)) return true;
    const zone = zoneOf(node);
    const rate = evictionRates(this.#informers.nodes.list()).get(zone) ?? 0;
    if (rate === 0) return undefined;
    const now = this.#context.clock.monotonic();
    if ((this.#nextEviction.get(zone) ?? 0) > now) return undefined;
    this.#nextEviction.set(zone, now + 1000 / rate);
    return true;
  }

  /** Pods of a node that is not ready answer nobody: Services must not send there. */
  async #markPodsNotReady(node: Node): Promise<void> {
    const { client, clock, recorder } = this.#context;
    for (const pod of this.#informers.pods.indexer.byIndex('node', node.metadata.name ?? '')) {
      const ready = pod.status?.conditions?.find((it) => it.type === 'Ready');
      if (ready?.status !== 'True') continue;
      const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: rfc3339(clock.now()) }];
      const { namespace, name = '', uid } = pod.metadata;
      try {
        await client.patch(
          resources.pods,
          { namespace, name },
          'strategic',
          { metadata: { uid }, status: { conditions } },
          { subresource: 'status' },
        );
        recorder.record(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      } catch (error) {
        if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
      }
    }
  }
}
