import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ResourcePath, ResourceRequest } from '@keelson/api';
import type { RequestContext } from '../../registry/context.js';
import type { Response } from './reply.js';

/** A connection that asks to become something else than HTTP. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: TLSSocket;
  readonly head: Buffer;
}

/** Serves the subresources that are streams: logs, exec, attach, port-forward. */
export interface StreamDoor {
  handles(path: ResourcePath): boolean;
  serve(request: ResourceRequest, query: URLSearchParams, context: RequestContext, response: Response): Promise<void>;
  upgrade(path: ResourcePath, query: URLSearchParams, context: RequestContext, upgrade: Upgrade): Promise<void>;
}
