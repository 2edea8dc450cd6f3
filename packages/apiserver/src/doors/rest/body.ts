import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { apiErrors } from '@keelson/api';

/** Upstream's limit for request bodies. */
export const BODY_BYTES_MAX = 3 * 1024 * 1024;

/** A request's whole body. Throws 413 beyond the limit. */
export async function readAll(
  request: IncomingMessage | Http2ServerRequest,
  maxBytes = BODY_BYTES_MAX,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw apiErrors.requestEntityTooLarge(`limit is ${maxBytes}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
