/** How a connection becomes a stream: by WebSocket with a sub-protocol, or by SPDY/3.1 with a stream protocol. */
import { ApiError } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { SpdyStream } from '@keelson/service/spdy';
import { SpdyConnection } from '@keelson/service/spdy';
import { offeredProtocols, type Upgrade } from '@keelson/service/web-socket';

/** For a client to open all streams of a command. */
const STREAMS_MS = 30_000;

export function isWebSocket({ request }: Upgrade): boolean {
  return (request.headers.upgrade ?? '').toLowerCase() === 'websocket';
}

function isSpdy({ request }: Upgrade): boolean {
  return (request.headers.upgrade ?? '').toLowerCase() === 'spdy/3.1';
}

/** The first of `known` that a client of WebSocket offers. Throws 400 if there is none. */
export function agreedSubProtocol<P extends string>({ request }: Upgrade, known: readonly P[]): P {
  const offered = offeredProtocols(request);
  const agreed = known.find((it) => offered.includes(it));
  if (agreed !== undefined) return agreed;
  throw refusal(
    400,
    'BadRequest',
    `unable to upgrade: unsupported subprotocols [${offered.join(' ')}]: one of ${known.join(', ')} is required`,
  );
}

/** Answers the upgrade to SPDY. Throws what is wrong with it. */
export function acceptSpdy(upgrade: Upgrade, known: readonly string[]): Upgrade['socket'] {
  const { request, socket, head } = upgrade;
  if (!isSpdy(upgrade)) {
    throw refusal(400, 'BadRequest', 'unable to upgrade: the Upgrade header must be websocket or SPDY/3.1');
  }
  const offered = [request.headers['x-stream-protocol-version'] ?? []]
    .flat()
    .flatMap((it) => it.split(','))
    .map((it) => it.trim());
  const agreed = offered.length === 0 ? '' : offered.find((it) => known.includes(it));
  if (agreed === undefined) {
    const text = `unable to upgrade: unable to negotiate protocol: client supports ${offered.join(', ')}, server supports ${known.join(', ')}`;
    throw refusal(403, 'Forbidden', text);
  }
  const protocol = agreed === '' ? '' : `X-Stream-Protocol-Version: ${agreed}\r\n`;
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${protocol}\r\n`);
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** Waits until the client has opened a stream of each type; undefined if it does not, or leaves. */
export async function awaitStreams(
  transport: Upgrade['socket'],
  types: readonly string[],
  clock: Clock,
): Promise<{ connection: SpdyConnection; streams: ReadonlyMap<string, SpdyStream> } | undefined> {
  const streams = new Map<string, SpdyStream>();
  let connection: SpdyConnection | undefined;
  const complete = await new Promise<boolean>((resolve) => {
    const timer = clock.after(STREAMS_MS, () => resolve(false));
    transport.once('close', () => {
      timer.cancel();
      resolve(false);
    });
    connection = new SpdyConnection(transport, (stream) => {
      if (!types.includes(stream.type) || streams.has(stream.type)) {
        stream.destroy();
        return;
      }
      streams.set(stream.type, stream);
      if (streams.size < types.length) return;
      timer.cancel();
      resolve(true);
    });
  });
  if (complete && connection !== undefined) return { connection, streams };
  connection?.destroy();
  return undefined;
}

function refusal(code: number, reason: string, message: string): ApiError {
  return new ApiError({ code, reason, message });
}
