import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request and its answer, over HTTP/1.1 or HTTP/2. */
export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/**
 * What is the same for all requests of a connection, and of no other. A request's socket is not: over HTTP/2 each has
 * a proxy of its own.
 */
export function connectionOf(request: Request): object {
  const session = 'stream' in request ? request.stream.session : undefined;
  return session ?? request.socket;
}
