import {
  ApiError,
  allKinds,
  apiErrors,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type DeleteOptions,
  decodeJson,
  deepClone,
  deepEqual,
  discovery,
  encodeJson,
  isRecord,
  type Kind,
  KindRegistry,
  type KubeObject,
  PATCH_TYPES,
  parseFieldSelector,
  parseLabelSelector,
  type ResourcePath,
  type ResourceRequest,
  type Scale,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import { deferred } from '../deferred.js';
import { type Discovered, discoveredIn } from '../discovery.js';
import type { CallOptions, RawWatchEvent, Transport } from '../transport/transport.js';

type Stored = KubeObject & { spec?: unknown; status?: unknown };
type Selects = (object: Stored) => boolean;

interface LoggedEvent {
  readonly version: number;
  readonly collection: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
}

/** Looks at each request before it is served; what it returns is the answer, as a failure. */
export type Intercept = (request: ResourceRequest) => ApiError | undefined | Promise<ApiError | undefined>;

/**
 * An API server in memory, for tests: resource versions and their conflicts, watches from a version on, patches,
 * finalizers and propagation policies. It neither validates nor defaults, and deletes without grace unless it is told
 * that pods run somewhere.
 */
export class MemoryTransport implements Transport {
  /** Every request that came, in order. */
  readonly requests: ResourceRequest[] = [];
  intercept: Intercept = () => undefined;
  /** What comes of a watch that asks for what is there: that, a refusal as of a server that does not know it, or a plain watch. */
  streamsLists: 'yes' | 'refuses' | 'ignores' = 'yes';
  /** Looks at each request after it was served: a failure takes the place of the answer, as when a connection breaks. */
  lose: (request: ResourceRequest) => ApiError | undefined = () => undefined;
  readonly #clock: Clock;
  readonly #kinds: KindRegistry;
  readonly #graceful: boolean;
  readonly #objects = new Map<string, Stored>();
  readonly #log: LoggedEvent[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  #compacted = 0;
  #names = 0;

  /**
   * `kinds`: what it serves, all that is built in if absent. `graceful`: a pod on a node goes when its kubelet deletes
   * it without grace.
   */
  constructor(dependencies: { clock: Clock; kinds?: KindRegistry; graceful?: boolean }) {
    this.#clock = dependencies.clock;
    this.#graceful = dependencies.graceful ?? false;
    this.#kinds = dependencies.kinds ?? new KindRegistry(allKinds);
  }

  async call(request: ResourceRequest, options: CallOptions): Promise<{ object: unknown; warnings: string[] }> {
    this.requests.push(request);
    const failure = await givenUp(options.signal, this.intercept(request));
    if (failure !== undefined) throw failure;
    const object = deepClone(this.#serve(request));
    const lost = this.lose(request);
    if (lost !== undefined) throw lost;
    return { object, warnings: [] };
  }

  async *watch(request: ResourceRequest, { signal }: CallOptions): AsyncIterable<RawWatchEvent> {
    this.requests.push(request);
    const failure = await this.intercept(request);
    if (failure !== undefined) throw failure;
    this.#kindOf(request.path);
    const streams = request.options.sendInitialEvents === true && this.streamsLists !== 'ignores';
    if (streams && this.streamsLists === 'refuses')
      throw new ApiError({ code: 422, reason: 'Invalid', message: 'sendInitialEvents: Forbidden' });
    const initial = streams ? deepClone(this.#select(request)) : [];
    const now = streams || (request.options.sendInitialEvents && !request.options.resourceVersion);
    const from = now ? this.#version : Number(request.options.resourceVersion ?? this.#version);
    if (from < this.#compacted) {
      yield { type: 'ERROR', object: apiErrors.expired(`too old resource version: ${from}`).status() };
      return;
    }
    const selects = this.#selection(request);
    const watcher = new Watcher((it) => it.collection === collectionOf(request.path) && selects(it.object));
    for (const event of this.#log) if (event.version > from) watcher.offer(event);
    this.#watchers.add(watcher);
    const end = () => watcher.end();
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    try {
      for (const object of initial) yield { type: 'ADDED', object };
      if (streams) yield { type: 'BOOKMARK', object: endOfList(from) };
      for (let event = await watcher.next(); event !== undefined; event = await watcher.next()) {
        yield { type: event.type, object: deepClone(event.object) };
      }
    } finally {
      this.#watchers.delete(watcher);
      signal?.removeEventListener('abort', end);
    }
  }

  async discover(): Promise<Discovered> {
    const { items } = discovery.aggregatedGroups(discovery.versionsOf(this.#kinds));
    return discoveredIn({ items: [...discovery.aggregatedCore(this.#kinds).items, ...items] }, {});
  }

  close(): void {
    this.endWatches();
  }

  get watchCount(): number {
    return this.#watchers.size;
  }

  /** Ends every watch as a server does that restarts. */
  endWatches(): void {
    for (const watcher of this.#watchers) watcher.end();
  }

  /** Forgets history: a watch from before now is answered with 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#log.length = 0;
  }

  #kindOf({ group, version, resource }: ResourcePath): Kind {
    const kind = this.#kinds.find(group, version, resource);
    if (kind === undefined) throw apiErrors.resourceNotServed();
    return kind;
  }

  #serve(request: ResourceRequest): unknown {
    this.#kindOf(request.path);
    if (request.path.subresource === 'scale') return this.#scale(request);
    switch (request.verb) {
      case 'get':
        return this.#known(request.path);
      case 'list':
        return this.#list(request);
      case 'create':
        return this.#create(request);
      case 'update':
        return this.#update(request.path, bodyOf(request) as Stored);
      case 'patch':
        return this.#patch(request);
      case 'delete':
        return this.#delete(request.path, bodyOf(request) as DeleteOptions);
      case 'deletecollection':
        for (const it of this.#select(request)) this.#delete({ ...request.path, name: it.metadata.name ?? '' }, {});
        return { kind: 'Status', status: 'Success' };
      case 'watch':
        throw apiErrors.badRequest('a watch is not a call');
    }
  }

  #scale(request: ResourceRequest): Stored {
    const { path } = request;
    const { scale } = this.#kindOf(path).strategy;
    if (scale === undefined) throw apiErrors.resourceNotServed();
    let object = this.#known(path);
    if (request.verb !== 'get') {
      const wanted = bodyOf(request) as Scale;
      const next = deepClone(object);
      scale.set(next, wanted.spec?.replicas ?? 0);
      const { resourceVersion } = wanted.metadata;
      const metadata = { ...next.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
      object = this.#update({ ...path, subresource: '' }, { ...next, metadata });
    }
    const { specReplicas: replicas, statusReplicas, selector } = scale.get(object);
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const metadata = { name, namespace, uid, resourceVersion };
    return { metadata, spec: { replicas }, status: { replicas: statusReplicas, selector } };
  }

  #known(path: ResourcePath): Stored {
    const found = this.#objects.get(keyOf(path));
    if (found === undefined) throw apiErrors.notFound(groupOf(path), path.name);
    return found;
  }

  /** A continue token is the number of items that were given already. */
  #list(request: ResourceRequest): unknown {
    const all = this.#select(request);
    const { limit = 0, continueToken } = request.options;
    const from = Number(continueToken ?? 0);
    const items = limit > 0 ? all.slice(from, from + limit) : all.slice(from);
    const more = from + items.length < all.length ? { continue: String(from + items.length) } : {};
    return { metadata: { resourceVersion: String(this.#version), ...more }, items };
  }

  #select(request: ResourceRequest): Stored[] {
    const prefix = `${collectionOf(request.path)}/`;
    const selects = this.#selection(request);
    return [...this.#objects].filter(([key, it]) => key.startsWith(prefix) && selects(it)).map(([, it]) => it);
  }

  #selection({ path, options }: ResourceRequest): Selects {
    const labels = parseLabelSelector(options.labelSelector ?? '');
    const fields = parseFieldSelector(options.fieldSelector ?? '');
    return (it) =>
      (path.namespace === '' || it.metadata.namespace === path.namespace) &&
      labels.matches(it.metadata.labels) &&
      fields.matches((field) => readField(it, field));
  }

  #create(request: ResourceRequest): Stored {
    const { path } = request;
    const body = bodyOf(request) as Stored;
    if (path.subresource === 'binding') return this.#bind(path, body);
    const name = body.metadata.name || `${body.metadata.generateName ?? ''}${String(++this.#names).padStart(5, '0')}`;
    const key = keyOf({ ...path, name });
    if (this.#objects.has(key)) throw apiErrors.alreadyExists(groupOf(path), name);
    const metadata = {
      ...body.metadata,
      name,
      ...(path.namespace === '' ? {} : { namespace: path.namespace }),
      uid: body.metadata.uid ?? `uid-${this.#version + 1}`,
      creationTimestamp: body.metadata.creationTimestamp ?? rfc3339(this.#clock.now()),
      generation: 1,
    };
    return this.#store({ ...path, name }, { ...body, metadata }, 'ADDED');
  }

  #bind(path: ResourcePath, binding: Stored): Stored {
    const live = this.#known(path);
    const spec = live.spec as { nodeName?: string };
    const text = `pod ${path.name} is already assigned to node "${spec.nodeName}"`;
    if (spec.nodeName) throw apiErrors.conflict(groupOf(path), path.name, text);
    checkUid(path, live, binding.metadata.uid);
    const nodeName = (binding as unknown as { target: { name: string } }).target.name;
    return this.#store(path, { ...live, spec: { ...spec, nodeName } } as Stored, 'MODIFIED');
  }

  #update(path: ResourcePath, body: Stored): Stored {
    const live = this.#known(path);
    const { resourceVersion } = body.metadata;
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw apiErrors.conflict(groupOf(path), path.name);
    }
    checkUid(path, live, body.metadata.uid);
    const { uid, creationTimestamp, generation = 1, deletionTimestamp, deletionGracePeriodSeconds } = live.metadata;
    const next: Stored =
      path.subresource === ''
        ? { ...body, ...('status' in live ? { status: live.status } : {}) }
        : path.subresource === 'finalize'
          ? { ...live, spec: body.spec }
          : { ...live, metadata: { ...live.metadata, ...ofStatus(body.metadata) }, status: body.status };
    const changed = !deepEqual(next.spec, live.spec);
    const metadata = {
      ...next.metadata,
      uid,
      creationTimestamp,
      generation: changed ? generation + 1 : generation,
      resourceVersion: live.metadata.resourceVersion,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    };
    const full = decodeJson(encodeJson({ ...next, metadata })) as Stored;
    if (deepEqual(full, live)) return live;
    const grace = this.#graceful ? (deletionGracePeriodSeconds ?? 0) : 0;
    if (deletionTimestamp !== undefined && grace === 0 && (metadata.finalizers ?? []).length === 0)
      return this.#remove(path, full);
    return this.#store(path, full, 'MODIFIED');
  }

  #patch(request: ResourceRequest): Stored {
    const { path, body } = request;
    const live = this.#known(path);
    const patch = bodyOf(request);
    const patched = this.#patched(path, live, patch, body?.mediaType ?? '') as Stored;
    return this.#update(path, patched);
  }

  #patched(path: ResourcePath, live: Stored, patch: unknown, mediaType: string): unknown {
    const { patchTypes, schema } = this.#kindOf(path);
    if (patchTypes?.includes(mediaType) === false) throw apiErrors.unsupportedMediaType(patchTypes);
    if (mediaType === PATCH_TYPES.json) return applyJsonPatch(live, patch);
    if (mediaType === PATCH_TYPES.merge) return applyMergePatch(live, patch);
    return applyStrategicMergePatch(live, patch, schema);
  }

  #delete(path: ResourcePath, { preconditions, propagationPolicy, gracePeriodSeconds }: DeleteOptions): unknown {
    const live = this.#known(path);
    checkUid(path, live, preconditions?.uid);
    const { resourceVersion } = preconditions ?? {};
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw apiErrors.conflict(groupOf(path), path.name);
    }
    const finalizers = new Set(live.metadata.finalizers);
    if (propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (propagationPolicy === 'Orphan') finalizers.add('orphan');
    const grace = this.#graceOf(path, live, gracePeriodSeconds);
    if (finalizers.size === 0 && grace === 0) {
      this.#remove(path, live);
      return { kind: 'Status', status: 'Success' };
    }
    const deletionTimestamp = live.metadata.deletionTimestamp ?? rfc3339(this.#clock.now() + grace * 1000);
    const metadata = {
      ...live.metadata,
      ...(finalizers.size === 0 ? {} : { finalizers: [...finalizers] }),
      deletionTimestamp,
      ...(path.resource === 'pods' && this.#graceful ? { deletionGracePeriodSeconds: grace } : {}),
    };
    const next = { ...live, metadata };
    return deepEqual(next, live) ? live : this.#store(path, next, 'MODIFIED');
  }

  /** Seconds that a pod has to end on its node. */
  #graceOf(path: ResourcePath, live: Stored, asked: number | undefined): number {
    if (!this.#graceful || path.resource !== 'pods') return 0;
    const { spec = {}, status = {} } = live as {
      spec?: { nodeName?: string; terminationGracePeriodSeconds?: number };
      status?: { phase?: string };
    };
    if (!spec.nodeName || status.phase === 'Succeeded' || status.phase === 'Failed') return 0;
    const { deletionGracePeriodSeconds: before } = live.metadata;
    const grace = Math.max(0, asked ?? spec.terminationGracePeriodSeconds ?? 30);
    return before === undefined ? grace : Math.min(before, grace);
  }

  #remove(path: ResourcePath, last: Stored): Stored {
    const stored = this.#store(path, last, 'DELETED');
    this.#objects.delete(keyOf(path));
    return stored;
  }

  #store(path: ResourcePath, object: Stored, type: LoggedEvent['type']): Stored {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const { kind } = this.#kindOf(path);
    const apiVersion = path.group === '' ? path.version : `${path.group}/${path.version}`;
    const stored = decodeJson(encodeJson({ ...object, apiVersion, kind, metadata })) as Stored;
    this.#objects.set(keyOf(path), stored);
    const event = { version: this.#version, collection: collectionOf(path), type, object: stored };
    this.#log.push(event);
    for (const watcher of this.#watchers) watcher.offer(event);
    return stored;
  }
}

function endOfList(version: number): KubeObject {
  return { metadata: { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } } };
}

/** Events for one watch, waiting to be taken. */
class Watcher {
  readonly #wants: (event: LoggedEvent) => boolean;
  readonly #events: LoggedEvent[] = [];
  #more = deferred();
  #ended = false;

  constructor(wants: (event: LoggedEvent) => boolean) {
    this.#wants = wants;
  }

  offer(event: LoggedEvent): void {
    if (!this.#wants(event)) return;
    this.#events.push(event);
    this.#more.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#more.resolve();
  }

  async next(): Promise<LoggedEvent | undefined> {
    while (this.#events.length === 0) {
      if (this.#ended) return undefined;
      this.#more = deferred();
      await this.#more.promise;
    }
    return this.#events.shift();
  }
}

/** What comes first: the answer, or the caller's wish to wait no longer. */
async function givenUp(signal: AbortSignal | undefined, answer: ReturnType<Intercept>): Promise<ApiError | undefined> {
  if (signal === undefined) return answer;
  const aborted = deferred<ApiError>();
  const abort = () => aborted.resolve(apiErrors.timeout('the request was given up'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function checkUid(path: ResourcePath, live: Stored, uid: string | undefined): void {
  if (uid === undefined || uid === live.metadata.uid) return;
  const text = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
  throw apiErrors.conflict(groupOf(path), path.name, text);
}

function bodyOf({ body }: ResourceRequest): unknown {
  return decodeJson(Buffer.from(body?.bytes ?? Buffer.from('{}')).toString());
}

function groupOf({ group, resource }: ResourcePath) {
  return { group, plural: resource };
}

function collectionOf({ group, resource }: ResourcePath): string {
  return `${group}/${resource}`;
}

function keyOf(path: ResourcePath): string {
  return `${collectionOf(path)}/${path.namespace}/${path.name}`;
}

function readField(object: unknown, field: string): string {
  let value = object;
  for (const part of field.split('.')) value = isRecord(value) ? value[part] : undefined;
  return typeof value === 'string' ? value : '';
}

/** What of metadata a status may change. */
function ofStatus({ labels, annotations, finalizers }: Stored['metadata']): Partial<Stored['metadata']> {
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(finalizers === undefined ? {} : { finalizers }),
  };
}
