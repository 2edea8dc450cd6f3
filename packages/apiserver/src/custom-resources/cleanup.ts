import { ApiError, aggregateText, type CustomResourceDefinition } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { ObjectCollection } from '../registry/collection.js';
import type { Collections } from '../registry/collections.js';
import type { RequestContext } from '../registry/context.js';
import type { Deleter } from '../registry/deleter.js';
import { served } from '../registry/served-form.js';
import type { StoredObject } from '../storage/stored-object.js';

export interface CleanupDependencies {
  collections: Collections;
  deleter: Deleter;
  /** When the cache is as new as the store is now. */
  fresh: () => Promise<unknown>;
  /** Of the server itself. */
  context: RequestContext;
  clock: Clock;
}

/** Why a definition's objects have not gone. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** Objects that are deleted side by side. */
const AT_ONCE = 20;
/** Finalizers have so long before it is told that objects are left. */
const PATIENCE_MS = 60_000;

/** Deletes all objects of a definition that is to go. */
export class Cleanup {
  readonly #deps: CleanupDependencies;

  constructor(dependencies: CleanupDependencies) {
    this.#deps = dependencies;
  }

  /** Resolves when none is left, or with why there still are some. */
  async deleteAll(definition: CustomResourceDefinition, signal: AbortSignal): Promise<Problem | undefined> {
    const { collections, fresh } = this.#deps;
    const { group = '', names, versions = [] } = definition.spec ?? {};
    await fresh();
    const stored = versions.find(({ storage }) => storage === true) ?? {};
    const collection = [stored, ...versions]
      .map(({ name = '' }) => collections.find(group, name, names?.plural ?? ''))
      .find((it) => it !== undefined);
    if (collection === undefined) return undefined;
    const all = [...collection.cache.list()];
    try {
      await served(collection.kind, all);
      for (const it of all) collection.served(it);
    } catch (error) {
      return { reason: 'InstanceDeletionFailed', message: `could not list instances: ${(error as Error).message}` };
    }
    const failures = await this.#delete(collection, all);
    if (failures.length > 0) {
      const message = `could not issue all deletes: ${aggregateText(failures)}`;
      return { reason: 'InstanceDeletionFailed', message };
    }
    if (await this.#isEmpty(collection, signal)) return undefined;
    const message = 'could not confirm zero CustomResources remaining: timed out waiting for the condition';
    return { reason: 'InstanceDeletionCheck', message };
  }

  async #delete(collection: ObjectCollection, all: readonly StoredObject[]): Promise<string[]> {
    const { deleter, context } = this.#deps;
    const failures: string[] = [];
    const queue = all[Symbol.iterator]();
    const worker = async () => {
      for (const { object } of queue) {
        const { namespace = '', name = '' } = object.metadata;
        try {
          await deleter.deleteObject(collection, namespace, name, {}, context, { admits: false, ofMany: true });
        } catch (error) {
          if (error instanceof ApiError && error.reason === 'NotFound') continue;
          failures.push((error as Error).message);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return failures;
  }

  async #isEmpty({ cache }: ObjectCollection, signal: AbortSignal): Promise<boolean> {
    await this.#deps.fresh();
    if (cache.size === 0) return true;
    return new Promise((resolve) => {
      const settle = () => {
        unsubscribe();
        timer.cancel();
        signal.removeEventListener('abort', settle);
        resolve(cache.size === 0);
      };
      const unsubscribe = cache.subscribe(() => {
        if (cache.size === 0) settle();
      });
      const timer = this.#deps.clock.after(PATIENCE_MS, settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }
}
