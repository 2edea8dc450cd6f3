import { isApiError, type Node, type Pod } from '@keelson/api';
import { type ApiClient, InformerFactory, resources } from '@keelson/client';
import { type Clock, type Random, rfc3339, silentLogger } from '@keelson/service';

/** Pods that are worked on at once: a kubelet and a scheduler each have a limit too. */
const AT_ONCE = 64;
const NODES = 100;

/** A scheduler and kubelets that cost next to nothing: pods are bound, run at once and end when they are told to. */
export class Machines {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #informers: InformerFactory;
  readonly #stopping = new AbortController();
  readonly #waiting: (() => Promise<void>)[] = [];
  #working = 0;
  #turn = 0;

  constructor(client: ApiClient, dependencies: { clock: Clock; random: Random }) {
    this.#client = client;
    this.#clock = dependencies.clock;
    this.#informers = new InformerFactory({ client, ...dependencies, logger: silentLogger });
  }

  async start(): Promise<void> {
    for (let at = 0; at < NODES; at += 1) await this.#client.create(resources.nodes, this.#node(`node-${at}`));
    this.#informers.for(resources.pods).addHandler({
      onAdd: (pod) => this.#look(pod),
      onUpdate: (pod, old) => this.#look(pod, old),
    });
    await this.#informers.start(this.#stopping.signal);
  }

  stop(): void {
    this.#stopping.abort(new Error('the benchmark is over'));
  }

  get pods(): readonly Pod[] {
    return this.#informers.for(resources.pods).list();
  }

  #node(name: string): Node {
    const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ok' };
    const time = rfc3339(this.#clock.now());
    const conditions = [{ ...condition, lastHeartbeatTime: time, lastTransitionTime: time }];
    return { metadata: { name }, spec: {}, status: { conditions, capacity: { pods: '1000' } } };
  }

  #look(pod: Pod, old?: Pod): void {
    const { namespace, name = '', uid, deletionTimestamp } = pod.metadata;
    const key = { namespace, name };
    const preconditions = { uid };
    if (deletionTimestamp !== undefined && old?.metadata.deletionTimestamp === undefined) {
      this.#soon(() => this.#client.delete(resources.pods, key, { preconditions, gracePeriodSeconds: 0 }));
      return;
    }
    if (old !== undefined || pod.spec?.nodeName) return;
    this.#soon(async () => {
      const target = { kind: 'Node', name: `node-${this.#turn++ % NODES}` };
      const binding = { metadata: { namespace, name, uid }, target };
      await this.#client.create(resources.pods, binding as unknown as Pod, { subresource: 'binding' });
      const time = rfc3339(this.#clock.now());
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: time }];
      const podIP = `10.${this.#turn >> 16}.${(this.#turn >> 8) & 255}.${this.#turn & 255}`;
      const status = { phase: 'Running', startTime: time, podIP, podIPs: [{ ip: podIP }], conditions };
      await this.#client.patch(resources.pods, key, 'merge', { metadata: { uid }, status }, { subresource: 'status' });
    });
  }

  #soon(work: () => Promise<unknown>): void {
    this.#waiting.push(async () => {
      try {
        await work();
      } catch (error) {
        // It is gone by now.
        if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
      }
    });
    this.#next();
  }

  #next(): void {
    while (this.#working < AT_ONCE) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      this.#working += 1;
      void work().finally(() => {
        this.#working -= 1;
        this.#next();
      });
    }
  }
}
