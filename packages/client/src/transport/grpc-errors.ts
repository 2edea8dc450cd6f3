import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { ApiError, type Status } from '@keelson/api';

/** The trailer in which the API server's gRPC door sends the Kubernetes Status of a failure, as JSON. */
export const STATUS_TRAILER = 'keelson-status-bin';

/** Codes for failures that carry no Status: the call never reached the API server, or its answer was lost. */
const HTTP_CODES: Partial<Record<status, [code: number, reason: string]>> = {
  [status.UNAVAILABLE]: [503, 'ServiceUnavailable'],
  [status.DEADLINE_EXCEEDED]: [504, 'Timeout'],
  [status.RESOURCE_EXHAUSTED]: [429, 'TooManyRequests'],
  [status.UNAUTHENTICATED]: [401, 'Unauthorized'],
  [status.PERMISSION_DENIED]: [403, 'Forbidden'],
  [status.UNIMPLEMENTED]: [405, 'MethodNotAllowed'],
};

export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { code, details, metadata } = error as ServiceError;
  const sent = statusIn(metadata);
  if (sent !== undefined) return ApiError.from(sent);
  const [http, reason] = refusedBySize(code, details) ?? HTTP_CODES[code] ?? [500, 'InternalError'];
  return new ApiError({ code: http, reason, message: details || String(error), cause: error });
}

/** What is there but cannot be read counts as absent: the failure itself must not get lost. */
function statusIn(metadata: Metadata | undefined): Status | undefined {
  const value = metadata?.get(STATUS_TRAILER)[0];
  if (!(value instanceof Buffer)) return undefined;
  try {
    return JSON.parse(value.toString()) as Status;
  } catch {
    return undefined;
  }
}

/** gRPC's own limit of a message has the code of what may go well another time. */
function refusedBySize(code: status, details: string): [code: number, reason: string] | undefined {
  if (code !== status.RESOURCE_EXHAUSTED || !/message larger than max/.test(details)) return undefined;
  return [413, 'RequestEntityTooLarge'];
}
