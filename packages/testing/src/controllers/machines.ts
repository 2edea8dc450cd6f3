import { isApiError, type Node, type Pod } from '@keelson/api';
import { type ApiClient, type InformerFactory, resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import type { ManualClock } from '@keelson/service/testing';
import type { Dice } from '../sim/dice.js';

/** Of a pod: `succeeds`, `fails`; without it, it runs until it is deleted. */
export const OUTCOME = 'sim/outcome';

export interface MachinesDependencies {
  /** A way to the API server that does not fail. */
  readonly client: ApiClient;
  readonly informers: InformerFactory;
  readonly clock: ManualClock;
  readonly dice: Dice;
}

/** A scheduler and kubelets that do what is asked of them, each thing a little later. */
export class Machines {
  readonly #deps: MachinesDependencies;
  readonly #names: readonly string[];
  #turn = 0;

  constructor(count: number, dependencies: MachinesDependencies) {
    this.#deps = dependencies;
    this.#names = Array.from({ length: count }, (_, at) => `node-${at}`);
  }

  async start(): Promise<void> {
    const { client, informers } = this.#deps;
    for (const name of this.#names) await client.create(resources.nodes, this.#node(name));
    for (const name of this.#names) this.#beat(name);
    informers.for(resources.pods).addHandler({
      onAdd: (pod) => this.#look(pod),
      onUpdate: (pod, old) => this.#look(pod, old),
    });
  }

  #node(name: string): Node {
    const time = rfc3339(this.#deps.clock.now());
    const labels = { 'kubernetes.io/hostname': name };
    const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ok' };
    const conditions = [{ ...condition, lastHeartbeatTime: time, lastTransitionTime: time }];
    return { metadata: { name, labels }, spec: {}, status: { conditions, allocatable: { cpu: '64', pods: '1000' } } };
  }

  /** As often as a kubelet renews its lease. */
  #beat(name: string): void {
    const { client, clock } = this.#deps;
    const namespace = 'kube-node-lease';
    const lease = { metadata: { name, namespace }, spec: { holderIdentity: name, leaseDurationSeconds: 40 } };
    void client.create({ ...resources.leases }, lease).catch(() => {});
    clock.every(10_000, () => {
      const spec = { renewTime: new Date(clock.now()).toISOString() };
      void client.patch(resources.leases, { namespace, name }, 'merge', { spec }).catch(() => {});
    });
  }

  #look(pod: Pod, old?: Pod): void {
    const { dice } = this.#deps;
    const isNew = (of: (it: Pod) => unknown) => of(pod) !== undefined && (old === undefined || of(old) === undefined);
    if (isNew((it) => it.metadata.deletionTimestamp)) this.#later(dice.between(20, 3_000), () => this.#end(pod));
    else if (old === undefined && !pod.spec?.nodeName) this.#later(dice.between(1, 200), () => this.#bind(pod));
    else if (isNew((it) => it.spec?.nodeName)) this.#later(dice.between(5, 1_500), () => this.#run(pod));
  }

  async #bind({ metadata: { namespace, name = '', uid } }: Pod): Promise<void> {
    const target = { kind: 'Node', name: this.#names[this.#turn++ % this.#names.length]! };
    const binding = { metadata: { namespace, name, uid }, target };
    await this.#deps.client.create(resources.pods, binding as unknown as Pod, { subresource: 'binding' });
  }

  async #run(pod: Pod): Promise<void> {
    const { dice, clock } = this.#deps;
    const time = rfc3339(clock.now());
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: time }];
    const podIP = `10.1.${dice.integer(250)}.${dice.integer(250)}`;
    await this.#report(pod, { phase: 'Running', startTime: time, podIP, podIPs: [{ ip: podIP }], conditions });
    const outcome = pod.metadata.annotations?.[OUTCOME];
    if (outcome === undefined) return;
    this.#later(dice.between(200, 6_000), async () => {
      const ended = {
        type: 'Ready',
        status: 'False',
        reason: 'PodCompleted',
        lastTransitionTime: rfc3339(clock.now()),
      };
      const phase = outcome === 'fails' ? 'Failed' : 'Succeeded';
      const terminated = { exitCode: outcome === 'fails' ? 1 : 0, reason: 'Done', finishedAt: rfc3339(clock.now()) };
      const containerStatuses = [
        { name: 'c', ready: false, restartCount: 0, image: 'x', imageID: '', state: { terminated } },
      ];
      await this.#report(pod, { phase, conditions: [ended], containerStatuses });
    });
  }

  async #report({ metadata: { namespace, name = '', uid } }: Pod, status: Pod['status']): Promise<void> {
    const change = { metadata: { uid }, status };
    await this.#deps.client.patch(resources.pods, { namespace, name }, 'merge', change, { subresource: 'status' });
  }

  /** A pod that is told to end ends, and then it is gone: unless a finalizer holds it. */
  async #end(pod: Pod): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    const { client, clock } = this.#deps;
    const current = await client.get(resources.pods, { namespace, name });
    const isOver = current.status?.phase === 'Succeeded' || current.status?.phase === 'Failed';
    if (current.metadata.uid === uid && !isOver && (current.metadata.finalizers ?? []).length > 0) {
      const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: rfc3339(clock.now()) }];
      await this.#report(pod, { phase: 'Failed', reason: 'Terminated', conditions });
    }
    await client.delete(resources.pods, { namespace, name }, { preconditions: { uid }, gracePeriodSeconds: 0 });
  }

  #later(milliseconds: number, run: () => Promise<void>): void {
    this.#deps.clock.after(milliseconds, () => {
      void run().catch((error: unknown) => {
        // The pod has gone on, or is gone.
        if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
      });
    });
  }
}
