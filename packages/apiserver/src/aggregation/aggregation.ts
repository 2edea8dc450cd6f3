import type { KindRegistry } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { Collections } from '../registry/collections.js';
import type { RequestContext } from '../registry/context.js';
import type { ApiHandler } from '../registry/handler.js';
import { GROUP } from './api-service-object.js';
import { AutoRegistration } from './auto-registration.js';

export interface AggregationDependencies {
  kinds: KindRegistry;
  collections: Collections;
  handler: Pick<ApiHandler, 'handle'>;
  /** Of the server itself. */
  context: RequestContext;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
  clock: Clock;
  logger: Logger;
}

/** What APIServices are for, put together. */
export class Aggregation {
  readonly #registration: AutoRegistration;

  constructor(dependencies: AggregationDependencies) {
    const cached = (group: string, plural: string) => dependencies.collections.required(group, plural).cache;
    const apiServices = cached(GROUP, 'apiservices');
    const definitions = cached('apiextensions.k8s.io', 'customresourcedefinitions');
    this.#registration = new AutoRegistration({ ...dependencies, apiServices, definitions });
  }

  /** Resolves when the groups and versions that are built in have their APIServices. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#registration.run(signal);
  }
}
