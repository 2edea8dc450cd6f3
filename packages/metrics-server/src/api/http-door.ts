import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { ApiError, apiErrors, discovery, type IncludeObject, METRICS_API, openapi, type Steps } from '@keelson/api';
import type { Caller, Wanted } from '@keelson/client';
import {
  type Logger,
  type Registry,
  type ShownCertificate,
  shownCertificate,
  type TlsIdentity,
} from '@keelson/service';
import { httpServer, listen } from '@keelson/service/sockets';
import type { MetricsApi, MetricsPath } from './metrics-api.js';
import { type DocumentRoute, type Route, routeOf } from './route.js';

/** Who a request is of, and what they may do. */
export interface Access {
  /** Undefined: what was shown is nobody's. */
  callerOf(request: IncomingMessage, certificate: ShownCertificate | undefined): Promise<Caller | undefined>;
  allows(caller: Caller, wanted: Wanted): Promise<boolean>;
}

export interface HttpDoorOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsIdentity;
}

export interface HttpDoorDependencies {
  readonly api: MetricsApi;
  readonly access: Access;
  readonly registry: Registry;
  /** Why it cannot answer yet; undefined: it can. */
  readonly unready: () => string | undefined;
  readonly logger: Logger;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const INCLUDES: readonly string[] = ['None', 'Metadata', 'Object'];
/** Connections are kept for as long as an aggregator may want the next one. */
const KEEP_ALIVE_MS = 75_000;

/** The group's REST API, for API servers that pass requests on to it, and for whoever comes by itself. */
export class HttpDoor {
  readonly #options: HttpDoorOptions;
  readonly #deps: HttpDoorDependencies;
  readonly #documents: openapi.OpenApiDocuments;
  #server: Server | undefined;

  constructor(options: HttpDoorOptions, dependencies: HttpDoorDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#documents = new openapi.OpenApiDocuments(dependencies.api.kinds);
  }

  /** Resolves to the port it listens on. */
  async listen(): Promise<number> {
    const { host, port, tls } = this.#options;
    // Several authorities vouch for clients: whose certificate it is is looked at with each request.
    const server = httpServer({ tls: { ...tls, requestCert: true, rejectUnauthorized: false } }, (request, response) =>
      this.#serve(request, response),
    );
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server = server;
    return await listen(server, { host, port });
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      if (!(error instanceof ApiError)) this.#deps.logger.error({ err: error, url: request.url }, 'a request failed');
      const told = error instanceof ApiError ? error : apiErrors.internalError(error);
      answer = json(told.status(), told.code);
    }
    const { status, type, body, headers = {} } = answer;
    const length = String(Buffer.byteLength(body));
    response.writeHead(status, {
      'content-type': type,
      'content-length': length,
      'cache-control': 'no-cache, private',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method = 'GET', headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    const route = routeOf(pathname);
    if (route?.type === 'health') return this.#health(pathname);
    const verb = verbOf(method, route, searchParams);
    await this.#authorize(request, wanted(verb, pathname, route));
    if (route === undefined) return plain(404, '404 page not found\n');
    if (method !== 'GET' && method !== 'HEAD') throw notSupported(route, verb);
    if (route.type === 'metrics-of') return this.#metricsOf(route.path, verb, searchParams, headers.accept ?? '');
    return this.#document(route, headers);
  }

  #health(pathname: string): Answer {
    const problem = pathname === '/livez' ? undefined : this.#deps.unready();
    return problem === undefined ? plain(200, 'ok') : plain(500, `[-]metric-storage-ready failed: ${problem}\n`);
  }

  async #authorize(request: IncomingMessage, asked: Wanted): Promise<void> {
    const { access } = this.#deps;
    let caller: Caller | undefined;
    let isAllowed: boolean;
    try {
      caller = await access.callerOf(request, shownCertificate(request.socket as TLSSocket));
      if (caller === undefined) throw apiErrors.unauthorized();
      isAllowed = await access.allows(caller, asked);
    } catch (error) {
      if (error instanceof ApiError && error.code === 401) throw error;
      throw apiErrors.serviceUnavailable(`the API server does not say who may see this: ${(error as Error).message}`);
    }
    if (!isAllowed) throw refusal(caller, asked);
  }

  #metricsOf(path: MetricsPath, verb: string, query: URLSearchParams, accept: string): Answer {
    const { api } = this.#deps;
    if (verb === 'watch') throw apiErrors.methodNotSupported({ group: METRICS_API.group, plural: path.resource }, verb);
    const table = formOf(accept);
    const includeObject = query.get('includeObject') || 'Metadata';
    if (table && !INCLUDES.includes(includeObject))
      throw apiErrors.badRequest(`unrecognized includeObject value: ${JSON.stringify(includeObject)}`);
    const isList = path.name === '';
    const selection = {
      labelSelector: query.get('labelSelector') ?? '',
      fieldSelector: query.get('fieldSelector') ?? '',
    };
    const objects = isList ? api.list(path, selection) : [api.get(path)];
    if (table) return json(api.table(path, objects, includeObject as IncludeObject));
    return json(isList ? api.listBody(path, objects) : objects[0]!);
  }

  async #document(route: DocumentRoute, headers: IncomingMessage['headers']): Promise<Answer> {
    const { api, registry } = this.#deps;
    const accept = headers.accept ?? '';
    switch (route.type) {
      case 'metrics':
        return { status: 200, type: registry.contentType, body: await registry.metrics() };
      case 'groups':
        return accept.includes('as=APIGroupDiscoveryList') && accept.includes('v=v2;')
          ? {
              ...json(discovery.aggregatedGroups(discovery.versionsOf(api.kinds))),
              type: discovery.AGGREGATED_MEDIA_TYPE,
            }
          : json(discovery.apiGroupList([METRICS_API]));
      case 'group':
        return json(discovery.apiGroup([METRICS_API], METRICS_API.group)!);
      case 'resources':
        return json(api.resourceList);
      case 'openapi-v2':
        return accept.includes(openapi.V2_MEDIA_TYPE)
          ? { status: 200, type: openapi.V2_MEDIA_TYPE, body: finished(this.#documents.v2('protobuf')) }
          : { status: 200, type: JSON_TYPE, body: finished(this.#documents.v2('json')) };
      case 'openapi-v3-index':
        return { status: 200, type: JSON_TYPE, body: finished(this.#documents.v3Index()) };
      case 'openapi-v3': {
        const body = this.#documents.v3(route.path);
        return body === undefined ? plain(404, '404 page not found\n') : { status: 200, type: JSON_TYPE, body };
      }
    }
  }
}

/** Documents of two kinds are small: nobody waits for their steps. */
function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Whether a Table is wanted. Throws 406. */
function formOf(accept: string): boolean {
  const clauses = accept.split(',').map((text) => text.split(';').map((it) => it.trim().toLowerCase()));
  for (const [type = '', ...parameters] of clauses) {
    if (!['', '*/*', 'application/*', JSON_TYPE].includes(type)) continue;
    const as = parameters.find((it) => it.startsWith('as='));
    if (as === undefined) return false;
    if (as === 'as=table' && parameters.includes('g=meta.k8s.io')) return true;
  }
  throw apiErrors.notAcceptable([JSON_TYPE]);
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(method: string, route: Route | undefined, query: URLSearchParams): string {
  if (route?.type !== 'metrics-of') return method.toLowerCase();
  const isList = route.path.name === '';
  if (method === 'DELETE' && isList) return 'deletecollection';
  if (method !== 'GET' && method !== 'HEAD') return VERBS[method] ?? method.toLowerCase();
  const watches = ['1', 'true'].includes(query.get('watch')?.toLowerCase() ?? '');
  return isList ? (watches ? 'watch' : 'list') : 'get';
}

function wanted(verb: string, path: string, route: Route | undefined): Wanted {
  if (route?.type !== 'metrics-of') return { nonResourceAttributes: { verb, path } };
  return { resourceAttributes: { verb, ...METRICS_API, ...route.path } };
}

function refusal({ user }: Caller, { resourceAttributes: asked, nonResourceAttributes: other }: Wanted): ApiError {
  const who = `User ${JSON.stringify(user)} cannot`;
  if (asked === undefined) {
    return apiErrors.forbidden(
      { group: '', plural: '' },
      '',
      `${who} ${other?.verb} path ${JSON.stringify(other?.path)}`,
    );
  }
  const { verb, group = '', resource = '', namespace = '', name = '' } = asked;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `${who} ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)} ${where}`;
  return apiErrors.forbidden({ group, plural: resource }, name, what);
}

function notSupported(route: Route, verb: string): ApiError {
  const plural = route.type === 'metrics-of' ? route.path.resource : '';
  const group = plural === '' ? '' : METRICS_API.group;
  return apiErrors.methodNotSupported({ group, plural }, verb);
}

function json(value: object, status = 200): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

function plain(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}
