import {
  ApiError,
  apiApproval,
  type CustomResourceDefinition,
  caBundleProblem,
  deepEqual,
  nonStructural,
} from '@keelson/api';
import { type Clock, type Logger, rfc3339, sleepOn } from '@keelson/service';
import type { RequestContext } from '../registry/context.js';
import type { ApiHandler } from '../registry/handler.js';
import { toApiError } from '../registry/handler.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import type { Cleanup } from './cleanup.js';
import { type Condition, conditionOf, hasCondition, isTrue, withCondition, withoutCondition } from './conditions.js';
import type { CustomResources } from './custom-resources.js';
import { establishmentOf, namingOf } from './naming.js';
import { CLEANUP_FINALIZER } from './rules.js';

export interface DefinitionControllerDependencies {
  cache: ResourceCache;
  onReset: (listener: () => void) => void;
  customResources: CustomResources;
  cleanup: Cleanup;
  handler: ApiHandler;
  /** Of the server itself. */
  context: RequestContext;
  clock: Clock;
  logger: Logger;
}

const RETRY_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/**
 * Says in each definition which names it has, whether it is served, and how far its end has come. Every API server does
 * so: all writes are on the condition that nothing has changed.
 */
export class DefinitionController {
  readonly #deps: DefinitionControllerDependencies;
  /** Definitions under work, and whether there is more to do by now. */
  readonly #working = new Map<string, { again: boolean }>();
  #signal: AbortSignal | undefined;

  constructor(dependencies: DefinitionControllerDependencies) {
    this.#deps = dependencies;
    const { cache, onReset } = dependencies;
    cache.subscribe(({ type, current: { path, object } }) => {
      // Names that are free again may be wished for by others.
      if (type === 'DELETED') this.#lookAtGroup(object as CustomResourceDefinition);
      else this.#lookAt(path);
    });
    onReset(() => this.#lookAtAll());
  }

  /** Works until the signal aborts. */
  run(signal: AbortSignal): void {
    this.#signal = signal;
    this.#lookAtAll();
  }

  #lookAtAll(): void {
    for (const { path } of this.#deps.cache.list()) this.#lookAt(path);
  }

  #lookAtGroup({ spec, metadata }: CustomResourceDefinition): void {
    for (const other of this.#group(spec?.group)) {
      if (other.metadata.name !== metadata.name) this.#lookAt(other.metadata.name ?? '');
    }
  }

  *#group(group: string | undefined): Iterable<CustomResourceDefinition> {
    for (const { object } of this.#deps.cache.list()) {
      const definition = object as CustomResourceDefinition;
      if (definition.spec?.group === group) yield definition;
    }
  }

  #lookAt(name: string): void {
    if (this.#signal === undefined || this.#signal.aborted) return;
    const work = this.#working.get(name);
    if (work !== undefined) work.again = true;
    else void this.#work(name, this.#signal);
  }

  /** One at a time for each definition; what fails is tried again after a while. */
  async #work(name: string, signal: AbortSignal): Promise<void> {
    const work = { again: true };
    this.#working.set(name, work);
    let failures = 0;
    while (work.again && !signal.aborted) {
      work.again = false;
      try {
        await this.#sync(name, signal);
        failures = 0;
      } catch (error) {
        this.#deps.logger.debug({ err: error, definition: name }, 'a definition is looked at again later');
        work.again = true;
        const waitMs = Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS);
        failures += 1;
        await sleepOn(this.#deps.clock, waitMs, signal).catch(() => {});
      }
    }
    this.#working.delete(name);
  }

  #find(name: string): CustomResourceDefinition | undefined {
    return this.#deps.cache.get(name)?.object as CustomResourceDefinition | undefined;
  }

  async #sync(name: string, signal: AbortSignal): Promise<void> {
    const definition = this.#find(name);
    if (definition === undefined) return;
    const next = this.#judged(definition);
    if (next !== definition) {
      // What is told to be served is.
      if (isTrue(next, 'Established')) this.#deps.customResources.serve(next);
      const written = await this.#write(next);
      if (!deepEqual(next.status?.acceptedNames, definition.status?.acceptedNames)) this.#lookAtGroup(next);
      if (!written) return;
    }
    await this.#end(name, signal);
  }

  /** The definition with what there is to say of it; the same one where that is said already. */
  #judged(definition: CustomResourceDefinition): CustomResourceDefinition {
    const now = rfc3339(this.#deps.clock.now());
    let next = definition;
    const say = (condition: Condition | undefined) => {
      if (condition !== undefined && !hasCondition(next, condition)) next = withCondition(next, condition, now);
    };
    const { spec, status } = definition;
    if (!deepEqual(spec?.names, status?.acceptedNames) || conditionOf(definition, 'NamesAccepted') === undefined) {
      const { names, condition } = namingOf(definition, this.#group(spec?.group));
      if (!deepEqual(names, status?.acceptedNames ?? {}))
        next = { ...next, status: { ...status, acceptedNames: names } };
      say(condition);
    }
    if (conditionOf(next, 'NamesAccepted') !== undefined) {
      const bundle = spec?.conversion?.webhook?.clientConfig?.caBundle;
      const isSound = bundle === undefined || caBundleProblem(Buffer.from(bundle, 'base64')) === undefined;
      say(establishmentOf(next, isSound));
    }
    const approval = apiApproval(definition);
    say(approval && { type: 'KubernetesAPIApprovalPolicyConformant', ...approval });
    const violation = nonStructural(definition);
    if (violation === undefined) return withoutCondition(next, 'NonStructuralSchema');
    say({ type: 'NonStructuralSchema', ...violation });
    return next;
  }

  /** False where somebody else was quicker: what it has become is looked at when it comes. */
  async #write(definition: CustomResourceDefinition): Promise<boolean> {
    const { handler, context } = this.#deps;
    const path = {
      ...{ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' },
      ...{ namespace: '', name: definition.metadata.name ?? '', subresource: 'status' },
    };
    const body = { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(definition)) };
    try {
      await handler.handle({ verb: 'update', path, options: {}, body }, context);
      return true;
    } catch (error) {
      const { code } = toApiError(error);
      if (code === 404 || (error instanceof ApiError && code === 409)) return false;
      throw error;
    }
  }

  /** Brings a definition to its end whose deletion is asked for: its objects go first. */
  async #end(name: string, signal: AbortSignal): Promise<void> {
    const definition = this.#find(name);
    if (definition?.metadata.deletionTimestamp === undefined) return;
    if (definition.metadata.finalizers?.includes(CLEANUP_FINALIZER) !== true) return;
    const { clock, cleanup } = this.#deps;
    const say = async (condition: Condition, isOver: boolean): Promise<boolean> => {
      const current = this.#find(name);
      if (current === undefined || current.metadata.uid !== definition.metadata.uid) return false;
      const next = withCondition(current, condition, rfc3339(clock.now()));
      const { metadata } = next;
      const finalizers = isOver ? metadata.finalizers?.filter((it) => it !== CLEANUP_FINALIZER) : metadata.finalizers;
      if (!isOver && hasCondition(current, condition)) return true;
      return this.#write({ ...next, metadata: { ...metadata, finalizers } });
    };
    const about = (status: Condition['status'], reason: string, message: string): Condition => ({
      ...{ type: 'Terminating', status, reason, message },
    });
    if (!isTrue(definition, 'Established')) {
      await say(about('False', 'NeverEstablished', 'resource was never established'), true);
      return;
    }
    if (!(await say(about('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress'), false)))
      return;
    const problem = await cleanup.deleteAll(definition, signal);
    if (problem === undefined) {
      await say(about('False', 'InstanceDeletionCompleted', 'removed all instances'), true);
      return;
    }
    await say(about('True', problem.reason, problem.message), false);
    throw new Error(problem.message);
  }
}
