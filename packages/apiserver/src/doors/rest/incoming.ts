import { apiErrors, type RequestOptions, type RequestVerb, type ResourcePath } from '@keelson/api';
import type { HeaderValues } from '@keelson/service';
import { type FindRemote, type RemoteRoute, remoteRouteOf } from '../../aggregation/remote-route.js';
import type { AuthorizationAttributes } from '../../auth/authorizer.js';
import { type Impersonation, impersonationIn } from '../../auth/impersonation.js';
import type { User } from '../../auth/user.js';
import { attributesOf, pathAttributes } from '../../registry/attributes.js';
import type { Request } from './exchange.js';
import { isWatch } from './query.js';
import { type Route, routeOf } from './route.js';

/** What a request is for: of this server, or of another. */
export type Destination = Route | RemoteRoute;

/** What a request is about, before anything is known of whoever sends it. */
export interface Target {
  readonly url: URL;
  readonly route: Destination;
  /** What it asks; the verb is empty where its method asks nothing of a resource. */
  attributes(user: User): AuthorizationAttributes;
}

/** Throws 400 for a target that is no URL. */
export function targetOf(request: Request, remote: FindRemote): Target {
  const url = urlOf(request);
  const local = routeOf(url.pathname);
  const route = remoteRouteOf(local, remote) ?? local;
  const method = request.method ?? 'GET';
  if (route.type === 'other' || route.path === undefined) {
    const verb = method.toLowerCase();
    return { url, route, attributes: (user) => pathAttributes(verb, url.pathname, user) };
  }
  const query = url.searchParams;
  const found = verbOf(method, route.path, route.type !== 'proxy' && isWatch(query));
  const { verb, options } = watched(found ?? 'get', route.path, route.type !== 'proxy' && route.watch === true, {
    fieldSelector: query.get('fieldSelector') ?? undefined,
    labelSelector: query.get('labelSelector') ?? undefined,
  });
  const { path } = route;
  return {
    ...{ url, route },
    attributes: (user) => ({
      ...attributesOf({ verb, path, options }, user),
      ...(found === undefined ? { verb: '' } : {}),
    }),
  };
}

const VERBS: Readonly<Record<string, (named: boolean, watch: boolean) => RequestVerb>> = {
  GET: (named, watch) => (named ? 'get' : watch ? 'watch' : 'list'),
  HEAD: (named) => (named ? 'get' : 'list'),
  POST: () => 'create',
  PUT: () => 'update',
  PATCH: () => 'patch',
  DELETE: (named) => (named ? 'delete' : 'deletecollection'),
};

/** What a method asks of a resource; undefined: nothing. */
export function verbOf(method: string, { name }: ResourcePath, watch: boolean): RequestVerb | undefined {
  return Object.hasOwn(VERBS, method) ? VERBS[method]!(name !== '', watch) : undefined;
}

/** A watch of one name is one of the list with that name; the older paths ask for watches by themselves. */
export function watched(
  verb: RequestVerb,
  { name }: ResourcePath,
  olderPath: boolean,
  options: RequestOptions,
): { verb: RequestVerb; options: RequestOptions } {
  if (!olderPath) return { verb, options };
  if (name === '') return { verb: 'watch', options };
  const fieldSelector = [options.fieldSelector, `metadata.name=${name}`].filter(Boolean).join(',');
  return { verb: 'watch', options: { ...options, fieldSelector } };
}

export function headerOf(request: Request, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** As upstream reads `Accept-Encoding`: without weights. */
export function takesGzip(accepted: string): boolean {
  return accepted.split(',').some((it) => it.trim() === 'gzip');
}

/** What is asked for; a path may begin with several slashes, which is no name of another host. */
function urlOf({ url = '/' }: Request): URL {
  try {
    return new URL(url.startsWith('/') ? `https://apiserver${url}` : url, 'https://apiserver');
  } catch {
    throw apiErrors.badRequest(`the request's target ${JSON.stringify(url)} is not a URL`);
  }
}

/** Whom the caller wants to act as. */
export function impersonationOf(request: Request): Impersonation | undefined {
  const { names, all } = headersOf(request);
  return impersonationIn(names, all);
}

/** Each value by itself: Node joins what comes twice. */
export function headersOf(request: Request): HeaderValues {
  let values: Map<string, string[]> | undefined;
  const all = (name: string) => {
    values ??= valuesOf(request.rawHeaders);
    return values.get(name) ?? [];
  };
  return { names: Object.keys(request.headers), all };
}

/** The values of each header, whose names come in any case before them. */
function valuesOf(raw: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    const known = values.get(name);
    if (known === undefined) values.set(name, [raw[at + 1]!]);
    else known.push(raw[at + 1]!);
  }
  return values;
}
