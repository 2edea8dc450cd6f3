import { ApiError, apiErrors, type Kind, type KindRegistry, type ResourceRequest } from '@keelson/api';
import { isLongRunning } from '../audit/auditor.js';
import { type AuthorizationAttributes, type Authorizer, refusal, type Waiting } from '../auth/authorizer.js';
import { type Impersonation, impersonate } from '../auth/impersonation.js';
import type { User } from '../auth/user.js';
import { FREE, type Limiter, type Ticket } from '../flow-control/limiter.js';
import type { AccessMetrics } from '../metrics/access-metrics.js';
import type { Review } from '../reviews/review.js';
import type { Answer } from './answer.js';
import { type Asked, attributesOf, pathAttributes } from './attributes.js';
import type { ObjectCollection } from './collection.js';
import type { RequestContext } from './context.js';
import type { Deleter } from './deleter.js';
import { PageNotFound } from './page-not-found.js';
import type { Reader } from './reader.js';
import type { Registry } from './registry.js';
import { STATUS } from './write.js';
import type { YamlReader } from './yaml-reader.js';

/** What a subresource does for each verb that it knows. */
export interface Subresource {
  readonly get?: (collection: ObjectCollection, request: ResourceRequest, context: RequestContext) => Promise<Answer>;
  readonly create?: (
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
  ) => Promise<Answer>;
  readonly update?: (
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
  ) => Promise<Answer>;
  readonly patch?: (collection: ObjectCollection, request: ResourceRequest, context: RequestContext) => Promise<Answer>;
}

export interface HandlerDependencies {
  kinds: KindRegistry;
  collections: (group: string, version: string, plural: string) => ObjectCollection | undefined;
  /** When what the store knew of definitions when this was called is known here. */
  fresh?: () => Promise<unknown>;
  /** By `group/plural/subresource`; `* / * / status` and scale are generic. */
  subresources: ReadonlyMap<string, Subresource>;
  /** Of kinds that are answered and not stored, by `group/plural`. */
  reviews: ReadonlyMap<string, Review>;
  registry: Registry;
  deleter: Deleter;
  reader: Reader;
  authorizer: Authorizer;
  limiter: Limiter;
  yaml: YamlReader;
  metrics?: AccessMetrics | undefined;
}

/** Who wants something, as far as that decides whether they may. */
export type Caller = Pick<RequestContext, 'user' | 'annotate'> & Partial<Pick<RequestContext, 'signal'>>;

/** A path that is no resource. */
export interface PathAsked {
  readonly verb: string;
  readonly url: string;
}

/** Those that parts of custom resources have. */
const SUBRESOURCE_VERBS = new Set(['get', 'update', 'patch']);
const WITHOUT_TABLE = new Set(['binding', 'eviction', 'token']);

/** The one way of a request behind every door: `admit`, authorize, then the verb of the registry. */
export class ApiHandler {
  readonly #deps: HandlerDependencies;

  constructor(dependencies: HandlerDependencies) {
    this.#deps = dependencies;
  }

  async handle(request: ResourceRequest, context: RequestContext): Promise<Answer> {
    await this.authorize(request, context);
    const { group, version, resource } = request.path;
    const review = this.#deps.reviews.get(`${group}/${resource}`);
    let kind = this.#deps.kinds.find(group, version, resource);
    if (kind === undefined && group.includes('.')) {
      // Its definition may have come by another server a moment ago.
      await this.#deps.fresh?.();
      kind = this.#deps.kinds.find(group, version, resource);
    }
    if (kind?.deprecation !== undefined && isServed(kind, request)) {
      context.warn(kind.deprecation);
      context.annotate?.('k8s.io/deprecated', 'true');
    }
    if (review !== undefined && kind !== undefined) return this.#review(review, kind, request, context);
    const collection = this.#deps.collections(group, version, resource);
    if (collection === undefined) throw this.#notServed(group);
    this.#checkScope(collection, request);
    return this.#dispatch(collection, await this.#prepared(request, context), context);
  }

  /** When there is room for a request; before that nothing is done for it. Streams need none. */
  admit(asked: Asked | PathAsked, user: User, waiting: Waiting): Ticket | Promise<Ticket> {
    const options = 'url' in asked ? undefined : asked.options;
    const attributes = attributesFor(asked, user);
    if (isLongRunning(attributes) && attributes.verb !== 'watch') return FREE;
    return this.#deps.limiter.admit(attributes, options, waiting);
  }

  /** What Go calls the kind's type: some refusals name it. */
  goType({ group, version, resource }: ResourceRequest['path']): string {
    const kind = this.#deps.kinds.find(group, version, resource)?.kind ?? 'Object';
    return `${group === '' ? 'core' : group.split('.')[0]}.${kind}`;
  }

  /** Whether what a path answers with can be shown as a Table. */
  hasTable({ group, resource, subresource }: ResourceRequest['path']): boolean {
    return !this.#deps.reviews.has(`${group}/${resource}`) && !WITHOUT_TABLE.has(subresource);
  }

  /** Throws the refusal if the caller may not do this. */
  authorize(request: Asked, context: Caller): Promise<void> {
    return this.#authorize(attributesOf(request, context.user), context);
  }

  /** Throws the refusal if the caller may not reach a path that is no resource. */
  authorizePath(verb: string, path: string, caller: Caller): Promise<void> {
    return this.#authorize(pathAttributes(verb, path, caller.user), caller);
  }

  async #authorize(attributes: AuthorizationAttributes, caller: Caller): Promise<void> {
    const { annotate } = caller;
    const decide = () => this.#deps.authorizer.authorize(attributes, caller);
    const { allowed, reason } = await (this.#deps.metrics?.authorize(decide) ?? decide());
    annotate?.('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid');
    annotate?.('authorization.k8s.io/reason', reason);
    if (allowed) return;
    const { group, resource: plural, name } = attributes;
    throw apiErrors.forbidden({ group, plural }, name, refusal(attributes, reason));
  }

  /** The user as whom a request is to be served. Throws the refusal if the caller may not act as that one. */
  async actingAs(
    user: User,
    wanted: Impersonation | undefined,
    request: Asked | PathAsked,
    tell?: (user: User, constraint: string | undefined) => void,
  ): Promise<User> {
    if (wanted === undefined) return user;
    const acting = await impersonate(wanted, attributesFor(request, user), this.#deps.authorizer);
    tell?.(acting.user, acting.constraint);
    return acting.user;
  }

  async #review(review: Review, kind: Kind, request: ResourceRequest, context: RequestContext): Promise<Answer> {
    const { name, subresource } = request.path;
    if (subresource !== '' || name !== '') throw apiErrors.resourceNotServed();
    if (request.verb !== 'create') throw apiErrors.methodNotSupported(kind, request.verb);
    return review(kind, await this.#prepared(request, context), context);
  }

  async #prepared(request: ResourceRequest, { record }: RequestContext): Promise<ResourceRequest> {
    if (request.body === undefined) return request;
    const body = await this.#deps.yaml.prepare(request.body);
    if (!this.#isObjectOfKind(request)) record?.sentBody(body);
    return { ...request, body };
  }

  /** Whether a body is an object of the kind that is asked for: such are told of by whoever decodes them. */
  #isObjectOfKind({ verb, path: { group, resource, subresource } }: ResourceRequest): boolean {
    if (verb !== 'create' && verb !== 'update') return false;
    return (subresource === '' || subresource === 'status') && !this.#deps.reviews.has(`${group}/${resource}`);
  }

  /** Where only definitions could say what there is, nobody answers for what they do not. */
  #notServed(group: string): ApiError {
    return this.#deps.kinds.isBuiltIn(group) ? apiErrors.resourceNotServed() : new PageNotFound();
  }

  #checkScope({ kind }: ObjectCollection, { verb, path }: ResourceRequest): void {
    if (kind.scope === 'Cluster' && path.namespace !== '' && kind.plural !== 'namespaces')
      throw this.#notServed(kind.group);
    const named = verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection';
    const isOwn = this.#deps.kinds.isBuiltIn(kind.group);
    if (kind.scope === 'Namespaced' && path.namespace === '' && !isOwn && (named || verb === 'deletecollection'))
      throw new PageNotFound();
    if (kind.scope === 'Namespaced' && path.namespace === '' && named) {
      throw apiErrors.badRequest(`an empty namespace may not be set during ${verb === 'create' ? 'creation' : verb}`);
    }
  }

  #dispatch(collection: ObjectCollection, request: ResourceRequest, context: RequestContext): Promise<Answer> {
    const { kind } = collection;
    const { registry, deleter, reader } = this.#deps;
    if (request.path.subresource !== '') return this.#subresource(collection, request, context);
    if (!kind.verbs.includes(request.verb)) throw apiErrors.methodNotSupported(kind, request.verb);
    switch (request.verb) {
      case 'get':
        return reader.get(collection, request);
      case 'list':
        return reader.list(collection, request);
      case 'watch':
        return reader.watch(collection, request);
      case 'create':
        return registry.create(collection, request, context);
      case 'update':
        return registry.update(collection, request, context);
      case 'patch':
        return registry.patch(collection, request, context);
      case 'delete':
        return deleter.delete(collection, request, context);
      case 'deletecollection':
        return deleter.deleteCollection(collection, request, context);
    }
  }

  #subresource(collection: ObjectCollection, request: ResourceRequest, context: RequestContext): Promise<Answer> {
    const { kind } = collection;
    const { subresource } = request.path;
    const { registry, reader, subresources } = this.#deps;
    const isOwn = this.#deps.kinds.isBuiltIn(kind.group);
    if (!kind.subresources.some((it) => it.name === subresource))
      throw isOwn ? apiErrors.resourceNotServed() : apiErrors.notFound(kind, request.path.name);
    const own =
      subresources.get(`${kind.group}/${kind.plural}/${subresource}`) ?? subresources.get(`*/*/${subresource}`);
    const { verb } = request;
    if (!isOwn && !SUBRESOURCE_VERBS.has(verb)) throw apiErrors.methodNotSupported(kind, verb);
    if (own !== undefined) {
      const run = verb === 'get' || verb === 'create' || verb === 'update' || verb === 'patch' ? own[verb] : undefined;
      if (run === undefined) throw methodNotAllowed();
      return run(collection, request, context);
    }
    if (subresource === 'status') {
      if (verb === 'get') return reader.get(collection, request);
      if (verb === 'update') return registry.update(collection, request, context, STATUS);
      if (verb === 'patch') return registry.patch(collection, request, context, STATUS);
    }
    throw methodNotAllowed();
  }
}

function attributesFor(asked: Asked | PathAsked, user: User): AuthorizationAttributes {
  return 'url' in asked ? pathAttributes(asked.verb, asked.url, user) : attributesOf(asked, user);
}

function isServed({ subresources }: Kind, { path }: ResourceRequest): boolean {
  return path.subresource === '' || subresources.some((it) => it.name === path.subresource);
}

/** The answer to a method that a path does not know. */
export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
}

/** The wire form of whatever a request failed with. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code, details } = error as { code?: unknown; details?: unknown };
  // A gRPC status of the store: it is not there, or it has no leader.
  if (typeof code === 'number' && typeof details === 'string') {
    if (code === 14 || code === 4) return apiErrors.serviceUnavailable(`the store did not answer: ${details}`);
    if (isTooLarge(details)) return apiErrors.requestEntityTooLarge(details);
    if (code === 8) return apiErrors.tooManyRequests(details, 1);
  }
  return apiErrors.internalError(error);
}

/** Whether nobody thought of this failure: it is no refusal, and no trouble of the store's. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof ApiError) && toApiError(error).code === 500;
}

/** What etcd, and gRPC at its door, say of a request that is too large however often it is sent. */
function isTooLarge(details: string): boolean {
  return details === 'etcdserver: request is too large' || /message larger than max/.test(details);
}
