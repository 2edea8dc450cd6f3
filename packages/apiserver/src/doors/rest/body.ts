import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { ApiError, apiErrors } from '@keelson/api';
import { BODY_BYTES_MAX } from '../body-limit.js';

/** A request's whole body. Throws 413 beyond the limit, 400 where the client leaves in the middle. */
export async function readAll(
  request: IncomingMessage | Http2ServerRequest,
  maxBytes = BODY_BYTES_MAX,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw apiErrors.requestEntityTooLarge(`limit is ${maxBytes}`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw apiErrors.badRequest(`the body could not be read: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks, size);
}
