import {
  addResources,
  apiVersionOf,
  type QuotaEvaluator,
  type ResourceList,
  type ResourceQuota,
  surplusResources,
  trackUpdate,
  withoutZeros,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { ObjectCollection } from '../../registry/collection.js';
import { Pace } from '../../registry/pause.js';
import type { StoredObject } from '../../storage/stored-object.js';
import type { AdmissionAttributes } from '../admission.js';
import type { LimitedResource } from './configuration.js';
import { charged, type Demand, demandOf, isNotFound, quotaGone } from './demand.js';
import { NewestQuotas } from './newest-quotas.js';

/** A write that waits to be charged. `failure` says why it is refused. */
interface Waiting {
  readonly attributes: AdmissionAttributes;
  readonly evaluator: QuotaEvaluator;
  readonly settle: (failure: unknown) => void;
  demand: Demand;
  failure: unknown;
}

/** Where quotas are objects of the store too: what a charge compares them with is as they are there. */
export class QuotaLedger {
  readonly #quotas: ObjectCollection;
  readonly #clock: Clock;
  readonly #limited: readonly LimitedResource[];
  readonly #newest: NewestQuotas;
  /** By namespace, those that come while others are being charged: they go together then. */
  readonly #queues = new Map<string, Waiting[]>();
  /** What a write was charged already at an attempt before. */
  readonly #paid = new WeakMap<object, Map<string, ResourceList>>();

  constructor(dependencies: { quotas: ObjectCollection; clock: Clock }, limited: readonly LimitedResource[]) {
    this.#quotas = dependencies.quotas;
    this.#clock = dependencies.clock;
    this.#limited = limited;
    this.#newest = new NewestQuotas(dependencies.quotas);
  }

  /** Resolves when all quotas that are about the write have risen by what it uses; rejects where one is exceeded. */
  async charge(attributes: AdmissionAttributes, evaluator: QuotaEvaluator): Promise<void> {
    const { namespace } = attributes;
    if (this.#limited.length === 0 && this.#newest.in(namespace).length === 0) return;
    const failure = await new Promise<unknown>((settle) => {
      const waiting = { attributes, evaluator, settle, demand: new Map(), failure: undefined };
      const queue = this.#queues.get(namespace);
      if (queue !== undefined) queue.push(waiting);
      else {
        this.#queues.set(namespace, [waiting]);
        void this.#work(namespace);
      }
    });
    if (failure !== undefined) throw failure;
  }

  async #work(namespace: string): Promise<void> {
    for (;;) {
      const batch = this.#queues.get(namespace) ?? [];
      if (batch.length === 0) break;
      this.#queues.set(namespace, []);
      try {
        await this.#chargeAll(namespace, batch);
      } catch (error) {
        for (const waiting of batch) waiting.failure ??= error;
      }
      for (const { settle, failure } of batch) settle(failure);
    }
    this.#queues.delete(namespace);
  }

  async #chargeAll(namespace: string, batch: readonly Waiting[]): Promise<void> {
    const known = this.#newest.in(namespace);
    this.#estimate(batch, known);
    const refused = batch.filter(({ failure }) => failure !== undefined);
    // Nobody is refused by what may be out of date.
    if (refused.length > 0) this.#estimate(refused, await this.#readAgain(namespace, known), batch);
    const names = new Set(batch.flatMap(({ demand }) => [...demand.keys()]));
    for (const name of names) {
      const charging = batch.filter(
        (it) => it.failure === undefined && !it.attributes.dryRun && it.demand.get(name) !== undefined,
      );
      if (charging.length > 0) await this.#chargeOne(namespace, name, charging);
    }
  }

  /** What each asks for, and whether all quotas have that left beside the others before it. */
  #estimate(waiting: readonly Waiting[], stored: readonly StoredObject[], batch = waiting): void {
    const quotas = stored.map(({ object }) => object as ResourceQuota);
    const used = new Map<string, ResourceQuota>(quotas.map((quota) => [quota.metadata.name ?? '', quota]));
    const take = (it: Waiting) => {
      if (it.attributes.dryRun) return;
      for (const [name, demand] of it.demand) {
        const quota = used.get(name);
        if (quota) used.set(name, withUsed(quota, charged({ ...it.attributes, subresource: 'status' }, quota, demand)));
      }
    };
    for (const it of batch) if (!waiting.includes(it)) take(it);
    for (const it of waiting) {
      it.failure = undefined;
      try {
        it.demand = this.#unpaid(it.attributes, demandOf(it.attributes, quotas, it.evaluator, this.#limited));
        for (const [name, demand] of it.demand) charged(it.attributes, used.get(name)!, demand);
        take(it);
      } catch (error) {
        it.failure = error;
      }
    }
  }

  async #readAgain(namespace: string, known: readonly StoredObject[]): Promise<StoredObject[]> {
    const names = known.map(({ object }) => object.metadata.name ?? '');
    const read = await Promise.all(names.map((name) => this.#quotas.read(namespace, name)));
    return read.map(({ stored }) => stored).filter((stored) => stored !== undefined);
  }

  /** Of writers that compare and swap at once, over all servers, no two see the same state. */
  async #chargeOne(namespace: string, name: string, charging: readonly Waiting[]): Promise<void> {
    const path = `${namespace}/${name}`;
    try {
      await this.#quotas.change(
        namespace,
        name,
        (current) => {
          if (current === undefined) throw quotaGone(name);
          let quota = current as ResourceQuota;
          for (const it of charging) {
            it.failure = undefined;
            try {
              quota = withUsed(quota, charged(it.attributes, quota, it.demand.get(name)!));
            } catch (error) {
              it.failure = error;
            }
          }
          if (quota === current) return { do: 'nothing' };
          this.#recordManager(current as ResourceQuota, quota);
          return { do: 'write', object: quota };
        },
        new Pace(),
        this.#newest.get(path),
      );
    } catch (error) {
      // A quota that is gone limits nothing.
      if (!isNotFound(error)) throw error;
      this.#newest.forget(path);
      for (const it of charging) it.failure = undefined;
      return;
    }
    for (const { attributes, demand, failure } of charging)
      if (failure === undefined) this.#pay(attributes.write, name, demand.get(name)!);
  }

  #recordManager(live: ResourceQuota, next: ResourceQuota): void {
    const { kind } = this.#quotas;
    const others = Object.keys(kind.schema.properties ?? {}).filter((it) => it !== 'status' && it !== 'metadata');
    trackUpdate(live, next, kind, {
      manager: 'kube-apiserver',
      apiVersion: apiVersionOf(kind.group, kind.version),
      subresource: 'status',
      time: rfc3339(this.#clock.now()),
      resetFields: others,
    });
  }

  #unpaid({ write }: AdmissionAttributes, demand: Demand): Demand {
    const paid = this.#paid.get(write);
    if (paid === undefined) return demand;
    return new Map(
      [...demand].map(([name, list]) => [name, withoutZeros(surplusResources(list, paid.get(name) ?? {}))]),
    );
  }

  #pay(write: object, name: string, demand: ResourceList): void {
    const paid = this.#paid.get(write) ?? new Map<string, ResourceList>();
    paid.set(name, addResources(paid.get(name) ?? {}, demand));
    this.#paid.set(write, paid);
  }
}

function withUsed(quota: ResourceQuota, used: ResourceList): ResourceQuota {
  const { managedFields } = quota.metadata;
  const metadata = { ...quota.metadata, ...(managedFields === undefined ? {} : { managedFields: [...managedFields] }) };
  return { ...quota, metadata, status: { ...quota.status, used: { ...used } } };
}
