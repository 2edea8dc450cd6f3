import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Status } from '@keelson/api';
import { admittedHeaders } from '../../flow-control/limiter.js';
import { Overloaded } from '../../flow-control/overloaded.js';
import { toApiError } from '../../registry/handler.js';

const STATUS_TRAILER = 'keelson-status-bin';

const CODES: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  405: status.UNIMPLEMENTED,
  409: status.ABORTED,
  410: status.OUT_OF_RANGE,
  413: status.RESOURCE_EXHAUSTED,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** Any failure as a gRPC status, with the Kubernetes Status beside it. */
export function grpcStatus(cause: unknown): Partial<ServiceError> {
  const error = toApiError(cause);
  const code =
    error.reason === 'AlreadyExists'
      ? status.ALREADY_EXISTS
      : (CODES[error.code] ?? (error.code < 500 ? status.INVALID_ARGUMENT : status.INTERNAL));
  const metadata = new Metadata();
  const told = fitting(error.status());
  if (error instanceof Overloaded && error.by !== undefined)
    for (const [name, value] of admittedHeaders(error.by)) metadata.set(name, value);
  metadata.set(STATUS_TRAILER, Buffer.from(JSON.stringify(told)));
  return { code, details: told.message ?? '', metadata };
}

/** Both go into one header block, and one that is too large ends the connection: no more than this of each. */
const STATUS_CHARS_MAX = 6 * 1024;

/** As many causes as there is room for, and the beginning of the message. */
function fitting(whole: Status): Status {
  if (lengthOf(whole) <= STATUS_CHARS_MAX) return whole;
  const message = cut(whole.message ?? '', STATUS_CHARS_MAX / 4);
  let left = STATUS_CHARS_MAX / 2;
  const causes = (whole.details?.causes ?? []).filter((cause) => {
    left -= lengthOf(cause);
    return left >= 0;
  });
  return { ...whole, message, ...(whole.details && { details: { ...whole.details, causes } }) };
}

function lengthOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function cut(text: string, bytes: number): string {
  const [start] = [...Buffer.from(text).subarray(0, bytes).toString().split('\ufffd')];
  return Buffer.byteLength(text) <= bytes ? text : `${start} ...`;
}
