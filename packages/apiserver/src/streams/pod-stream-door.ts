import { apiErrors, type ResourcePath, type ResourceRequest } from '@keelson/api';
import type { Init, keelson } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { CHANNEL_PROTOCOLS } from '@keelson/service/sockets';
import { acceptWebSocket, streamOver, type Upgrade } from '@keelson/service/web-socket';
import type { OpenConnection } from '../admission/connections.js';
import { drained, hasLeft, type Response } from '../doors/rest/exchange.js';
import { integer, truth } from '../doors/rest/query.js';
import type { StreamDoor } from '../doors/rest/stream-door.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { RequestContext } from '../registry/context.js';
import type { ApiHandler } from '../registry/handler.js';
import { bridgeCommand } from './command-bridge.js';
import type { CommandOptions, CommandSession } from './command-session.js';
import type { Kubelets } from './kubelets.js';
import { kubeletError, podHost, podTarget } from './pod-target.js';
import { portIn } from './port-forward.js';
import { SpdyPortForward } from './spdy-port-forward.js';
import { SpdySession, streamTypesOf } from './spdy-session.js';
import { acceptSpdy, agreedSubProtocol, awaitStreams, isWebSocket } from './upgrade.js';
import { forwardOverChannels } from './web-socket-port-forward.js';
import { WebSocketSession } from './web-socket-session.js';

/** Of a command, or of ports. */
interface ConnectionOptions extends Partial<CommandOptions> {
  readonly container?: string;
  readonly ports?: readonly number[];
}

/** What a query says of a stream, as an object of options. */
function connectionOptions(subresource: string, query: URLSearchParams): ConnectionOptions {
  if (subresource === 'portforward') {
    const ports = query
      .getAll('ports')
      .flatMap((it) => it.split(','))
      .map(Number);
    return ports.length === 0 ? {} : { ports };
  }
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((it) => truth(query.get(it) ?? undefined));
  const [container, command] = [query.get('container'), query.getAll('command')];
  return {
    ...Object.fromEntries(flags.map((it) => [it, true])),
    ...(container ? { container } : {}),
    ...(command.length > 0 && subresource === 'exec' ? { command } : {}),
  };
}

const STREAMS = new Set(['log', 'exec', 'attach', 'portforward']);

/** Upstream's names for what SPDY's streams carry. */
const SPDY_COMMAND_PROTOCOLS = ['v4.channel.k8s.io'];
const SPDY_PORT_PROTOCOL = 'portforward.k8s.io';
/** SPDY inside of a WebSocket, as kubectl has it since 1.30, and the older channels. */
const PORT_SUB_PROTOCOLS = [`SPDY/3.1+${SPDY_PORT_PROTOCOL}`, 'v4.channel.k8s.io'] as const;

/** Pods' streams over HTTP: logs as a chunked body, the rest over WebSocket or SPDY. */
export class PodStreamDoor implements StreamDoor {
  readonly #pods: ObjectCollection;
  readonly #kubelets: Kubelets;
  readonly #handler: ApiHandler;
  readonly #clock: Clock;
  readonly #open: OpenConnection;

  constructor(dependencies: {
    pods: ObjectCollection;
    kubelets: Kubelets;
    handler: ApiHandler;
    clock: Clock;
    open: OpenConnection;
  }) {
    this.#pods = dependencies.pods;
    this.#kubelets = dependencies.kubelets;
    this.#handler = dependencies.handler;
    this.#clock = dependencies.clock;
    this.#open = dependencies.open;
  }

  handles({ group, resource, subresource, name }: ResourcePath): boolean {
    return group === '' && resource === 'pods' && name !== '' && STREAMS.has(subresource);
  }

  async serve(
    request: ResourceRequest,
    query: URLSearchParams,
    context: RequestContext,
    response: Response,
  ): Promise<void> {
    await this.#handler.authorize(request, context);
    if (request.path.subresource !== 'log') {
      await this.#open(request.path, connectionOptions(request.path.subresource, query), context);
      throw apiErrors.badRequest('Upgrade request required');
    }
    if (request.verb !== 'get') throw apiErrors.methodNotSupported(this.#pods.kind, request.verb);
    const { namespace, name } = request.path;
    const container = query.get('container') ?? '';
    const target = await podTarget(this.#pods, this.#kubelets, { namespace, name, container });
    const logs = logsRequest(query, { namespace, pod: name, container: target.container });
    const stream = target.kubelet.logs(logs, { signal: context.signal });
    try {
      for await (const { data } of stream as AsyncIterable<keelson.LogsResponse>) {
        if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' });
        if (hasLeft(response)) return;
        if (!response.write(data)) await drained(response);
      }
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' });
      response.end();
    } catch (error) {
      if (context.signal.aborted) response.destroy();
      else throw kubeletError(error);
    }
  }

  async upgrade(path: ResourcePath, query: URLSearchParams, context: RequestContext, upgrade: Upgrade): Promise<void> {
    const { namespace, name, subresource } = path;
    if (upgrade.request.method !== 'POST') await this.#handler.authorize({ verb: 'get', path }, context);
    // WebSockets begin with a GET, and are no less than what a POST begins.
    await this.#handler.authorize({ verb: 'create', path }, context);
    if (subresource === 'log') throw apiErrors.badRequest('unable to upgrade: not a stream');
    const asked = await this.#open(path, connectionOptions(subresource, query), context);
    if (subresource === 'portforward') await this.#forward({ namespace, name }, query, context, upgrade);
    else await this.#command(subresource as 'exec' | 'attach', { namespace, name }, asked, context, upgrade);
  }

  async #command(
    verb: 'exec' | 'attach',
    where: { namespace: string; name: string },
    asked: ConnectionOptions,
    context: RequestContext,
    upgrade: Upgrade,
  ): Promise<void> {
    const { container = '', command = [], stdin = false, stdout = false, stderr = false, tty = false } = asked;
    const options = { command, stdin, stdout, stderr, tty };
    const target = await podTarget(this.#pods, this.#kubelets, { ...where, container });
    let session: CommandSession;
    if (isWebSocket(upgrade)) {
      const protocol = agreedSubProtocol(upgrade, CHANNEL_PROTOCOLS);
      session = new WebSocketSession(await acceptWebSocket(upgrade, protocol));
    } else {
      const transport = acceptSpdy(upgrade, SPDY_COMMAND_PROTOCOLS);
      const opened = await awaitStreams(transport, streamTypesOf(options), this.#clock);
      if (opened === undefined) return;
      session = new SpdySession(opened.connection, opened.streams);
    }
    await bridgeCommand(target, verb, options, session, context.signal);
  }

  async #forward(
    where: { namespace: string; name: string },
    query: URLSearchParams,
    context: RequestContext,
    upgrade: Upgrade,
  ): Promise<void> {
    const host = await podHost(this.#pods, this.#kubelets, where);
    if (!isWebSocket(upgrade)) {
      const transport = acceptSpdy(upgrade, [SPDY_PORT_PROTOCOL]);
      new SpdyPortForward(host, transport, context.signal, { clock: this.#clock });
      return;
    }
    const protocol = agreedSubProtocol(upgrade, PORT_SUB_PROTOCOLS);
    if (protocol === 'v4.channel.k8s.io') {
      const ports = portsIn(query);
      await forwardOverChannels(host, ports, await acceptWebSocket(upgrade, protocol), context.signal);
      return;
    }
    const transport = streamOver(await acceptWebSocket(upgrade, protocol));
    new SpdyPortForward(host, transport, context.signal, { clock: this.#clock });
  }
}

/** A channel's number is a byte, and each port has two. */
const PORTS_MAX = 127;

function portsIn(query: URLSearchParams): number[] {
  const texts = query.getAll('ports').flatMap((it) => it.split(','));
  if (texts.length === 0) throw apiErrors.badRequest('query parameter "ports" is required');
  if (texts.length > PORTS_MAX) throw apiErrors.badRequest(`query parameter "ports" has more than ${PORTS_MAX} ports`);
  return texts.map((text) => {
    const port = portIn(text);
    if (port === undefined)
      throw apiErrors.badRequest(`query parameter "ports": ${JSON.stringify(text)} is not a port`);
    return port;
  });
}

function logsRequest(
  query: URLSearchParams,
  where: { namespace: string; pod: string; container: string },
): Init<keelson.LogsRequest> {
  const number = (name: string) => integer(query.get(name) ?? undefined);
  const flag = (name: string) => truth(query.get(name) ?? undefined) ?? false;
  return {
    ...where,
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    tailLines: number('tailLines'),
    sinceSeconds: number('sinceSeconds'),
    sinceTime: query.get('sinceTime') ?? '',
    limitBytes: number('limitBytes'),
  };
}
