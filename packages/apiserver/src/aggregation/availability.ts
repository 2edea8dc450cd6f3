import {
  type APIService,
  type APIServiceCondition,
  deepEqual,
  type EndpointSlice,
  encodeJson,
  localCondition,
} from '@keelson/api';
import { type Logger, rfc3339 } from '@keelson/service';
import type { RequestContext } from '../registry/context.js';
import { type ApiHandler, toApiError } from '../registry/handler.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import { apiServiceOf, availabilityOf, isAvailable, MANAGER, pathOf } from './api-service-object.js';
import { type AvailabilityCheckDependencies, checkAvailability } from './availability-check.js';
import type { AvailabilityMetrics } from './availability-metrics.js';
import { Patrol } from './patrol.js';
import type { RemoteApis } from './remote-apis.js';

export interface AvailabilityDependencies extends AvailabilityCheckDependencies {
  apiServices: ResourceCache;
  remotes: RemoteApis;
  metrics: AvailabilityMetrics;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
  handler: Pick<ApiHandler, 'handle'>;
  /** Of the server itself. */
  context: RequestContext;
  logger: Logger;
}

const CHECKS_AT_ONCE = 5;
const RECHECK_MS = 30_000;
const FIRST_RETRY_MS = 500;
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Keeps the condition Available of each APIService true: looked at when something changes, and every so often. */
export class Availability {
  readonly #deps: AvailabilityDependencies;
  readonly #patrol: Patrol;

  constructor(dependencies: AvailabilityDependencies) {
    const { apiServices, services, endpointSlices, onReset, clock } = dependencies;
    this.#deps = dependencies;
    const options = { atOnce: CHECKS_AT_ONCE, againMs: RECHECK_MS, retryMs: FIRST_RETRY_MS };
    this.#patrol = new Patrol(options, (name) => this.#settle(name), { clock });
    apiServices.subscribe(({ current, previous, type }) => {
      const changed = type !== 'MODIFIED' || !deepEqual(specOf(current.object), specOf(previous?.object));
      if (changed || !hasCondition(apiServiceOf(current.object)))
        this.#patrol.visit(current.object.metadata.name ?? '');
    });
    services.subscribe(({ current }) => this.#visitBehind(current.path));
    endpointSlices.subscribe(({ current }) => {
      const { namespace = '', labels } = (current.object as EndpointSlice).metadata;
      this.#visitBehind(`${namespace}/${labels?.[SERVICE_NAME] ?? ''}`);
    });
    onReset(() => this.#visitAll());
  }

  run(signal: AbortSignal): void {
    this.#patrol.run(signal);
    this.#visitAll();
  }

  #visitAll(): void {
    for (const { object } of this.#deps.apiServices.list()) this.#patrol.visit(object.metadata.name ?? '');
  }

  #visitBehind(path: string): void {
    for (const { name, spec } of this.#deps.remotes.all())
      if (`${spec.service?.namespace}/${spec.service?.name}` === path) this.#patrol.visit(name);
  }

  /** Resolves to when it is to be looked at again: `later`, `soon` because it is not well, or `never`. */
  async #settle(name: string): Promise<'later' | 'soon' | 'never'> {
    const { apiServices, remotes, metrics, clock } = this.#deps;
    const found = apiServices.get(name);
    if (found === undefined) {
      metrics.forget(name);
      return 'never';
    }
    const api = remotes.named(name);
    const now = rfc3339(clock.now());
    const finding = api === undefined ? localCondition(now) : await checkAvailability(api, this.#deps);
    const current = apiServices.get(name);
    if (current === undefined || !deepEqual(specOf(current.object), specOf(found.object))) return 'soon';
    const isDone = await this.#write(apiServiceOf(current.object), finding, now);
    if (!isDone) return 'soon';
    if (api === undefined) return 'never';
    return finding.reason === 'FailedDiscoveryCheck' ? 'soon' : 'later';
  }

  async #write(
    it: APIService,
    { status, reason, message }: Omit<APIServiceCondition, 'type'>,
    now: string,
  ): Promise<boolean> {
    const { metrics, handler, context, logger } = this.#deps;
    const { name = '' } = it.metadata;
    const available = status === 'True';
    metrics.is(name, available);
    const before = availabilityOf(it);
    const isSame = before !== undefined && before.status === status;
    if (isSame && before.reason === reason && before.message === message) return true;
    const lastTransitionTime = isSame ? before.lastTransitionTime : now;
    const condition = { type: 'Available', status, lastTransitionTime, reason, message };
    const known = it.status?.conditions ?? [];
    const rest = known.filter((one) => one !== before);
    const at = before === undefined ? known.length : known.indexOf(before);
    const conditions = [...rest.slice(0, at), condition, ...rest.slice(at)];
    const next = { ...it, status: { ...it.status, conditions } };
    const body = { mediaType: 'application/json', bytes: Buffer.from(encodeJson(next)) };
    try {
      const options = { fieldManager: MANAGER };
      await handler.handle({ verb: 'update', path: pathOf(name, 'status'), options, body }, context);
    } catch (error) {
      // Who changed it in the meantime is seen, and that is looked at.
      logger.debug({ err: error, apiService: name }, 'an APIService’s condition could not be written');
      return toApiError(error).code === 404;
    }
    logger.info({ apiService: name, available, reason, said: message }, 'an APIService’s availability changed');
    if (isAvailable(it) && !available) metrics.becameUnavailable(name, reason ?? 'UnknownReason');
    return true;
  }
}

function specOf(object: object | undefined): unknown {
  return (object as APIService | undefined)?.spec;
}

function hasCondition(it: APIService): boolean {
  return availabilityOf(it) !== undefined;
}
