import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeHeaders } from '../../http2/hpack-encoder.js';
import type { Http2Stream, StreamSink } from '../../http2/stream.js';

/** What a gRPC port answers to plain HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HttpQuery {
  readonly method: string;
  /** With its query string. */
  readonly path: string;
}

/** Undefined: there is nothing at that path. */
export type HttpHandler = (query: HttpQuery) => Promise<HttpAnswer | undefined>;

const NOT_FOUND: HttpAnswer = { status: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' };

async function answerTo(handler: HttpHandler | undefined, query: HttpQuery): Promise<HttpAnswer> {
  try {
    return (await handler?.(query)) ?? NOT_FOUND;
  } catch (error) {
    return { status: 500, contentType: 'text/plain; charset=utf-8', body: `${(error as Error).message}\n` };
  }
}

/** Answers over HTTP/1.1. */
export function http1Listener(handler: HttpHandler | undefined) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    const answer = await answerTo(handler, { method: request.method ?? 'GET', path: request.url ?? '/' });
    const { status, contentType, body } = answer;
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

/** Answers over HTTP/2. */
export function http2Sink(handler: HttpHandler | undefined, stream: Http2Stream, query: HttpQuery): StreamSink {
  void answerTo(handler, query).then(({ status, contentType, body }) => {
    const length = String(Buffer.byteLength(body));
    const headers = [':status', String(status), 'content-type', contentType, 'content-length', length];
    const empty = query.method === 'HEAD' || body === '';
    stream.sendHeaders(encodeHeaders(headers), empty);
    if (!empty) stream.sendData(Buffer.from(body), true);
  });
  return {
    onHeaders: () => undefined,
    onData: (bytes) => stream.credit(bytes.length),
    onWritable: () => undefined,
    onAborted: () => undefined,
  };
}
