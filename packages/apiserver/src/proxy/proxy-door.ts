import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import { requestHttp } from '@keelson/service/sockets';
import type { Upgrade } from '@keelson/service/web-socket';
import type { OpenConnection } from '../admission/connections.js';
import type { Request, Response } from '../doors/rest/exchange.js';
import type { RequestContext } from '../registry/context.js';
import { answerOf, joinUpgrade, passedHeaders, sendBack, sendBody, unreachable, upgradeHeaders } from './passing.js';
import type { ProxyRoute } from './proxy-route.js';
import { type ProxyTarget, type ProxyTargetDependencies, proxyTarget } from './proxy-target.js';

/** Passes requests and upgraded connections on, and answers back. Whether the caller may is decided before. */
export class ProxyDoor {
  readonly #deps: ProxyTargetDependencies & { readonly open: OpenConnection };

  constructor(dependencies: ProxyTargetDependencies & { readonly open: OpenConnection }) {
    this.#deps = dependencies;
  }

  /** Resolves when the answer is sent. Throws what is answered instead. */
  async serve(route: ProxyRoute, request: Request, response: Response, context: RequestContext): Promise<void> {
    const { signal } = context;
    await this.#admitted(route, context);
    const target = await proxyTarget(route.path, this.#deps);
    const { pathname, search } = new URL(request.url ?? '/', 'https://apiserver');
    // Relative links of a page begin after the last slash.
    if (route.rest === '' && (request.method === 'GET' || request.method === 'HEAD')) {
      response.writeHead(301, { location: `${pathname}/${search}` });
      response.end();
      return;
    }
    const passed = open(target, route.rest + search, request, {});
    const abort = () => passed.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      sendBody(request, passed);
      const base = pathname.slice(0, pathname.length - route.rest.length);
      await sendBack(await answerOf(passed).catch(refuse), response, { host: target.host, base });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The way behind the proxy is the URL's, whatever admission makes of the options. */
  async #admitted({ path, rest }: ProxyRoute, context: RequestContext): Promise<void> {
    await this.#deps.open({ ...path, subresource: 'proxy' }, rest === '' ? {} : { path: rest }, context);
  }

  /** Joins an upgraded connection to one behind. Throws what is answered instead. */
  async upgrade(route: ProxyRoute, upgrade: Upgrade, context: RequestContext): Promise<void> {
    const { request } = upgrade;
    const { signal } = context;
    await this.#admitted(route, context);
    const target = await proxyTarget(route.path, this.#deps);
    const { search } = new URL(request.url ?? '/', 'https://apiserver');
    const passed = open(target, (route.rest || '/') + search, request, upgradeHeaders(request));
    const abort = () => passed.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await joinUpgrade(passed, upgrade).catch(refuse);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

function open(target: ProxyTarget, path: string, request: Request, more: OutgoingHttpHeaders): ClientRequest {
  return requestHttp(`http://${target.host}${path}`, {
    method: request.method ?? 'GET',
    headers: { ...passedHeaders(request, target.host), ...more },
    createConnection: () => target.connect(),
  });
}

function refuse(error: Error): never {
  throw unreachable((error as { details?: string }).details ?? error.message);
}
