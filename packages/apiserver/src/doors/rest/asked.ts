import { apiErrors, type ResourcePath, type ResourceRequest } from '@keelson/api';
import type { RemoteRoute } from '../../aggregation/remote-route.js';
import type { Asked } from '../../registry/attributes.js';
import { methodNotAllowed, type PathAsked } from '../../registry/handler.js';
import { readAll } from './body.js';
import type { Request } from './exchange.js';
import { headerOf, verbOf, watched } from './incoming.js';
import { deleteOptionsIn, isWatch, optionsOf } from './query.js';

const NEEDS_NAME = new Set(['PUT', 'PATCH']);

/** What a request asks, by its method, path and query. */
export function askedBy(request: Request, path: ResourcePath, query: URLSearchParams, watch: boolean): ResourceRequest {
  const asked = verbOf(request.method ?? 'GET', path, isWatch(query));
  if (asked === undefined)
    throw apiErrors.methodNotSupported(
      { group: path.group, plural: path.resource },
      String(request.method).toLowerCase(),
    );
  const named = path.name !== '';
  const needsName = NEEDS_NAME.has(request.method ?? '');
  const isMismatch = path.subresource === '' && (needsName ? !named : request.method === 'POST' && named);
  if (isMismatch || request.method === 'HEAD') throw methodNotAllowed();
  const { verb, options } = watched(asked, path, watch, optionsOf(query));
  return { verb, path, options };
}

/** The same with its body, which is read now. */
export async function withBody(
  asked: ResourceRequest,
  request: Request,
  query: URLSearchParams,
): Promise<ResourceRequest> {
  const { verb } = asked;
  if (verb === 'get' || verb === 'list' || verb === 'watch') return asked;
  const bytes = await readAll(request);
  const mediaType = headerOf(request, 'content-type');
  if (bytes.length > 0 || !verb.startsWith('delete')) return { ...asked, body: { mediaType, bytes } };
  const inQuery = deleteOptionsIn(query);
  const body = inQuery && { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(inQuery)) };
  return { ...asked, body };
}

/** What is asked of another server. */
export function remotelyAsked({ path, watch }: RemoteRoute, url: URL, request: Request): Asked | PathAsked {
  const method = request.method ?? 'GET';
  if (path === undefined) return { verb: method.toLowerCase(), url: url.pathname };
  const query = url.searchParams;
  const verb = verbOf(method, path, isWatch(query));
  if (verb === undefined)
    throw apiErrors.methodNotSupported({ group: path.group, plural: path.resource }, method.toLowerCase());
  const { fieldSelector, labelSelector } = optionsOf(query);
  return { path, ...watched(verb, path, watch === true, { fieldSelector, labelSelector }) };
}
