import { type FlowSchema, PATCH_TYPES, type PriorityLevelConfiguration } from '@keelson/api';
import { type Clock, type Logger, type Random, rfc3339, type Timer } from '@keelson/service';
import type { RequestContext } from '../registry/context.js';
import type { ApiHandler } from '../registry/handler.js';
import { toApiError } from '../registry/handler.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import type { FlowControl } from './flow-control.js';

export interface FlowConfigurationDependencies {
  flowControl: FlowControl;
  schemas: ResourceCache;
  levels: ResourceCache;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
  handler: ApiHandler;
  /** Of the server itself. */
  context: RequestContext;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export const FLOW_CONTROL_GROUP = 'flowcontrol.apiserver.k8s.io';
const MANAGER = 'api-priority-and-fairness-config-consumer-v1';
const MINUTE_MS = 60_000;
/** Servers that disagree do not write for ever. */
const WRITES_PER_MINUTE_MAX = 6;
const RETRY_MS = 1_000;

/** Brings flow control to what the objects say, and says in each schema whether its level is there. */
export class FlowConfiguration {
  readonly #deps: FlowConfigurationDependencies;
  /** When each schema's condition was written, in the last minute. */
  readonly #written = new Map<string, number[]>();
  #isRunning = false;
  #isStale = false;
  #later: Timer | undefined;
  #signal: AbortSignal | undefined;

  constructor(dependencies: FlowConfigurationDependencies) {
    this.#deps = dependencies;
    const configure = () => this.#configure();
    dependencies.schemas.subscribe(configure);
    dependencies.levels.subscribe(configure);
    dependencies.onReset(configure);
  }

  /** Conditions are written from now on until the signal aborts. */
  run(signal: AbortSignal): void {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#later?.cancel(), { once: true });
    void this.#writeAll();
  }

  #configure(): void {
    const { flowControl, schemas, levels } = this.#deps;
    flowControl.configure(objectsOf<FlowSchema>(schemas), objectsOf<PriorityLevelConfiguration>(levels));
    void this.#writeAll();
  }

  /** One round at a time; what changes meanwhile makes another. */
  async #writeAll(): Promise<void> {
    if (this.#signal === undefined || this.#signal.aborted) return;
    this.#isStale = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    let waitMs = 0;
    while (this.#isStale && !this.#signal.aborted) {
      this.#isStale = false;
      waitMs = await this.#round();
    }
    this.#isRunning = false;
    this.#later?.cancel();
    if (waitMs > 0 && !this.#signal.aborted) this.#later = this.#deps.clock.after(waitMs, () => void this.#writeAll());
  }

  /** After how long there is to be another; 0: when something changes. */
  async #round(): Promise<number> {
    const { schemas, levels, clock, random, logger } = this.#deps;
    let waitMs = 0;
    for (const schema of objectsOf<FlowSchema>(schemas)) {
      const { name = '' } = schema.metadata;
      const level = schema.spec?.priorityLevelConfiguration?.name ?? '';
      const wanted = danglingCondition(level, levels.get(level) !== undefined);
      const current = schema.status?.conditions?.find(({ type }) => type === wanted.type);
      if (current?.status === wanted.status && current.reason === wanted.reason && current.message === wanted.message)
        continue;
      if (!this.#mayWrite(name)) {
        waitMs = 30_000 + random.integer(45_000);
        continue;
      }
      try {
        await this.#write(name, { ...wanted, lastTransitionTime: rfc3339(clock.now()) });
      } catch (error) {
        if (toApiError(error).code === 404) continue;
        logger.debug({ err: error, flowSchema: name }, 'a flow schema’s condition could not be written');
        waitMs = Math.max(waitMs, RETRY_MS);
      }
    }
    return waitMs;
  }

  #mayWrite(name: string): boolean {
    const now = this.#deps.clock.monotonic();
    for (const [other, times] of this.#written) {
      const lately = times.filter((at) => now - at < MINUTE_MS);
      if (lately.length === 0) this.#written.delete(other);
      else this.#written.set(other, lately);
    }
    const times = this.#written.get(name) ?? [];
    if (times.length >= WRITES_PER_MINUTE_MAX) return false;
    this.#written.set(name, [...times, now]);
    return true;
  }

  async #write(name: string, condition: object): Promise<void> {
    const { handler, context } = this.#deps;
    const kind = { apiVersion: `${FLOW_CONTROL_GROUP}/v1`, kind: 'FlowSchema' };
    const body = { ...kind, metadata: { name }, status: { conditions: [condition] } };
    const path = {
      ...{ group: FLOW_CONTROL_GROUP, version: 'v1', resource: 'flowschemas' },
      ...{ namespace: '', name, subresource: 'status' },
    };
    const options = { fieldManager: MANAGER, force: true };
    const bytes = Buffer.from(JSON.stringify(body));
    await handler.handle({ verb: 'patch', path, options, body: { mediaType: PATCH_TYPES.apply, bytes } }, context);
  }
}

function danglingCondition(level: string, isThere: boolean) {
  const what = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return isThere
    ? { type: 'Dangling', status: 'False', reason: 'Found', message: `${what} and it exists` }
    : { type: 'Dangling', status: 'True', reason: 'NotFound', message: `${what} but there is no such object` };
}

function objectsOf<T>(cache: ResourceCache): T[] {
  return [...cache.list()].map(({ object }) => object as T);
}
