import type { ServerResponse } from 'node:http';
import { ApiError, apiErrors, type ResourcePath, type ResourceRequest } from '@keelson/api';
import type { Init, keelson } from '@keelson/protocol';
import { integer, truth } from '../doors/rest/query.js';
import type { Response } from '../doors/rest/reply.js';
import type { StreamDoor, Upgrade } from '../doors/rest/stream-door.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { RequestContext } from '../registry/context.js';
import type { ApiHandler } from '../registry/handler.js';
import { bridgeExec } from './exec-websocket.js';
import type { Kubelets } from './kubelets.js';
import { kubeletError, podTarget } from './pod-target.js';

const STREAMS = new Set(['log', 'exec', 'attach']);

/** Pods' streams over HTTP: logs as a chunked body, exec and attach over WebSocket. */
export class PodStreamDoor implements StreamDoor {
  readonly #pods: ObjectCollection;
  readonly #kubelets: Kubelets;
  readonly #handler: ApiHandler;

  constructor(dependencies: { pods: ObjectCollection; kubelets: Kubelets; handler: ApiHandler }) {
    this.#pods = dependencies.pods;
    this.#kubelets = dependencies.kubelets;
    this.#handler = dependencies.handler;
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
    this.#handler.authorize(request, context);
    if (request.path.subresource !== 'log') throw apiErrors.badRequest('Upgrade request required');
    if (request.verb !== 'get') throw apiErrors.methodNotSupported(this.#pods.kind, request.verb);
    const { namespace, name } = request.path;
    const container = query.get('container') ?? '';
    const target = await podTarget(this.#pods, this.#kubelets, { namespace, name, container });
    const logs = logsRequest(query, { namespace, pod: name, container: target.container });
    const stream = target.kubelet.logs(logs, { signal: context.signal });
    try {
      for await (const { data } of stream as AsyncIterable<keelson.LogsResponse>) {
        if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' });
        if (response.destroyed) return;
        if (!(response as ServerResponse).write(data))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
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
    if (upgrade.request.method !== 'POST') this.#handler.authorize({ verb: 'get', path }, context);
    // WebSockets begin with a GET, and are no less than what a POST begins.
    this.#handler.authorize({ verb: 'create', path }, context);
    if (subresource !== 'exec' && subresource !== 'attach')
      throw apiErrors.badRequest('unable to upgrade: not a stream');
    if ((upgrade.request.headers.upgrade ?? '').toLowerCase() !== 'websocket') {
      throw new ApiError({ code: 400, reason: 'BadRequest', message: 'unable to upgrade: only WebSocket is served' });
    }
    const container = query.get('container') ?? '';
    const target = await podTarget(this.#pods, this.#kubelets, { namespace, name, container });
    const flag = (key: string) => truth(query.get(key) ?? undefined) ?? false;
    const options = {
      command: query.getAll('command'),
      stdin: flag('stdin'),
      stdout: flag('stdout'),
      stderr: flag('stderr'),
      tty: flag('tty'),
    };
    await bridgeExec(target, subresource, options, upgrade, context.signal);
  }
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
