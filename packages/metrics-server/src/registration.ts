import {
  type APIService,
  type ClusterRole,
  encodeJson,
  type KubeObject,
  METRICS_API,
  type Service,
} from '@keelson/api';
import { type ApiClient, type Resource, resources } from '@keelson/client';
import type { Clock, Logger } from '@keelson/service';

export interface RegistrationOptions {
  /** Where API servers reach this one, by a name or an address. */
  readonly host: string;
  readonly port: number;
  /** PEM: who vouches for this server's certificate. */
  readonly ca: Buffer;
}

export interface RegistrationDependencies {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const API_SERVICE = `${METRICS_API.version}.${METRICS_API.group}`;
/** Its own, so that another server of the same API may have the name that it wants. */
export const SERVICE = { namespace: 'kube-system', name: 'keelson-metrics-server' } as const;
const MANAGER = 'keelson-metrics-server';
const READER = 'system:aggregated-metrics-reader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';
const RETRY_MS = 2_000;
/** Whoever deletes the APIService may want to put another in its place. */
const AGAIN_MS = 30_000;

/** Who serves the API: this server, another, or nobody. */
export type Holder = 'this' | 'another' | 'nobody';

/**
 * Has the API server pass requests for the group on to this server, unless it does so to another already. Whoever
 * applies an APIService of the same name takes the group over; this one stands by until that is gone.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #deps: RegistrationDependencies;
  #holder: Holder = 'nobody';
  #changed: () => void = () => {};
  #changes = 0;
  #isRegistered = false;

  constructor(options: RegistrationOptions, dependencies: RegistrationDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get holder(): Holder {
    return this.#holder;
  }

  /** Told what the APIService is, whenever that changes. */
  see(found: APIService | undefined): void {
    const { namespace, name } = found?.spec?.service ?? {};
    const isOwn = namespace === SERVICE.namespace && name === SERVICE.name;
    this.#holder = found === undefined ? 'nobody' : isOwn ? 'this' : 'another';
    this.#changes += 1;
    this.#changed();
  }

  /** Registers when nobody is, at once at the first time, and brings what is its own up to date. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps;
    let waits = false;
    while (!signal.aborted) {
      const seen = this.#changes;
      try {
        if (this.#holder === 'another') {
          logger.info({ apiService: API_SERVICE }, 'another server has the API: standing by');
          this.#isRegistered = false;
          waits = true;
        } else if (this.#holder === 'nobody' && waits) {
          await clock.sleep(AGAIN_MS, signal);
          waits = false;
          continue;
        } else if (!this.#isRegistered || this.#holder === 'nobody') {
          await this.#register();
          this.#isRegistered = true;
          waits = true;
          logger.info({ apiService: API_SERVICE, ...this.#options, ca: undefined }, 'registered');
        }
        await this.#changeSince(seen, signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: (error as Error).message }, 'cannot register: trying again');
        await clock.sleep(RETRY_MS, signal).catch(() => {});
      }
    }
  }

  async #register(): Promise<void> {
    const { host, port, ca } = this.#options;
    const service: Service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...SERVICE },
      spec: { type: 'ExternalName', externalName: host },
    };
    const { group, version } = METRICS_API;
    const apiService: APIService = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: API_SERVICE },
      spec: {
        ...{ group, version, groupPriorityMinimum: 100, versionPriority: 100 },
        caBundle: ca.toString('base64'),
        service: { ...SERVICE, port },
      },
    };
    // As `kubectl apply` would have made it: the next one takes out what is not its own.
    const annotations = { [LAST_APPLIED]: `${encodeJson(apiService)}\n` };
    await this.#apply(resources.services, service);
    await this.#apply(resources.apiServices, { ...apiService, metadata: { ...apiService.metadata, annotations } });
    await this.#offerRole();
  }

  /** Whoever may view a namespace may see what its pods use, as with upstream's manifest. */
  async #offerRole(): Promise<void> {
    const labels = Object.fromEntries(['view', 'edit', 'admin'].map((role) => [`${AGGREGATE}${role}`, 'true']));
    const rules = [{ apiGroups: [METRICS_API.group], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }];
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: READER, labels },
    };
    await this.#apply(resources.clusterRoles, { ...role, rules } as ClusterRole);
  }

  async #apply<T extends KubeObject>(resource: Resource<T>, object: T): Promise<void> {
    const { name = '', namespace } = object.metadata;
    await this.#deps.client.patch(resource, { namespace, name }, 'apply', object, {
      fieldManager: MANAGER,
      force: true,
    });
  }

  #changeSince(seen: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#changes !== seen) return resolve();
      this.#changed = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      return undefined;
    });
  }
}
