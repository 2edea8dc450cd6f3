import { constants } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { openHttp2 } from '@keelson/service/sockets';
import { service as health } from 'grpc-health-check';
import type { ProbeResult } from './prober.js';

const { path, requestSerialize, responseDeserialize } = health['Check'] as unknown as {
  path: string;
  requestSerialize: (request: { service: string }) => Buffer;
  responseDeserialize: (bytes: Buffer) => { status: string };
};

const ANSWER_BYTES_MAX = 64 * 1024;
const FRAME_HEAD_BYTES = 5;

/** Asks grpc.health.v1.Health/Check of the service; anything but SERVING is a failure. */
export async function grpcProbe(
  address: string,
  service: string,
  userAgent: string,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const answer = await check(address, service, userAgent, signal);
  if (answer.code === status.OK) {
    const found = statusOf(answer.body);
    if (found === 'SERVING') return { ok: true, output: '' };
    return { ok: false, output: `service unhealthy (responded with ${JSON.stringify(found)})` };
  }
  if (answer.code === status.UNIMPLEMENTED) {
    const what = 'this server does not implement the grpc health protocol (grpc.health.v1.Health)';
    return { ok: false, output: `error: ${what}: ${answer.message}` };
  }
  return { ok: false, output: `error: health rpc probe failed: ${answer.message}` };
}

interface Answer {
  code: number;
  message: string;
  body: Buffer;
}

/** One unary call on a connection of its own, which is gone afterwards whatever the server does. */
async function check(address: string, service: string, userAgent: string, signal: AbortSignal): Promise<Answer> {
  const session = openHttp2(`http://${address}`);
  const request = requestSerialize({ service });
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE(request.length, 1);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      session.on('error', reject);
      session.on('close', () => reject(new Error('the connection was closed')));
      const call = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: path,
        'content-type': 'application/grpc',
        'user-agent': userAgent,
        te: 'trailers',
      });
      let body = Buffer.alloc(0);
      const finish = (headers: Record<string, unknown>) => {
        if (headers['grpc-status'] === undefined) return;
        const message = percentDecoded(String(headers['grpc-message'] ?? ''));
        resolve({ code: Number(headers['grpc-status']), message, body: body.subarray(FRAME_HEAD_BYTES) });
      };
      call.on('response', (headers) => {
        finish(headers);
        if (headers[':status'] !== 200) reject(new Error(`HTTP status ${headers[':status']}`));
      });
      call.on('trailers', finish);
      call.on('data', (chunk: Buffer) => {
        if (body.length < ANSWER_BYTES_MAX) body = Buffer.concat([body, chunk]);
      });
      call.on('error', reject);
      call.on('end', () => reject(new Error('the server sent no status')));
      call.end(Buffer.concat([head, request]));
    });
  } finally {
    session.destroy();
  }
}

function statusOf(body: Buffer): string {
  try {
    return responseDeserialize(body).status;
  } catch {
    return 'UNKNOWN';
  }
}

/** A text that is not encoded rightly stands as it is: it comes from any program. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
