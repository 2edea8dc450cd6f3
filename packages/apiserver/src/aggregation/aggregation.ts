import type { KindRegistry, openapi } from '@keelson/api';
import type { Clock, Logger, Registry as Metrics } from '@keelson/service';
import type { TurnLine } from '../breather.js';
import type { Collections } from '../registry/collections.js';
import type { RequestContext } from '../registry/context.js';
import type { ApiHandler } from '../registry/handler.js';
import type { Aggregated } from './aggregated.js';
import { AggregationDoor } from './aggregation-door.js';
import { GROUP } from './api-service-object.js';
import { AutoRegistration } from './auto-registration.js';
import { Availability } from './availability.js';
import { AvailabilityMetrics } from './availability-metrics.js';
import type { ProxyIdentityFiles } from './proxy-identity.js';
import { RemoteApis } from './remote-apis.js';
import { RemoteDiscovery } from './remote-discovery.js';
import { RemoteOpenApi } from './remote-openapi.js';
import { readRemote } from './remote-reads.js';
import { ServedGroups } from './served-groups.js';
import type { FindService } from './service-connector.js';

export interface AggregationDependencies {
  kinds: KindRegistry;
  collections: Collections;
  find: FindService;
  identity: Pick<ProxyIdentityFiles, 'current'> | undefined;
  metrics: Metrics;
  /** For what takes long. */
  turns: TurnLine;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
  clock: Clock;
  logger: Logger;
}

/** The server's own hand, with which it writes objects. */
export interface OwnHand {
  handler: Pick<ApiHandler, 'handle'>;
  /** Of the server itself. */
  context: RequestContext;
}

/** What APIServices are for, put together. */
export class Aggregation {
  readonly #deps: AggregationDependencies;
  readonly #remotes: RemoteApis;
  readonly #door: AggregationDoor;
  readonly #discovery: RemoteDiscovery;
  readonly #openapi: RemoteOpenApi;
  /** Every group and version that there is. */
  readonly groups: ServedGroups;

  constructor(dependencies: AggregationDependencies) {
    this.#deps = dependencies;
    this.#remotes = new RemoteApis({ ...dependencies, apiServices: this.#cached(GROUP, 'apiservices') });
    this.#door = new AggregationDoor(dependencies);
    this.#discovery = new RemoteDiscovery({ ...dependencies, remotes: this.#remotes });
    this.#openapi = new RemoteOpenApi({ ...dependencies, remotes: this.#remotes });
    const others = () => this.#discovery.versions();
    this.groups = new ServedGroups({ ...dependencies, apiServices: this.#cached(GROUP, 'apiservices'), others });
  }

  #cached(group: string, plural: string) {
    return this.#deps.collections.required(group, plural).cache;
  }

  /** Of other servers. */
  get documents(): openapi.ForeignDocuments {
    return this.#openapi;
  }

  get aggregated(): Aggregated {
    return {
      find: (group, version) => this.#remotes.find(group, version),
      serve: (...passed) => this.#door.serve(...passed),
      upgrade: (...passed) => this.#door.upgrade(...passed),
      read: (...asked) => readRemote(...asked, this.#deps),
      resources: () => this.#discovery.versions(),
    };
  }

  /** What keeps APIServices as they are to be, to be run once there is something to keep. */
  keeper(own: OwnHand): { run(signal: AbortSignal): Promise<void> } {
    const apiServices = this.#cached(GROUP, 'apiservices');
    const definitions = this.#cached('apiextensions.k8s.io', 'customresourcedefinitions');
    const registration = new AutoRegistration({ ...this.#deps, ...own, apiServices, definitions });
    const availability = new Availability({
      ...{ ...this.#deps, ...own, apiServices },
      remotes: this.#remotes,
      services: this.#cached('', 'services'),
      endpointSlices: this.#cached('discovery.k8s.io', 'endpointslices'),
      metrics: new AvailabilityMetrics(this.#deps.metrics),
    });
    return {
      /** Resolves when the groups and versions that are built in have their APIServices. */
      run: async (signal) => {
        availability.run(signal);
        this.#discovery.run(signal);
        this.#openapi.run(signal);
        await registration.run(signal);
      },
    };
  }

  close(): void {
    this.#remotes.close();
  }
}
