import {
  type APIService,
  type APIServiceSpec,
  builtInPriority,
  CUSTOM_PRIORITY,
  type CustomResourceDefinition,
  deepEqual,
  encodeJson,
  type GroupVersion,
  groupVersionsOf,
  type KindRegistry,
} from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { RequestContext } from '../registry/context.js';
import { type ApiHandler, toApiError } from '../registry/handler.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import { apiServiceOf, GROUP, MANAGER, nameOf, pathOf } from './api-service-object.js';
import { inParallel } from './in-parallel.js';
import { Rounds } from './rounds.js';

export interface AutoRegistrationDependencies {
  kinds: KindRegistry;
  apiServices: ResourceCache;
  definitions: ResourceCache;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
  handler: Pick<ApiHandler, 'handle'>;
  /** Of the server itself. */
  context: RequestContext;
  clock: Clock;
  logger: Logger;
}

const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
type Managed = 'onstart' | 'true';

interface Wanted {
  readonly spec: APIServiceSpec;
  readonly managed: Managed;
}

const AT_ONCE = 20;

/**
 * Keeps an APIService for each group and version that the registry has kinds of: for those that were there from the
 * beginning once in the life of the server, so that they may be changed, for those that come and go all the time.
 */
export class AutoRegistration {
  readonly #deps: AutoRegistrationDependencies;
  readonly #builtIn: ReadonlySet<string>;
  readonly #settled = new Set<string>();
  readonly #rounds: Rounds;
  #atStart: ReadonlySet<string> = new Set();

  constructor(dependencies: AutoRegistrationDependencies) {
    const { kinds, apiServices, definitions, onReset } = dependencies;
    this.#deps = dependencies;
    this.#builtIn = new Set(groupVersionsOf(kinds).map(nameOf));
    this.#rounds = new Rounds(() => this.#round(), dependencies);
    const again = () => this.#rounds.again();
    kinds.onChange(again);
    apiServices.subscribe(again);
    definitions.subscribe(again);
    onReset(again);
  }

  /** Resolves after the first round; further ones follow until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#atStart = new Set(this.#names());
    await this.#rounds.run(signal);
  }

  #names(): string[] {
    return [...this.#deps.apiServices.list()].map(({ object }) => object.metadata.name ?? '');
  }

  async #round(): Promise<boolean> {
    const wanted = this.#wanted();
    const names = new Set([...wanted.keys(), ...this.#names()]);
    const defined = lazily(() => definedVersions(this.#deps.definitions));
    let isDone = true;
    await inParallel(names, AT_ONCE, async (name) => {
      try {
        await this.#settle(name, wanted.get(name), defined);
        this.#settled.add(name);
      } catch (error) {
        isDone = false;
        this.#deps.logger.debug({ err: error, apiService: name }, 'an APIService could not be kept');
      }
    });
    for (const name of this.#settled) if (!names.has(name)) this.#settled.delete(name);
    return isDone;
  }

  /** What this server serves itself; the group of APIServices needs none. */
  #wanted(): Map<string, Wanted> {
    const served = groupVersionsOf(this.#deps.kinds).filter(({ group }) => group !== GROUP);
    return new Map(served.map((it) => [nameOf(it), this.#wantedFor(it)]));
  }

  #wantedFor({ group, version }: GroupVersion): Wanted {
    const isBuiltIn = this.#builtIn.has(nameOf({ group, version }));
    const priority = isBuiltIn ? builtInPriority(group, version) : CUSTOM_PRIORITY;
    const spec = { version, groupPriorityMinimum: priority.group, versionPriority: priority.version };
    return { spec: group === '' ? spec : { group, ...spec }, managed: isBuiltIn ? 'onstart' : 'true' };
  }

  async #settle(name: string, wanted: Wanted | undefined, defined: () => ReadonlySet<string>): Promise<void> {
    const found = this.#deps.apiServices.get(name);
    const current = found && apiServiceOf(found.object);
    const once = this.#settled.has(name);
    if (wanted?.managed === 'onstart' && once) return;
    if (current === undefined) {
      if (wanted !== undefined) await this.#create(name, wanted);
      return;
    }
    const managed = current.metadata.labels?.[MANAGED];
    if (managed !== 'onstart' && managed !== 'true') return;
    if (managed === 'onstart' && (once || !this.#atStart.has(name))) return;
    if (wanted === undefined) {
      // A definition whose kinds are still to come keeps what it has.
      if (!defined().has(name)) await this.#delete(name, current);
    } else if (!deepEqual(current.spec, wanted.spec)) await this.#update(name, { ...current, spec: wanted.spec });
  }

  async #create(name: string, { spec, managed }: Wanted): Promise<void> {
    await this.#send('create', '', { metadata: { name, labels: { [MANAGED]: managed } }, spec }, ['AlreadyExists']);
  }

  async #update(name: string, next: APIService): Promise<void> {
    await this.#send('update', name, next, ['NotFound', 'Conflict']);
  }

  async #delete(name: string, { metadata: { uid } }: APIService): Promise<void> {
    await this.#send('delete', name, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } }, [
      ...['NotFound', 'Conflict'],
    ]);
  }

  /** Somebody may have been first, which shows as one of `expected`; the change will be seen. */
  async #send(
    verb: 'create' | 'update' | 'delete',
    name: string,
    body: object,
    expected: readonly string[],
  ): Promise<void> {
    const { handler, context } = this.#deps;
    const options = verb === 'delete' ? {} : { fieldManager: MANAGER };
    const sent = { mediaType: 'application/json', bytes: Buffer.from(encodeJson(body)) };
    try {
      await handler.handle({ verb, path: pathOf(name), options, body: sent }, context);
    } catch (error) {
      if (!expected.includes(toApiError(error).reason)) throw error;
    }
  }
}

/** The names of APIServices that definitions ask for. */
function definedVersions(definitions: ResourceCache): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { object } of definitions.list()) {
    const { group = '', versions = [] } = (object as CustomResourceDefinition).spec ?? {};
    for (const { name = '', served } of versions) if (served) names.add(nameOf({ group, version: name }));
  }
  return names;
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
