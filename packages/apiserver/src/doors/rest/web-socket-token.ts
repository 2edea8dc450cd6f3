import type { IncomingHttpHeaders } from 'node:http';

const TOKEN = 'base64url.bearer.authorization.k8s.io.';

/**
 * Browsers cannot send an `Authorization` header with a WebSocket: the token then comes among the protocols, which
 * it is taken from, so that nobody speaks it. Undefined where there is none, or where it comes alone.
 */
export function takeWebSocketToken(headers: IncomingHttpHeaders): string | undefined {
  const offered = headers['sec-websocket-protocol'];
  if (!offered?.includes(TOKEN)) return undefined;
  const protocols = offered.split(',').map((it) => it.trim());
  const others = protocols.filter((it) => !it.startsWith(TOKEN));
  const encoded = protocols.filter((it) => it.startsWith(TOKEN)).map((it) => it.slice(TOKEN.length));
  const token = Buffer.from(encoded[0] ?? '', 'base64url').toString();
  if (encoded.length !== 1 || others.length === 0 || token === '') return undefined;
  headers['sec-websocket-protocol'] = others.join(', ');
  return `Bearer ${token}`;
}
