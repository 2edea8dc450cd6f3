/** API errors with the codes, reasons and messages of k8s.io/apimachinery/pkg/api/errors. */
import { errorBody, type FieldError, quote } from './field-errors.js';
import type { Status, StatusCause, StatusDetails } from './gen/types.js';

export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

interface ApiErrorInit {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails | undefined;
  /** With which a list may go on that is refused as it was asked for. */
  readonly continueToken?: string | undefined;
  readonly cause?: unknown;
}

/** An answer that is a failure; its wire form is the Status that `status()` gives. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details?: StatusDetails;
  readonly continueToken?: string;

  constructor(init: ApiErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.reason = init.reason;
    if (init.details !== undefined) this.details = init.details;
    if (init.continueToken !== undefined) this.continueToken = init.continueToken;
  }

  status(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  /** The error that a server's Status stands for. */
  static from(status: Status): ApiError {
    return new ApiError({
      code: status.code ?? 500,
      reason: status.reason ?? 'Unknown',
      message: status.message ?? 'unknown',
      details: status.details,
      continueToken: status.metadata?.continue,
    });
  }
}

export function isApiError(error: unknown, reason?: string): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}

/** `deployments.apps`, or `pods` in the core group. */
export function groupResourceText({ group, plural }: GroupResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function groupKindText({ group, kind }: GroupKind): string {
  return group === '' ? kind : `${kind}.${group}`;
}

function resourceDetails(resource: GroupResource, name = ''): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    ...(resource.plural === '' ? {} : { kind: resource.plural }),
  };
}

export function notFound(resource: GroupResource, name: string): ApiError {
  const message = `${groupResourceText(resource)} "${name}" not found`;
  return new ApiError({ code: 404, reason: 'NotFound', message, details: resourceDetails(resource, name) });
}

/** The answer to a path that names no served resource. */
export function resourceNotServed(): ApiError {
  return new ApiError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function alreadyExists(resource: GroupResource, name: string): ApiError {
  const message = `${groupResourceText(resource)} "${name}" already exists`;
  return new ApiError({ code: 409, reason: 'AlreadyExists', message, details: resourceDetails(resource, name) });
}

export function generateNameConflict(resource: GroupResource, name: string, retryAfterSeconds: number): ApiError {
  const text = groupResourceText(resource);
  return new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${text} "${name}" already exists, the server was not able to generate a unique name for the object`,
    details: { ...resourceDetails(resource, name), retryAfterSeconds },
  });
}

export const OPTIMISTIC_LOCK_TEXT =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: GroupResource, name: string, text: string = OPTIMISTIC_LOCK_TEXT): ApiError {
  const message = `Operation cannot be fulfilled on ${groupResourceText(resource)} "${name}": ${text}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: resourceDetails(resource, name) });
}

/** Server-side apply met fields of other managers: one cause per field. */
export function applyConflict(causes: readonly StatusCause[], message: string): ApiError {
  return new ApiError({ code: 409, reason: 'Conflict', message, details: { causes: [...causes] } });
}

/** More errors of one object than this, or more of their text, are counted and not told. */
const ERRORS_TOLD_MAX = 1_000;
const ERROR_CHARS_MAX = 1024 * 1024;

export function invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): ApiError {
  const { causes, texts } = told(errors);
  if (causes.length < errors.length) texts.push(`and ${errors.length - causes.length} more errors`);
  const list = aggregateText(texts);
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${groupKindText(kind)} ${quote(name)} is invalid${errors.length === 0 ? '' : `: ${list}`}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      ...(kind.kind === '' ? {} : { kind: kind.kind }),
      ...(errors.length === 0 ? {} : { causes }),
    },
  });
}

/** Several errors in one text: each once, in brackets where there is more than one. */
export function aggregateText(texts: readonly string[]): string {
  const all = [...new Set(texts)];
  return all.length === 1 ? all[0]! : `[${all.join(', ')}]`;
}

function told(errors: readonly FieldError[]): { causes: StatusCause[]; texts: string[] } {
  const causes: StatusCause[] = [];
  const texts = new Set<string>();
  let chars = 0;
  for (const { type, field, ...rest } of errors) {
    const message = errorBody({ type, field, ...rest });
    causes.push({ reason: type, message, field });
    texts.add(`${field}: ${message}`);
    chars += field.length + message.length;
    if (causes.length >= ERRORS_TOLD_MAX || chars >= ERROR_CHARS_MAX) break;
  }
  return { causes, texts: [...texts] };
}

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message });
}

export function forbidden(resource: GroupResource, name: string, text: string): ApiError {
  const what = groupResourceText(resource);
  const subject = what === '' ? 'forbidden' : name === '' ? `${what} is forbidden` : `${what} "${name}" is forbidden`;
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject}: ${text}`,
    details: resourceDetails(resource, name),
  });
}

export function methodNotSupported(resource: GroupResource, action: string): ApiError {
  return new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${action} is not supported on resources of kind "${groupResourceText(resource)}"`,
    details: resourceDetails(resource),
  });
}

export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError({ code: 410, reason: 'Expired', message, continueToken });
}

export function gone(message: string): ApiError {
  return new ApiError({ code: 410, reason: 'Gone', message });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  const message = `only the following media types are accepted: ${accepted.join(', ')}`;
  return new ApiError({ code: 406, reason: 'NotAcceptable', message });
}

export function tooManyRequests(message: string, retryAfterSeconds = 1): ApiError {
  return new ApiError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
}

export function internalError(cause: unknown): ApiError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new ApiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${text}`,
    details: { causes: [{ message: text }] },
    cause,
  });
}

export function timeout(message: string, retryAfterSeconds = 0): ApiError {
  const details = retryAfterSeconds === 0 ? {} : { retryAfterSeconds };
  return new ApiError({ code: 504, reason: 'Timeout', message: `Timeout: ${message}`, details });
}

export function serverTimeout(resource: GroupResource, operation: string, retryAfterSeconds: number): ApiError {
  const what = groupResourceText(resource);
  return new ApiError({
    code: 500,
    reason: 'ServerTimeout',
    message: `The ${operation} operation against ${what} could not be completed at this time, please try again.`,
    details: { ...resourceDetails(resource), name: operation, retryAfterSeconds },
  });
}

export function unauthorized(message = 'Unauthorized'): ApiError {
  return new ApiError({ code: 401, reason: 'Unauthorized', message });
}

export function requestEntityTooLarge(text: string): ApiError {
  const message = `Request entity is too large: ${text}`;
  return new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

export function serviceUnavailable(message: string): ApiError {
  return new ApiError({ code: 503, reason: 'ServiceUnavailable', message });
}
