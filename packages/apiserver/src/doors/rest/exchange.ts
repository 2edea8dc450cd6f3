import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';

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

/**
 * Whether nobody is there any more to be answered: what closed does not say so again. An answer over HTTP/2 does not
 * know it of itself.
 */
export function hasLeft(client: object): boolean {
  const { stream } = client as Partial<Http2ServerResponse>;
  return (stream ?? (client as Partial<ServerResponse>)).destroyed === true;
}

/**
 * Tells a client over HTTP/2 that nobody reads the rest of its body, once it has its answer: it would wait for room to send
 * it, and keep it, as long as its connection lasts.
 */
export function leaveBody(request: Request): void {
  if (!('stream' in request)) return;
  const { stream } = request;
  const leave = () => {
    if (!stream.destroyed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  };
  if (stream.writableFinished) leave();
  else stream.once('finish', leave);
}

/** When the client takes more, or has left. */
export function drained(response: Response): Promise<void> {
  if (hasLeft(response)) return Promise.resolve();
  const out = response as ServerResponse;
  return new Promise((resolve) => {
    const done = () => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.once('drain', done);
    out.once('close', done);
  });
}
