import { ApiError, controllerOf, isApiError, type KubeObject, objectKey, type Status } from '@keelson/api';
import type { ApiClient, EventRecorder, Resource } from '@keelson/client';
import type { Clock, Random } from '@keelson/service';
import type { Action, Create, Decision, Delete, Elsewhere, EventText, Update } from './actions.js';
import type { OwnWrites } from './own-writes.js';
import { slowStart } from './slow-start.js';

type Write = Exclude<Action, { readonly do: 'tell' }>;

/** As upstream generates names: so many characters behind at most so many. */
const SUFFIX_LENGTH = 5;
const BASE_MAX = 63 - SUFFIX_LENGTH;
const ATTEMPTS_MAX = 4;
const RETRY_MS = 100;
const CONFLICT_MS = 10;

export interface RunnerDependencies {
  readonly client: ApiClient;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly writes: OwnWrites;
}

/** Does what was decided, says so in events, and notes what the caches have to show before the next decision. */
export class Runner {
  readonly #deps: RunnerDependencies;

  constructor(dependencies: RunnerDependencies) {
    this.#deps = dependencies;
  }

  /**
   * @param key the key that the decision is about
   * @param subject the object that events are about
   * @returns milliseconds after which to look again
   * @throws the first failure, after everything else was done
   */
  async perform(key: string, subject: KubeObject | undefined, decision: Decision): Promise<number | undefined> {
    const run = new Run(key, subject, this.#deps);
    let failure = decision.first === undefined ? undefined : await run.elsewhere(decision.first);
    for (const step of decision.steps ?? []) {
      if (failure !== undefined) break;
      failure = await run.step(step);
    }
    const last = decision.afterwards?.(failure) ?? [];
    const lastFailure = await run.step(last);
    failure ??= lastFailure;
    // A namespace on its way out takes nothing new, and whatever wants it goes with it.
    if (failure !== undefined && !isTerminating(failure)) throw failure;
    return decision.again;
  }
}

class Run {
  readonly #key: string;
  readonly #subject: KubeObject | undefined;
  readonly #deps: RunnerDependencies;
  /** Objects as they are now, by the uid they are to have: asked once. */
  readonly #live = new Map<string, Promise<KubeObject | undefined>>();

  constructor(key: string, subject: KubeObject | undefined, deps: RunnerDependencies) {
    this.#key = key;
    this.#subject = subject;
    this.#deps = deps;
  }

  /** Resolves to the first failure. */
  async step(actions: readonly Action[]): Promise<unknown> {
    const creations = actions.filter((it) => it.do === 'create');
    const others = actions.filter((it) => it.do !== 'create');
    const results = await Promise.allSettled(others.map((it) => this.#do(it)));
    const failed = results.find((it) => it.status === 'rejected');
    if (failed !== undefined) return failed.reason;
    const { error } = await slowStart(creations.length, (index) => this.#do(creations[index]!));
    return error;
  }

  /** Resolves to its failure. */
  async elsewhere(effect: Elsewhere): Promise<unknown> {
    try {
      if (await this.#may(effect)) await effect.run();
      return undefined;
    } catch (error) {
      this.#tell(effect.failed?.(error as Error), undefined);
      return error;
    }
  }

  async #do(action: Action): Promise<void> {
    if (action.do === 'tell') return this.#tell(action, action.about);
    if (!(await this.#may(action))) return;
    try {
      const written = await this.#write(action);
      this.#tell(action.done?.(written), action.about);
    } catch (error) {
      if (action.do === 'create' && action.taken !== undefined && isApiError(error, 'AlreadyExists'))
        return this.#instead(action, action.taken);
      if (isApiError(error) && action.ignore?.includes(error.reason)) return;
      if (error instanceof ApiError && !isTerminating(error)) this.#tell(action.failed?.(error), action.about);
      throw error;
    }
  }

  async #instead({ resource, object }: Create, taken: NonNullable<Create['taken']>): Promise<void> {
    const { namespace, name = '' } = object.metadata;
    const existing = await this.#deps.client.get(resource, { namespace, name });
    const failure = await this.step(taken(existing));
    if (failure !== undefined) throw failure;
  }

  async #write(action: Write): Promise<KubeObject> {
    const { client, writes } = this.#deps;
    const { resource, object } = action;
    const { namespace, name = '' } = object.metadata;
    const settings = 'subresource' in action && action.subresource ? { subresource: action.subresource } : {};
    let written: KubeObject;
    switch (action.do) {
      case 'create':
        written = await this.#create(action);
        break;
      case 'update':
        written = await this.#update(action);
        break;
      case 'patch':
        written = await client.patch(resource, { namespace, name }, action.type, action.patch, settings);
        break;
      case 'delete':
        return this.#delete(action);
    }
    writes.wrote(this.#key, resource, written);
    return written;
  }

  /**
   * The name is chosen here, not by the API server: when the answer is lost, asking again for the same name tells
   * whether the object was made, and never makes a second one.
   */
  async #create(action: Create): Promise<KubeObject> {
    const outcome = { isOpen: false };
    try {
      return await this.#tryCreate(action, outcome);
    } catch (error) {
      // Whatever came last: an earlier attempt may have made it.
      if (outcome.isOpen) this.#deps.writes.lost(this.#key, action.resource);
      throw error;
    }
  }

  /** `outcome.isOpen`: an attempt was not answered, so that it may have made the object. */
  async #tryCreate({ resource, object }: Create, outcome: { isOpen: boolean }): Promise<KubeObject> {
    const { client, clock } = this.#deps;
    const chosen = object.metadata.name === undefined;
    let named = chosen ? this.#named(object) : object;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await client.create(resource, named);
      } catch (error) {
        const isTaken = isApiError(error, 'AlreadyExists');
        if (isTaken && outcome.isOpen) {
          const mine = await this.#madeBefore(resource, named);
          if (mine !== undefined) return mine;
        }
        if (attempt >= ATTEMPTS_MAX) throw error;
        if (isTaken && chosen) named = this.#named(object);
        else if (isUncertain(error)) outcome.isOpen = true;
        else if (!outcome.isOpen || !isApiError(error, 'TooManyRequests')) throw error;
        if (!isTaken) await clock.sleep(RETRY_MS * 2 ** attempt);
      }
    }
  }

  async #update({ resource, object, subresource, onConflict }: Update): Promise<KubeObject> {
    const { client, clock } = this.#deps;
    const settings = subresource === undefined ? {} : { subresource };
    let wanted = object;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await client.update(resource, wanted, settings);
      } catch (error) {
        if (onConflict === undefined || attempt >= ATTEMPTS_MAX || !isApiError(error, 'Conflict')) throw error;
        const { namespace, name = '' } = object.metadata;
        wanted = onConflict(await client.get(resource, { namespace, name }, settings));
        await clock.sleep(CONFLICT_MS * attempt);
      }
    }
  }

  async #madeBefore(resource: Resource, wanted: KubeObject): Promise<KubeObject | undefined> {
    const { namespace, name = '' } = wanted.metadata;
    const existing = await this.#deps.client.get(resource, { namespace, name });
    const owner = controllerOf(wanted)?.uid;
    return owner !== undefined && controllerOf(existing)?.uid === owner ? existing : undefined;
  }

  #named(object: KubeObject): KubeObject {
    const { random } = this.#deps;
    const base = (object.metadata.generateName ?? '').slice(0, BASE_MAX);
    return { ...object, metadata: { ...object.metadata, name: `${base}${random.suffix(SUFFIX_LENGTH)}` } };
  }

  async #delete({ resource, object, propagationPolicy, resourceVersion }: Delete): Promise<KubeObject> {
    const { client, writes } = this.#deps;
    const { namespace, name = '', uid } = object.metadata;
    const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const options = { preconditions, ...(propagationPolicy === undefined ? {} : { propagationPolicy }) };
    try {
      const answer = await client.delete(resource, { namespace, name }, options);
      if (isObject(answer) && answer.metadata.resourceVersion !== undefined) writes.wrote(this.#key, resource, answer);
      else writes.deleted(this.#key, resource, object);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
    return object;
  }

  async #may({ requires, unless }: Pick<Write, 'requires' | 'unless'>): Promise<boolean> {
    if (requires !== undefined && isGoing(await this.#now(requires))) return false;
    return unless === undefined || (await this.#now(unless)) === undefined;
  }

  /** The very object, or if its uid is not known the one of its name, as the API server has it now. */
  #now({ resource, object }: NonNullable<Write['requires']>): Promise<KubeObject | undefined> {
    const { namespace, name = '', uid } = object.metadata;
    const key = uid ?? `${resource.plural}/${objectKey(object)}`;
    let live = this.#live.get(key);
    if (live === undefined) {
      live = this.#deps.client.get(resource, { namespace, name }).then(
        (it) => (uid === undefined || it.metadata.uid === uid ? it : undefined),
        (error) => {
          if (isApiError(error, 'NotFound')) return undefined;
          throw error;
        },
      );
      this.#live.set(key, live);
    }
    return live;
  }

  #tell(text: EventText | undefined, about: KubeObject | undefined): void {
    const subject = about ?? this.#subject;
    if (text !== undefined && subject !== undefined)
      this.#deps.recorder.record(subject, text.type, text.reason, text.message);
  }
}

export function isTerminating(error: unknown): boolean {
  return error instanceof ApiError && (error.details?.causes ?? []).some((it) => it.reason === 'NamespaceTerminating');
}

function isGoing(object: KubeObject | undefined): boolean {
  return object === undefined || object.metadata.deletionTimestamp !== undefined;
}

/** The connection broke or time ran out: it may have been done. A server that is busy (429) has done nothing. */
function isUncertain(error: unknown): boolean {
  return isApiError(error) && error.code >= 500;
}

function isObject(answer: KubeObject | Status): answer is KubeObject {
  return answer.kind !== 'Status';
}
