import {
  type ClientRequest,
  Agent as HttpAgent,
  type AgentOptions as HttpAgentOptions,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, type SecureClientSessionOptions } from 'node:http2';
import {
  Agent,
  type AgentOptions,
  request as httpsRequest,
  type RequestOptions as SecureRequestOptions,
} from 'node:https';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { protect } from './protect.js';

export function connectTcp(options: NetConnectOpts): Socket {
  return protect(connect(options), (socket, error) => socket.destroy(error as Error));
}

export function connectTls(options: ConnectionOptions): TLSSocket {
  return protect(tlsConnect(options), (socket, error) => socket.destroy(error as Error));
}

/**
 * Connections that are kept for the next request to the same place. A request may bring its `createConnection`, by which
 * one is made if none is kept.
 */
export function httpsAgent(options: AgentOptions): Agent {
  const agent = new Agent({ keepAlive: true, ...options });
  const byItself = agent.createConnection.bind(agent);
  agent.createConnection = (asked, callback) => {
    const { createConnection } = asked as RequestOptions;
    return createConnection === undefined ? byItself(asked, callback) : createConnection(asked, callback ?? (() => {}));
  };
  return agent;
}

/** The same where each request brings its `createConnection`, by which a connection is made if none is kept. */
export function httpAgent(options: HttpAgentOptions): HttpAgent {
  const agent = new HttpAgent({ keepAlive: true, ...options });
  agent.createConnection = (asked, callback) =>
    (asked as RequestOptions).createConnection?.(asked, callback ?? (() => {}));
  return agent;
}

/** A request over HTTP/1.1, with TLS if the URL says so. */
export function requestHttp(
  url: string | URL,
  options: RequestOptions & SecureRequestOptions,
  onResponse?: (response: IncomingMessage) => void,
): ClientRequest {
  const target = new URL(url);
  const request = target.protocol === 'https:' ? httpsRequest(target, options) : httpRequest(target, options);
  request.on('response', (response) => protect(response, (it, error) => it.destroy(error as Error)));
  if (onResponse !== undefined) request.on('response', onResponse);
  return protect(request, (it, error) => it.destroy(error as Error));
}

export function openHttp2(authority: string, options: SecureClientSessionOptions = {}): ClientHttp2Session {
  return protect(connectHttp2(authority, options), (session, error) => session.destroy(error as Error));
}
