import { apiErrors } from '@keelson/api';
import { bodyOf } from '@keelson/service/sockets';
import { BODY_BYTES_MAX } from '../body-limit.js';
import type { Request } from './exchange.js';

/** A request's whole body. Throws 413 beyond the limit, 400 where the client leaves in the middle. */
export async function readAll(request: Request, maxBytes = BODY_BYTES_MAX): Promise<Buffer> {
  let body: Buffer | undefined;
  try {
    body = await bodyOf(request, maxBytes);
  } catch (error) {
    throw apiErrors.badRequest(`the body could not be read: ${(error as Error).message}`);
  }
  if (body === undefined) throw apiErrors.requestEntityTooLarge(`limit is ${maxBytes}`);
  return body;
}
