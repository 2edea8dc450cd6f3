import { type ServiceError, status } from '@grpc/grpc-js';

/** Why the runtime refused a call; the codes are those that CRI clients tell apart. */
export type RuntimeErrorCode =
  | 'not-found'
  | 'already-exists'
  | 'invalid'
  | 'failed-precondition'
  | 'exhausted'
  | 'unimplemented'
  | 'unavailable'
  | 'timeout'
  | 'internal';

export class RuntimeError extends Error {
  override name = 'RuntimeError';
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const STATUS: Record<RuntimeErrorCode, status> = {
  'not-found': status.NOT_FOUND,
  'already-exists': status.ALREADY_EXISTS,
  invalid: status.INVALID_ARGUMENT,
  'failed-precondition': status.FAILED_PRECONDITION,
  exhausted: status.RESOURCE_EXHAUSTED,
  unimplemented: status.UNIMPLEMENTED,
  unavailable: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  internal: status.INTERNAL,
};

/** The gRPC form of what a handler threw: the one place for it. */
export function toStatus(error: unknown): Partial<ServiceError> {
  if (error instanceof RuntimeError) return { code: STATUS[error.code], details: error.message };
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}
