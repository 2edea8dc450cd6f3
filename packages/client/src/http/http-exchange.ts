import type { IncomingHttpHeaders } from 'node:http';

export interface HttpRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws when the connection ends before it does. */
  readonly body: AsyncIterable<Buffer>;
  /** Lets go of what is left of the body. */
  discard(): void;
}

/** The server has certainly not seen the request: it may be made again, whatever it asks for. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}
