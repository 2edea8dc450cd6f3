import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** A request over HTTP/1.1 or HTTP/2. */
export interface WebRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** That of its connection. */
  readonly socket: Socket;
}

/** The answer to it. */
export interface WebResponse {
  readonly statusCode: number;
  readonly headersSent: boolean;
  /** All was written, or the client left: what is closed does not say so again. */
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly writableLength: number;
  setHeader(name: string, value: string | readonly string[]): unknown;
  getHeader(name: string): OutgoingHttpHeader | readonly string[] | undefined;
  writeHead(code: number, headers?: OutgoingHttpHeaders): unknown;
  flushHeaders(): void;
  /** `written`: the chunk is not looked at any more. */
  write(chunk: string | Uint8Array, written?: (error?: Error | null) => void): boolean;
  end(chunk?: string | Uint8Array): unknown;
  destroy(error?: Error): unknown;
  on(event: 'error', run: (error: Error) => void): unknown;
  once(event: 'close' | 'drain', run: () => void): unknown;
  off(event: 'close' | 'drain', run: () => void): unknown;
}

export type WebRequestHandler = (request: WebRequest, response: WebResponse) => void | Promise<void>;
