import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { writeCertificates } from './certificates.js';

/** How an extension server answers: as it should, in the older forms alone, or badly. */
export type Manner = 'well' | 'as of old' | 'never' | 'with rubbish' | 'without end';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const BASE = `/apis/${GROUP}/${VERSION}`;
const usage = { cpu: '250m', memory: '512Mi' };
const times = { timestamp: '2026-01-01T00:00:00Z', window: '30s' };

const verbs = ['get', 'list'];
const RESOURCES = [
  { name: 'nodes', kind: 'NodeMetrics', scope: 'Cluster' },
  { name: 'pods', kind: 'PodMetrics', scope: 'Namespaced' },
];
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const NODE_METRICS = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics';

/** A server of metrics.k8s.io that believes its front proxy whom requests are of. */
export class ExtensionServer {
  manner: Manner = 'well';
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  /** Requests whose client left before they were answered. */
  left = 0;
  port = 0;
  readonly #directory: string;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes its certificate, the front proxy's, and those of their authorities into the directory. */
  static async create(directory: string, serviceName: string): Promise<ExtensionServer> {
    await writeCertificates(directory, { [serviceName]: [{ CN: [serviceName] }] }, 'extension-ca');
    await writeCertificates(directory, { 'front-proxy-client': [{ CN: ['front-proxy-client'] }] }, 'front-proxy-ca');
    const it = new ExtensionServer(directory);
    it.#name = serviceName;
    return it;
  }

  #name = '';

  get caBundle(): string {
    return this.#read('extension-ca.crt').toString('base64');
  }

  #read(name: string): Buffer {
    return readFileSync(join(this.#directory, name));
  }

  async start(): Promise<void> {
    const tls = { cert: this.#read(`${this.#name}.crt`), key: this.#read(`${this.#name}.key`) };
    const trust = { ca: this.#read('front-proxy-ca.crt'), requestCert: true, rejectUnauthorized: false };
    const server = createServer({ ...tls, ...trust }, (request, response) => void this.#serve(request, response));
    server.on('secureConnection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: '' });
      if (!this.#isTrusted(request)) return void socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n');
      const { upgrade } = request.headers;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\nhello ${head}`,
      );
      socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()));
      socket.on('end', () => socket.end());
      return undefined;
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server?.listening) await once(this.#server, 'close');
  }

  #isTrusted({ socket, headers }: IncomingMessage): boolean {
    const tls = socket as TLSSocket;
    return tls.authorized && tls.getPeerCertificate().subject.CN === 'front-proxy-client' && !!headers['x-remote-user'];
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'https://x');
    let body = '';
    try {
      for await (const chunk of request) body += String(chunk);
    } catch {
      this.left += 1;
      return;
    }
    this.seen.push({ method, url, headers, body });
    response.once('close', () => {
      if (!response.writableEnded) this.left += 1;
    });
    const isDocument = pathname === '/apis' || pathname.startsWith('/openapi');
    if (this.manner === 'never' && (pathname === '/apis' || pathname === BASE)) return;
    if (!this.#isTrusted(request)) return void response.writeHead(401).end('who?');
    if (isDocument && this.manner === 'with rubbish')
      return void json(response, { kind: 'Rubbish', items: 7, paths: 3 }, AGGREGATED);
    if (isDocument && this.manner === 'without end') {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 32)));
      };
      response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
      return more();
    }
    if (pathname === `${BASE}/nodes` && searchParams.get('watch') === '1') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: nodeMetrics('n1') })}\n`);
      setTimeout(() => response.write(`${JSON.stringify({ type: 'ADDED', object: nodeMetrics('n2') })}\n`), 50);
      return undefined;
    }
    const isNew = this.manner === 'well';
    const answer = this.#answerTo(method, pathname, String(headers.accept), isNew, body);
    if (answer === undefined)
      return void response.writeHead(404, { 'content-type': 'text/plain' }).end('no such thing');
    const { type = 'application/json', ...object } = answer as { type?: string };
    return void json(response, object, type);
  }

  #answerTo(method: string, path: string, accept: string, isNew: boolean, body: string): object | undefined {
    if (path === '/apis' && isNew && accept.includes('as=APIGroupDiscoveryList'))
      return { type: AGGREGATED, ...aggregated() };
    if (path === BASE) return resourceList();
    if (path === '/openapi/v3' && isNew) {
      const hash = createHash('sha256').update(JSON.stringify(v3Document())).digest('hex');
      return { paths: { [BASE.slice(1)]: { serverRelativeURL: `/openapi/v3${BASE}?hash=${hash}` } } };
    }
    if (path === `/openapi/v3${BASE}` && isNew) return v3Document();
    if (path === '/openapi/v2') return v2Document();
    if (method === 'POST' && path === `${BASE}/nodes`) return { kind: 'Echo', body };
    const [, namespace, name] =
      /^\/apis\/metrics\.k8s\.io\/v1beta1\/namespaces\/([^/]+)\/pods(?:\/(.+))?$/.exec(path) ?? [];
    if (namespace !== undefined && name !== undefined) return podMetrics(namespace, name);
    if (path === `${BASE}/pods` || namespace !== undefined)
      return list('PodMetricsList', [podMetrics(namespace ?? 'default', 'p1')]);
    if (path === `${BASE}/nodes`) return list('NodeMetricsList', [nodeMetrics('n1')]);
    return path.startsWith(`${BASE}/nodes/`) ? nodeMetrics(path.slice(BASE.length + 7)) : undefined;
  }
}

function json(response: ServerResponse, object: object, type = 'application/json'): void {
  response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(JSON.stringify(object));
}

const list = (kind: string, items: object[]) => ({ kind, apiVersion: `${GROUP}/${VERSION}`, metadata: {}, items });
const nodeMetrics = (name: string) => ({
  ...{ kind: 'NodeMetrics', apiVersion: `${GROUP}/${VERSION}`, metadata: { name } },
  ...{ ...times, usage },
});
const podMetrics = (namespace: string, name: string) => ({
  ...{ kind: 'PodMetrics', apiVersion: `${GROUP}/${VERSION}`, metadata: { namespace, name } },
  ...{ ...times, containers: [{ name: 'main', usage }] },
});

function resourceList(): object {
  const resources = RESOURCES.map(({ name, kind, scope }) => ({
    ...{ name, singularName: '', kind, verbs },
    namespaced: scope === 'Namespaced',
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${GROUP}/${VERSION}`, resources };
}

function aggregated(): object {
  const resources = RESOURCES.map(({ name, kind, scope }) => ({
    ...{ resource: name, responseKind: { group: GROUP, version: VERSION, kind }, scope, singularResource: '', verbs },
  }));
  const own = { metadata: { name: GROUP }, versions: [{ version: VERSION, resources, freshness: 'Current' }] };
  const lie = { metadata: { name: 'apps' }, versions: [{ version: 'v1', resources: [], freshness: 'Current' }] };
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items: [own, lie] };
}

const operation = (ref: string, prefix: string) => ({
  operationId: 'listNodeMetrics',
  description: 'lists NodeMetrics',
  responses: {
    200: {
      description: 'OK',
      ...(prefix ? { content: { 'application/json': { schema: { $ref: ref } } } } : { schema: { $ref: ref } }),
    },
  },
  'x-kubernetes-action': 'list',
  'x-kubernetes-group-version-kind': { group: GROUP, version: VERSION, kind: 'NodeMetrics' },
});
const definitions = (prefix: string) => ({
  [NODE_METRICS]: {
    description: 'how much a node uses',
    type: 'object',
    properties: {
      metadata: { $ref: `${prefix}${META}.ObjectMeta` },
      usage: { type: 'object', additionalProperties: { type: 'string' } },
    },
    'x-kubernetes-group-version-kind': [{ group: GROUP, version: VERSION, kind: 'NodeMetrics' }],
  },
  // Not this server's: another release's.
  [`${META}.ObjectMeta`]: {
    description: 'of another release',
    type: 'object',
    properties: { name: { type: 'string' } },
  },
  'unused.Type': { type: 'string' },
});

function v2Document(): object {
  const prefix = '#/definitions/';
  const paths = {
    [`${BASE}/nodes`]: { get: operation(`${prefix}${NODE_METRICS}`, '') },
    '/apis/apps/v1/deployments': { get: operation(`${prefix}unused.Type`, '') },
  };
  return { swagger: '2.0', info: { title: 'metrics', version: '1' }, paths, definitions: definitions(prefix) };
}

function v3Document(): object {
  const prefix = '#/components/schemas/';
  const paths = { [`${BASE}/nodes`]: { get: operation(`${prefix}${NODE_METRICS}`, prefix) } };
  return {
    openapi: '3.0.0',
    info: { title: 'metrics', version: '1' },
    paths,
    components: { schemas: definitions(prefix) },
  };
}
