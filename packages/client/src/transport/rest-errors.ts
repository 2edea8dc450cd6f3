import { ApiError } from '@keelson/api';

/** The failure of a request that no answer came to. */
export function unreachable(error: unknown, server: string): ApiError {
  if (error instanceof ApiError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const message = `cannot reach the API server at ${server}: ${text}`;
  return new ApiError({ code: 503, reason: 'ServiceUnavailable', message, cause: error });
}

export function timedOut(server: string): ApiError {
  return new ApiError({ code: 504, reason: 'Timeout', message: `no answer from ${server} in time` });
}
