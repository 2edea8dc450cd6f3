import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Init, keelson } from '@keelson/protocol';
import { SpdyConnection, type SpdyStream } from '@keelson/service/spdy';
import { bridgeSpdyCommand, bridgeSpdyPort } from './spdy-bridges.js';

/** A runtime's streaming server, which does with the streams of each call what the test says. */
let server: Server;
let url = '';
let expected = 0;
let serve: (streams: Map<string, SpdyStream>, connection: SpdyConnection) => void = () => {};

before(async () => {
  server = createServer((_request, response) => response.writeHead(404).end('no such token'));
  server.on('upgrade', (request, socket, head) => {
    const protocol = request.headers['x-stream-protocol-version'];
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: ${protocol}\r\n\r\n`,
    );
    if (head.length > 0) socket.unshift(head);
    const streams = new Map<string, SpdyStream>();
    const connection = new SpdyConnection(socket, (stream) => {
      streams.set(stream.type, stream);
      if (streams.size === expected) serve(streams, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/exec/token`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** A gRPC call from outside: what the client sends goes in, what it gets comes out. */
function call<Request, Response>() {
  const got: Response[] = [];
  const stream = new Duplex({
    objectMode: true,
    read() {},
    write(message: Response, _encoding, done) {
      got.push(message);
      setImmediate(done);
    },
  });
  stream.pause();
  const finished = new Promise<void>((resolve) => stream.once('finish', resolve));
  return { got, stream, finished, asCall: stream as unknown as ServerDuplexStream<Request, Init<Response>> };
}

const command = () => call<keelson.ExecRequest, keelson.ExecResponse>();
const streams = { stdin: true, stdout: true, stderr: true, tty: false };
const textOf = (got: keelson.ExecResponse[], key: 'stdout' | 'stderr' | 'status') =>
  Buffer.concat(got.flatMap((it) => (it[key] === undefined ? [] : [it[key]]))).toString();

test('input is closed by itself: a command that reads to the end ends, and all of its output and its status come', async () => {
  expected = 4;
  serve = (open, connection) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of open.get('stdin')?.input ?? []) parts.push(part);
      await open.get('stdout')?.send(Buffer.concat(parts));
      await open.get('stderr')?.send(Buffer.from('warned'));
      await open.get('error')?.send(Buffer.from('{"status":"Success"}'));
      // As upstream's server: no stream is ended, the connection is.
      connection.close();
    })();
  };
  const { got, stream, finished, asCall } = command();
  const big = Buffer.alloc(3_000_000, 'x');
  stream.push({ stdin: big });
  stream.push({ stdin: Buffer.from('end') });
  stream.push({ stdinClosed: true });
  await bridgeSpdyCommand(asCall, url, streams);
  await finished;
  assert.equal(textOf(got, 'stdout').length, big.length + 3);
  assert.deepEqual([textOf(got, 'stderr'), textOf(got, 'status')], ['warned', '{"status":"Success"}']);
  assert.ok(stream.writableEnded);
});

test('a terminal has no stderr and a stream for its size', async () => {
  expected = 4;
  serve = (open) => {
    assert.deepEqual([...open.keys()].sort(), ['error', 'resize', 'stdin', 'stdout']);
    open.get('resize')?.once('data', (chunk: Buffer) => {
      open.get('stdout')?.end(chunk);
      open.get('error')?.end('{}');
    });
  };
  const { got, stream, finished, asCall } = command();
  stream.push({ resize: { width: 90, height: 20 } });
  await bridgeSpdyCommand(asCall, url, { stdin: true, stdout: true, stderr: false, tty: true });
  await finished;
  assert.deepEqual(JSON.parse(textOf(got, 'stdout')), { Width: 90, Height: 20 });
});

test('a runtime that goes away in the middle is an error, not an end', async () => {
  expected = 4;
  serve = (_open, connection) => connection.destroy();
  await assert.rejects(bridgeSpdyCommand(command().asCall, url, streams), /closed the stream before the command ended/);
});

test('who refuses the stream is quoted', async () => {
  const plain = createServer((_request, response) => response.writeHead(404).end('no such token'));
  plain.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 13\r\n\r\nno such token'),
  );
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as AddressInfo;
  try {
    const refused = bridgeSpdyCommand(command().asCall, `http://127.0.0.1:${port}/exec/x`, streams);
    await assert.rejects(refused, /the runtime refused the stream: 404 no such token/);
  } finally {
    plain.closeAllConnections();
    plain.close();
  }
});

test('a caller that leaves ends the command', async () => {
  expected = 4;
  let left: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const { stream, asCall } = command();
  serve = (open) => {
    open.get('stdout')?.on('close', () => left());
    stream.emit('cancelled');
  };
  await assert.rejects(bridgeSpdyCommand(asCall, url, streams));
  await gone;
});

test('a forwarded port closes each half by itself, and its error is told', async () => {
  expected = 2;
  const forward = () => call<keelson.PortForwardRequest, keelson.PortForwardResponse>();
  serve = (open) => {
    assert.equal(open.get('data')?.headers.get('port'), '8080');
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of open.get('data')?.input ?? []) parts.push(part);
      open.get('data')?.end(`echo ${Buffer.concat(parts)}`);
      open.get('error')?.end();
    })();
  };
  const first = forward();
  first.stream.push({ data: Buffer.from('ping') });
  first.stream.push(null);
  await bridgeSpdyPort(first.asCall, url, 8080);
  await first.finished;
  assert.equal(Buffer.concat(first.got.map(({ data }) => data ?? Buffer.alloc(0))).toString(), 'echo ping');

  serve = (open) => {
    open.get('error')?.end('nobody listens');
    open.get('data')?.end();
  };
  await assert.rejects(bridgeSpdyPort(forward().asCall, url, 8080), /nobody listens/);
});
