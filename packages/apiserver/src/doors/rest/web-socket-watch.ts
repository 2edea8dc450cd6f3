import { PROTOBUF_MEDIA_TYPE, type ResourceRequest } from '@keelson/api';
import { acceptWebSocket, offeredProtocols, sendMessage, type Upgrade } from '@keelson/service/web-socket';
import type { Encoder } from '../../encoding/encoder.js';
import { negotiate } from '../../encoding/negotiate.js';
import type { Ticket } from '../../flow-control/limiter.js';
import type { WatchAnswer } from '../../registry/answer.js';
import type { RequestContext } from '../../registry/context.js';
import { type ApiHandler, toApiError } from '../../registry/handler.js';
import { headerOf } from './incoming.js';

export interface WebSocketWatchDependencies {
  readonly handler: ApiHandler;
  readonly now: () => Date;
  readonly pace: () => Promise<void> | undefined;
  readonly onSent: (answer: WatchAnswer, events: number) => void;
}

export function isWebSocket({ request }: Upgrade): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}

/** What tells of a protobuf event's length in a stream; a message has one of its own. */
const LENGTH_BYTES = 4;

/** A watch each of whose events is a message of a WebSocket. Throws what is answered where it cannot begin. */
export async function watchOverWebSocket(
  request: ResourceRequest,
  upgrade: Upgrade,
  context: RequestContext,
  { ticket, includeObject }: { ticket: Ticket; includeObject: string },
  { handler, now, pace, onSent }: WebSocketWatchDependencies,
): Promise<void> {
  const accept = headerOf(upgrade.request, 'accept');
  const encoder = negotiate({ accept, includeObject, now, shape: 'watch', goType: handler.goType(request.path) });
  const answer = await handler.handle(request, context).catch((error: unknown) => {
    const known = toApiError(error);
    // As every watch tells of a version that is too old.
    if (known.code === 410) return encoder.errorEvent(known.status());
    throw error;
  });
  const socket = await acceptWebSocket(upgrade, offeredProtocols(upgrade.request)[0]);
  const isText = !encoder.contentType.startsWith(PROTOBUF_MEDIA_TYPE);
  const send = (bytes: Buffer) => sendMessage(socket, isText ? bytes : bytes.subarray(LENGTH_BYTES), !isText);
  if (Buffer.isBuffer(answer)) await send(answer).catch(() => {});
  else if (answer.type === 'watch') {
    const { stream } = answer;
    ticket.watching(stream);
    // Whatever the client says is of no interest; that it leaves is.
    socket.on('close', () => stream.close());
    socket.resume();
    try {
      await sendAll(answer, encoder, send, { pace, onSent });
    } catch {
      stream.close();
    }
  }
  socket.close(1000);
}

async function sendAll(
  answer: WatchAnswer,
  encoder: Encoder,
  send: (bytes: Buffer) => Promise<void>,
  { pace, onSent }: Pick<WebSocketWatchDependencies, 'pace' | 'onSent'>,
): Promise<void> {
  for await (const batch of answer.stream) {
    await pace();
    for (const event of batch) await send(encoder.event(event.kind, event));
    onSent(answer, batch.length);
  }
}
