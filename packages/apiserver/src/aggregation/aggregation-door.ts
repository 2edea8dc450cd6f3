import type { ClientRequest, IncomingMessage } from 'node:http';
import { ApiError } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { Upgrade } from '@keelson/service/web-socket';
import { hasLeft, type Request, type Response } from '../doors/rest/exchange.js';
import {
  answerOf,
  hasBody,
  joinUpgrade,
  passedHeaders,
  sendBack,
  sendBody,
  unreachable,
  upgradeHeaders,
} from '../proxy/passing.js';
import type { ProxyTarget } from '../proxy/proxy-target.js';
import type { RequestContext } from '../registry/context.js';
import { PlainError } from '../registry/plain-error.js';
import { frontProxyHeaders } from './front-proxy-headers.js';
import type { RemoteApi } from './remote-apis.js';

/** How long a request may take that is no watch. */
const REQUEST_MS = 60_000;

/** What is passed on, and for how long an answer is waited for. */
export interface Passed {
  readonly url: URL;
  readonly request: Request;
  readonly context: RequestContext;
  /** A watch or a stream: it may last as long as it wants. */
  readonly isLong: boolean;
}

/** Passes requests on to the servers of other groups. Whether the caller may is decided before. */
export class AggregationDoor {
  readonly #clock: Clock;

  constructor(dependencies: { clock: Clock }) {
    this.#clock = dependencies.clock;
  }

  /** Resolves when the answer is sent. `onHead`: it begins to come. Throws what is answered instead. */
  async serve(api: RemoteApi, passed: Passed, response: Response, onHead: () => void = () => {}): Promise<void> {
    const target = await placeOf(api);
    const { signal } = passed.context;
    let current: ClientRequest | undefined;
    let isLate = false;
    const stop = () => current?.destroy();
    const late = () => {
      isLate = true;
      stop();
    };
    const timer = passed.isLong ? undefined : this.#clock.after(REQUEST_MS, late);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const answer = await ask(api, target, passed, (request) => {
        current = request;
        if (signal.aborted) stop();
      });
      onHead();
      await sendBack(answer, response, { host: target.host, base: '' });
    } catch (error) {
      if (response.headersSent || hasLeft(response)) return;
      if (isLate) throw timedOut();
      throw plainly(unreachable(api.server.errorText(error as Error, target)));
    } finally {
      timer?.cancel();
      signal.removeEventListener('abort', stop);
    }
  }

  /** Joins an upgraded connection to one behind. Throws what is answered instead. */
  async upgrade(api: RemoteApi, url: URL, upgrade: Upgrade, context: RequestContext): Promise<void> {
    const { request } = upgrade;
    const target = await placeOf(api);
    const passed = open(api, target, { url, request, context, isLong: true }, false, upgradeHeaders(request));
    const abort = () => passed.destroy();
    context.signal.addEventListener('abort', abort, { once: true });
    try {
      await joinUpgrade(passed, upgrade);
    } catch (error) {
      throw plainly(unreachable(api.server.errorText(error as Error, target)));
    } finally {
      context.signal.removeEventListener('abort', abort);
    }
  }
}

/** Where a request goes. Throws what is said instead. */
export async function placeOf({ isAvailable, server }: RemoteApi): Promise<ProxyTarget> {
  if (!isAvailable) throw unavailable();
  if (server.problem !== undefined)
    throw new PlainError({ code: 500, reason: 'InternalError', message: server.problem });
  try {
    return await server.find();
  } catch {
    throw unavailable();
  }
}

function unavailable(): PlainError {
  return new PlainError({ code: 503, reason: 'ServiceUnavailable', message: 'service unavailable' });
}

function plainly({ code, reason, message }: ApiError): PlainError {
  return new PlainError({ code, reason, message });
}

/** A kept connection may have been closed as it was used: what has no body is then asked over a new one. */
async function ask(
  api: RemoteApi,
  target: ProxyTarget,
  passed: Passed,
  onOpen: (request: ClientRequest) => void,
): Promise<IncomingMessage> {
  const { request } = passed;
  const once = (reuses: boolean) => {
    const opened = open(api, target, passed, reuses);
    onOpen(opened);
    sendBody(request, opened);
    return { opened, answer: answerOf(opened) };
  };
  if (hasBody(request)) return once(false).answer;
  const { opened, answer } = once(true);
  return answer.catch((error: Error) => {
    if (opened.reusedSocket && !passed.context.signal.aborted && isClosed(error)) return once(false).answer;
    throw error;
  });
}

function isClosed(error: Error): boolean {
  const { code } = error as { code?: string };
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function open(
  { server }: RemoteApi,
  target: ProxyTarget,
  { url, request, context }: Passed,
  reuses: boolean,
  more = {},
): ClientRequest {
  const headers = (host: string) => ({ ...passedHeaders(request, host), ...frontProxyHeaders(context.user), ...more });
  return server.open(target, { method: request.method ?? 'GET', path: url.pathname + url.search, headers, reuses });
}

export function timedOut(): ApiError {
  const message = 'Timeout: request did not complete within the allotted timeout';
  return new ApiError({ code: 504, reason: 'Timeout', message, details: {} });
}
