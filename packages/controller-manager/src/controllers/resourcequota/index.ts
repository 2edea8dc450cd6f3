import {
  allKinds,
  compareQuantities,
  type DeviceClass,
  deepEqual,
  isApiError,
  type KubeObject,
  maxResources,
  quotaEvaluators,
  type ResourceList,
  type ResourceQuota,
  surplusResources,
} from '@keelson/api';
import { type Informer, type Resource, resources } from '@keelson/client';
import type { ServedResource } from '../../framework/catalogue.js';
import { configured } from '../../framework/configured.js';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { resourceOf } from '../../framework/kinds.js';
import { Account } from './account.js';
import { type Counted, countUsage, isNothing, only, usedBeyond } from './usage.js';

const WORKERS = 5;
const of = <T extends KubeObject>(kind: string) =>
  resourceOf(allKinds.find((it) => it.kind === kind)!) as unknown as Resource<T>;

export const resourceQuotaController = configured({
  name: 'resourcequota',
  flags: {
    'resource-quota-sync-period': {
      type: 'number',
      default: 300,
      description:
        'Seconds after which what is used of a quota is counted again though nothing is known to have changed',
    },
  },
  check: (args) =>
    args['resource-quota-sync-period'] > 0
      ? undefined
      : '--resource-quota-sync-period: must be a number of seconds above 0',
  make: (args) => resourceQuota(args['resource-quota-sync-period'] * 1000),
});

/**
 * Says of each quota what is used of it. What is stored is charged by the API server before it is stored; here it is
 * given back when it goes, at once. Everything is counted again when no charge can be on its way: sooner, an object
 * that is charged but not yet seen would be given away a second time.
 */
export function resourceQuota(resyncMs: number): Controller {
  return {
    name: 'resourcequota',
    setUp(context) {
      const quotas = context.informers.for(of<ResourceQuota>('ResourceQuota'));
      const sums = new Sums(context, quotas, new KeyedLoop('resourcequota', context), resyncMs);
      return () => sums.run();
    },
  };
}

class Sums {
  readonly #context: ControllerContext;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #loop: KeyedLoop;
  readonly #resyncMs: number;
  readonly #kinds = new Map<ServedResource, Counted>();
  readonly #evaluators: Evaluators;
  readonly #accounts = new Map<string, Account>();
  /** The uids of objects that are there and use less because it is late: they have given that back already. */
  readonly #freed = new Set<string>();

  constructor(context: ControllerContext, quotas: Informer<ResourceQuota>, loop: KeyedLoop, resyncMs: number) {
    this.#context = context;
    this.#quotas = quotas;
    this.#loop = loop;
    this.#resyncMs = resyncMs;
    this.#evaluators = evaluatorsIn(context);
    const { informers, kinds } = context;
    // Of what is counted by what it says, the whole is needed; of all else, that it is there.
    for (const kind of allKinds.map(resourceOf)) {
      const counted = this.#evaluators(kind);
      if (counted?.mayChange) informers.for(kind);
    }
    kinds.follow({
      wants: (resource) => resource.namespaced && this.#evaluators(resource) !== undefined,
      came: (resource, informer) => this.#came(resource, informer),
      went: (resource) => this.#kinds.delete(resource),
    });
    quotas.addHandler({
      onAdd: (quota) => loop.queue.add(keyOf(quota)),
      onUpdate: (quota, old) => {
        if (rises(quota.status?.used, old.status?.used)) this.#accountOf(quota).charge(this.#now);
        loop.queue.add(keyOf(quota));
      },
      onDelete: (quota) => this.#accounts.delete(keyOf(quota)),
    });
  }

  #came(resource: ServedResource, informer: Informer<KubeObject>): void {
    const counted = { informer, ...this.#evaluators(resource)! };
    this.#kinds.set(resource, counted);
    this.#watch(counted);
    const count = () => {
      for (const quota of this.#quotas.list()) {
        if (counted.evaluator.matching(Object.keys(quota.spec?.hard ?? {})).length > 0)
          this.#loop.queue.add(keyOf(quota));
      }
    };
    informer.synced(this.#context.signal).then(count, () => {});
  }

  run(): Promise<void> {
    return this.#loop.run(WORKERS, (key) => this.#sync(key));
  }

  get #now(): number {
    return this.#context.clock.monotonic();
  }

  #accountOf(quota: ResourceQuota): Account {
    const key = keyOf(quota);
    const known = this.#accounts.get(key) ?? new Account(this.#now, this.#resyncMs);
    this.#accounts.set(key, known);
    return known;
  }

  #watch({ informer, evaluator, timeless, mayChange }: Counted): void {
    const told = (next: KubeObject | undefined, old: KubeObject) => {
      const uid = old.metadata.uid ?? '';
      const known = this.#freed.has(uid) ? evaluator : timeless;
      if (next === undefined) this.#freed.delete(uid);
      for (const quota of this.#quotas.list(old.metadata.namespace ?? '')) {
        const account = this.#accountOf(quota);
        const released = usedBeyond(quota, known, old, next);
        if (next !== undefined && !isNothing(usedBeyond(quota, known, next, old))) account.charge(this.#now);
        account.release(released);
        if (!isNothing(released)) this.#loop.queue.add(keyOf(quota));
      }
    };
    informer.addHandler({
      ...(mayChange ? { onUpdate: (next: KubeObject, old: KubeObject) => told(next, old) } : {}),
      onDelete: (last) => told(undefined, last),
    });
  }

  async #sync(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const quota = this.#quotas.get(namespace, name);
    if (quota === undefined) return undefined;
    const account = this.#accountOf(quota);
    const began = this.#now;
    const { released } = account;
    const isSettled = account.isSettled(began);
    const counts = this.#isUnsummed(quota) || account.countsIn(began) === 0;
    try {
      await this.#store(quota, counts ? await this.#counted(quota, isSettled) : lowered(quota, released));
    } catch (error) {
      // It may have been stored all the same, and nothing is given back twice.
      if (!isApiError(error, 'Conflict')) {
        account.settle(released);
        account.charge(began);
      }
      throw error;
    }
    account.settle(released);
    if (counts && isSettled) account.counted(began);
    return account.countsIn(this.#now);
  }

  /** What it limits is not what its status says, or the status does not say how much of it is used. */
  #isUnsummed({ spec, status }: ResourceQuota): boolean {
    const hard = spec?.hard ?? {};
    if (!deepEqual(hard, status?.hard ?? {}) || status?.used === undefined) return true;
    const open = Object.keys(hard).filter((name) => status.used?.[name] === undefined);
    return [...this.#kinds.values()].some(
      ({ informer, evaluator }) => informer.hasSynced && evaluator.matching(open).length > 0,
    );
  }

  async #counted(quota: ResourceQuota, isSettled: boolean): Promise<ResourceList> {
    const { released } = this.#accountOf(quota);
    const wanted = { ...quota, status: { ...quota.status, hard: quota.spec?.hard ?? {} } };
    const seen = await countUsage(wanted, this.#kinds.values(), ({ metadata }) => this.#freed.add(metadata.uid ?? ''));
    const known = lowered(quota, released);
    // What nobody here counts stays as it is.
    return isSettled ? { ...known, ...seen } : maxResources(known, seen);
  }

  async #store(quota: ResourceQuota, used: ResourceList): Promise<void> {
    const hard = quota.spec?.hard ?? {};
    const status = { hard, used: only(used, Object.keys(hard)) };
    if (deepEqual(status, { hard: quota.status?.hard, used: quota.status?.used })) return;
    try {
      await this.#context.client.update(this.#quotas.resource, { ...quota, status }, { subresource: 'status' });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}

const ANY_UPDATE = { operation: 'UPDATE', subresource: '', object: {} as KubeObject, old: {} as KubeObject } as const;

type Evaluators = (resource: Resource) => Omit<Counted, 'informer'> | undefined;

function evaluatorsIn({ informers, clock }: ControllerContext): Evaluators {
  const classes = informers.for(of<DeviceClass>('DeviceClass'));
  const pods = informers.for(resources.pods);
  const surroundings = {
    extendedResourceOf: (name: string) => classes.get('', name)?.spec?.extendedResourceName,
    pod: (namespace: string, name: string) => pods.get(namespace, name),
  };
  const [evaluatorOf, timelessOf] = [() => clock.now(), () => 0].map((now) =>
    quotaEvaluators({ now, ...surroundings }),
  ) as [ReturnType<typeof quotaEvaluators>, ReturnType<typeof quotaEvaluators>];
  return (resource) => {
    const [evaluator, timeless] = [evaluatorOf(resource), timelessOf(resource)];
    if (!resource.namespaced || evaluator === undefined || timeless === undefined) return undefined;
    const mayChange = timeless.isInScope !== undefined || timeless.handles(ANY_UPDATE);
    return { evaluator, timeless, mayChange };
  };
}

function keyOf({ metadata: { namespace, name } }: ResourceQuota): string {
  return `${namespace}/${name}`;
}

function lowered({ status }: ResourceQuota, released: ResourceList): ResourceList {
  const used = status?.used ?? {};
  return { ...used, ...surplusResources(used, only(released, Object.keys(used))) };
}

function rises(next: ResourceList = {}, before: ResourceList = {}): boolean {
  return Object.entries(next).some(
    ([name, value]) =>
      before[name] !== undefined && before[name] !== value && compareQuantities(value, before[name]) > 0,
  );
}
