import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
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
  const code = error.reason === 'AlreadyExists' ? status.ALREADY_EXISTS : (CODES[error.code] ?? status.INTERNAL);
  const metadata = new Metadata();
  metadata.set(STATUS_TRAILER, Buffer.from(JSON.stringify(error.status())));
  return { code, details: error.message, metadata };
}
