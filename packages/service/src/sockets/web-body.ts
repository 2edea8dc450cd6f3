import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Http2Request } from '../http2/server-request.js';
import type { WebRequest } from './web.js';

/** A request's whole body; undefined: it is longer than `bytesMax`. Rejects where the client leaves before its end. */
export async function bodyOf(request: WebRequest, bytesMax: number): Promise<Buffer | undefined> {
  if (request instanceof Http2Request) return await request.collect(bytesMax);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as IncomingMessage as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The same as it comes. */
export function bodyStreamOf(request: WebRequest): Readable {
  return request instanceof Http2Request ? request.readable() : (request as IncomingMessage);
}
