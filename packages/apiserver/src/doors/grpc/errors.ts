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
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** What a call that is refused tells beside the refusal. */
export class RefusedCall extends Error {
  readonly headers: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];

  constructor(cause: unknown, told: { headers: ReadonlyMap<string, string>; warnings: readonly string[] }) {
    super((cause as Error | undefined)?.message, { cause });
    this.headers = told.headers;
    this.warnings = told.warnings;
  }
}

/** Any failure as a gRPC status, with the Kubernetes Status beside it. */
export function grpcStatus(failure: unknown): Partial<ServiceError> {
  const cause = failure instanceof RefusedCall ? failure.cause : failure;
  const error = toApiError(cause);
  const code =
    error.reason === 'AlreadyExists'
      ? status.ALREADY_EXISTS
      : (CODES[error.code] ?? (error.code < 500 ? status.INVALID_ARGUMENT : status.INTERNAL));
  const metadata = new Metadata();
  const told = fitting(error.status());
  if (error instanceof Overloaded && error.by !== undefined)
    for (const [name, value] of admittedHeaders(error.by)) metadata.set(name, value);
  if (failure instanceof RefusedCall) {
    for (const [name, value] of failure.headers) metadata.set(name, value);
    addWarnings(metadata, failure.warnings);
  }
  metadata.set(STATUS_TRAILER, Buffer.from(JSON.stringify(told)));
  return { code, details: told.message ?? '', metadata };
}

/** Room for warnings beside a Status; what is longer in all is left out. */
const WARNINGS_BYTES_MAX = 1024;
const WARNING_METADATA = 'keelson-warning-bin';

/** Warnings where no message can carry them: each is a value of its own. */
export function addWarnings(metadata: Metadata, warnings: Iterable<string>): void {
  let left = WARNINGS_BYTES_MAX;
  for (const text of warnings) {
    const bytes = Buffer.from(text);
    left -= bytes.length;
    if (left < 0) return;
    metadata.add(WARNING_METADATA, bytes);
  }
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
