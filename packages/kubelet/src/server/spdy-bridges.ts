import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Init, keelson } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { requestHttp, resizePayload } from '@keelson/service/sockets';
import { SpdyConnection, type SpdyStream } from '@keelson/service/spdy';

/** Which streams a command has. */
export interface CommandStreams {
  stdin: boolean;
  stdout: boolean;
  /** Never with a terminal. */
  stderr: boolean;
  tty: boolean;
}

const COMMAND_PROTOCOL = 'v4.channel.k8s.io';
const PORT_PROTOCOL = 'portforward.k8s.io';
const REFUSAL_BYTES_MAX = 4096;

/** Joins a gRPC command stream to a runtime's streams, each of which can be closed by itself. */
export async function bridgeSpdyCommand(
  call: ServerDuplexStream<keelson.ExecRequest, Init<keelson.ExecResponse>>,
  url: string,
  { stdin, stdout, stderr, tty }: CommandStreams,
): Promise<void> {
  const connection = await openSpdy(url, COMMAND_PROTOCOL);
  const open = (type: string) => connection.open(new Map([['streamtype', type]]));
  const status = open('error');
  const input = stdin ? open('stdin') : undefined;
  const outputs = [
    ...(stdout ? [{ stream: open('stdout'), wrap: (chunk: Buffer) => ({ stdout: chunk }) }] : []),
    ...(stderr ? [{ stream: open('stderr'), wrap: (chunk: Buffer) => ({ stderr: chunk }) }] : []),
  ];
  const size = tty ? open('resize') : undefined;
  call.on('data', ({ stdin: chunk, stdinClosed, resize }: keelson.ExecRequest) => {
    if (chunk !== undefined && input !== undefined) feed(input, chunk, call);
    else if (stdinClosed) input?.end();
    else if (resize !== undefined) size?.write(resizePayload(resize));
  });
  leaveWith(call, connection);
  call.resume();
  try {
    const copies = outputs.map(({ stream, wrap }) => copy(stream, call, wrap));
    const [end] = await Promise.all([readAll(status), ...copies]);
    if (end.length === 0) throw new Error('the runtime closed the stream before the command ended');
    await writeTo(call, { status: end });
    call.end();
  } finally {
    connection.close();
  }
}

/** The same for one forwarded port; what goes wrong is told on a stream of its own. */
export async function bridgeSpdyPort(
  call: ServerDuplexStream<keelson.PortForwardRequest, Init<keelson.PortForwardResponse>>,
  url: string,
  port: number,
): Promise<void> {
  const connection = await openSpdy(url, PORT_PROTOCOL);
  const open = (type: string) =>
    connection.open(new Map(Object.entries({ streamtype: type, port: String(port), requestid: '0' })));
  const failure = open('error');
  failure.end();
  const data = open('data');
  call.on('data', ({ data: chunk }: keelson.PortForwardRequest) => {
    if (chunk !== undefined) feed(data, chunk, call);
  });
  call.on('end', () => data.end());
  leaveWith(call, connection);
  call.resume();
  try {
    const [message] = await Promise.all([readAll(failure), copy(data, call, (chunk) => ({ data: chunk }))]);
    if (message.length > 0) throw new Error(message.toString());
    call.end();
  } finally {
    connection.close();
  }
}

function openSpdy(url: string, protocol: string): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol };
    const request = requestHttp(url, { method: 'POST', headers });
    request.on('error', reject);
    request.on('upgrade', (_response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(new SpdyConnection(socket, (stream) => stream.destroy()));
    });
    request.on('response', (response) => {
      void refusal(response).then((why) => reject(new Error(`the runtime refused the stream: ${why}`)));
    });
    request.end();
  });
}

async function refusal(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) if (text.length < REFUSAL_BYTES_MAX) text += String(chunk);
  return `${response.statusCode} ${text.slice(0, REFUSAL_BYTES_MAX).trim()}`;
}

function leaveWith(call: ServerDuplexStream<never, never> | ServerDuplexStream<unknown, never>, to: SpdyConnection) {
  call.on('cancelled', () => to.destroy());
  call.on('error', () => to.destroy());
}

function feed(stream: SpdyStream, chunk: Uint8Array, call: { pause(): unknown; resume(): unknown }): void {
  if (stream.writableEnded || stream.destroyed || stream.write(chunk)) return;
  call.pause();
  stream.once('drain', () => call.resume());
}

/** Until the stream has ended. */
async function copy<R>(
  stream: SpdyStream,
  call: ServerDuplexStream<unknown, R>,
  wrap: (chunk: Buffer) => R,
): Promise<void> {
  for await (const chunk of stream.input) {
    await writeTo(call, wrap(chunk));
  }
}

async function readAll(stream: SpdyStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.input) chunks.push(chunk);
  return Buffer.concat(chunks);
}
