import { ApiError } from '@keelson/api';

/** The exit code of what SIGINT ended. */
export const INTERRUPTED = 130;

/** A failure that one line explains; `code` is the process' exit code. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly code: number;

  constructor(message: string, options: { code?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 1;
  }
}

/** A command line that is wrong. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
}

/** What a failure says on standard error, in kubectl's words. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) return apiErrorText(error);
  if (error instanceof CliError) return `error: ${error.message}`;
  return `error: ${error instanceof Error ? error.message : String(error)}`;
}

/** `doing` says what was tried, as `error when creating "x.yaml"`. */
export function apiErrorText(error: ApiError, doing = ''): string {
  if (isUnreachable(error)) return unreachableText(error);
  if (error.code === 401) return 'error: You must be logged in to the server (Unauthorized)';
  const prefix = doing === '' ? '' : `${doing}: `;
  if (error.reason === 'Invalid' && prefix === '') return `The ${error.message}`;
  const reason = error.reason === '' || error.reason === 'Unknown' ? '' : ` (${error.reason})`;
  return `Error from server${reason}: ${prefix}${error.message}`;
}

function unreachableText({ message }: ApiError): string {
  const refused = /ECONNREFUSED (\S+?)\.?(\s|$)/.exec(message)?.[1];
  if (refused !== undefined) {
    return `The connection to the server ${refused} was refused - did you specify the right host or port?`;
  }
  const reason = message
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\. Resolution note: .*$/s, '');
  return `Unable to connect to the server: ${reason}`;
}

/** The API server did not say this: it was never reached. */
function isUnreachable(error: ApiError): boolean {
  return error.cause !== undefined && error.code === 503;
}
