import { gzipSync } from 'node:zlib';
import type { Chooser } from './hostile.js';

/** Bytes for a connection: no client of HTTP would send them. */
export interface WireRequest {
  readonly what: string;
  readonly protocol: 'http/1.1' | 'h2';
  readonly parts: readonly Buffer[];
}

const HEAD = 'Host: x\r\nAccept: application/json\r\n';
const EXEC = '/api/v1/namespaces/default/pods/a/exec?command=x&stdin=1';
const FORWARD = '/api/v1/namespaces/default/pods/a/portforward?ports=80';

type Http1 = (choose: Chooser) => string | Buffer;

const HTTP1: Readonly<Record<string, Http1>> = {
  noise: (choose) => choose.random.bytes(choose.of([1, 20, 5_000])),
  'no host': () => 'GET /api HTTP/1.1\r\n\r\n',
  'another version': () => `GET /api HTTP/9.9\r\n${HEAD}\r\n`,
  'a half head': () => 'GET /api HTTP/1.1\r\nHost: x\r\nX-',
  'a long header': () => `GET /api HTTP/1.1\r\n${HEAD}X-A: ${'x'.repeat(70_000)}\r\n\r\n`,
  'many headers': () => `GET /api HTTP/1.1\r\n${HEAD}${'X-A: b\r\n'.repeat(3_000)}\r\n`,
  'a long target': () => `GET /api/${'x'.repeat(100_000)} HTTP/1.1\r\n${HEAD}\r\n`,
  'two lengths': () => `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  'a negative length': () => `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n{}`,
  'length and chunks': () =>
    `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'bad chunks': () => `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
  'a huge chunk': () =>
    `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{`,
  'an aborted body': () => `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n{"metadata":`,
  'an aborted chunk': () => `PUT /api/v1/namespaces/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n10\r\n{"a`,
  'a folded header': () => `GET /api HTTP/1.1\r\n${HEAD}X-A: b\r\n c\r\n\r\n`,
  'a NUL in a header': () => `GET /api HTTP/1.1\r\n${HEAD}X-A: \u0000\r\n\r\n`,
  'bytes in a target': () => Buffer.from(`GET /api/v1/namespaces/\xff\xfe HTTP/1.1\r\n${HEAD}\r\n`, 'latin1'),
  'an absolute target': () => `GET https://a@b:99999/api HTTP/1.1\r\n${HEAD}\r\n`,
  'no target': () => `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`,
  connect: () => `CONNECT x:1 HTTP/1.1\r\n${HEAD}\r\n`,
  'an odd method': () => `${'X'.repeat(30)} /api HTTP/1.1\r\n${HEAD}\r\n`,
  'a pipeline': (choose) => `GET ${choose.of(['/version', '/api/v1/pods', '/x'])} HTTP/1.1\r\n${HEAD}\r\n`.repeat(20),
  'an expectation': () =>
    `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Expect: ${'100-continue'}\r\nContent-Length: 2\r\n\r\n{}`,
  'another expectation': () => `POST /api/v1/namespaces HTTP/1.1\r\n${HEAD}Expect: x\r\nContent-Length: 2\r\n\r\n{}`,
  'HTTP/2 for HTTP/1.1': () =>
    `GET /api HTTP/1.1\r\n${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n`,
  'a WebSocket to no stream': () => webSocket('/version', 'v5.channel.k8s.io'),
  'a WebSocket without a protocol': () => webSocket(EXEC, ''),
  'a WebSocket and noise': (choose) =>
    Buffer.concat([Buffer.from(webSocket(choose.of([EXEC, FORWARD]), 'v5.channel.k8s.io')), choose.random.bytes(500)]),
  'a WebSocket of a token': () => webSocket(EXEC, 'base64url.bearer.authorization.k8s.io.eHh4, v5.channel.k8s.io'),
  'a WebSocket of another version': () => webSocket(EXEC, 'v5.channel.k8s.io').replace('13', '99'),
  'a WebSocket without a key': () => webSocket(EXEC, 'v5.channel.k8s.io').replace(/Sec-WebSocket-Key.*\r\n/, ''),
  'SPDY and noise': (choose) =>
    Buffer.concat([Buffer.from(spdy(choose.of([EXEC, FORWARD]))), choose.random.bytes(500)]),
  'SPDY frames': (choose) =>
    Buffer.concat([Buffer.from(spdy(EXEC)), Buffer.from([0x80, 3, 0, choose.upTo(12), 0, 0xff, 0xff, 0xff, 1, 2, 3])]),
  'an upgrade to nothing': () => `GET ${EXEC} HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
  'an upgrade of a proxy': () =>
    `GET /api/v1/nodes/a/proxy/x HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`,
};

function webSocket(path: string, protocol: string): string {
  const offered = protocol === '' ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  return `GET ${path} HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${offered}\r\n`;
}

function spdy(path: string): string {
  return `POST ${path} HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n`;
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const [DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION] = Array(
  10,
).keys() as unknown as number[];
const END_STREAM = 1;
const END_HEADERS = 4;

function frame(type: number, flags: number, stream: number, payload: Buffer | readonly number[] = []): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** Literals without Huffman codes or indexes. */
function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name, 'latin1'),
      Buffer.from([value.length]),
      Buffer.from(value, 'latin1'),
    ]),
  );
}

const GET = block([
  [':method', 'GET'],
  [':path', '/api/v1/pods'],
  [':scheme', 'https'],
  [':authority', 'x'],
]);
const open = (stream: number, fields = GET, flags = END_HEADERS | END_STREAM) => frame(HEADERS!, flags, stream, fields);
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

const HTTP2: Readonly<Record<string, (choose: Chooser) => Buffer[]>> = {
  noise: (choose) => [choose.random.bytes(2_000)],
  'a frame of noise': (choose) => [frame(choose.upTo(255), choose.upTo(255), choose.upTo(5), choose.random.bytes(50))],
  'frames of noise': (choose) =>
    times(20, () => frame(choose.upTo(12), choose.upTo(255), choose.upTo(9), choose.random.bytes(choose.upTo(30)))),
  'many resets': () =>
    times(300, (at) => Buffer.concat([open(2 * at + 1), frame(RESET!, 0, 2 * at + 1, [0, 0, 0, 8])])),
  'many pings': () => times(2_000, () => frame(PING!, 0, 0, Buffer.alloc(8))),
  'many settings': () => times(2_000, () => frame(SETTINGS!, 0, 0)),
  'odd settings': () => [frame(SETTINGS!, 0, 0, [0, 4, 0xff, 0xff, 0xff, 0xff]), frame(SETTINGS!, 0, 0, [1, 2, 3])],
  'settings for a stream': () => [frame(SETTINGS!, 0, 1)],
  'headers that never end': () => [
    open(1, GET, 0),
    ...times(300, () => frame(CONTINUATION!, 0, 1, block([['x-a', 'b'.repeat(100)]]))),
  ],
  'headers of noise': (choose) => [open(1, choose.random.bytes(100))],
  'large headers': () => [
    open(1, Buffer.concat([GET, ...times(600, (at) => block([[`x-${at}`, 'b'.repeat(100)]]))]).subarray(0, 16_000)),
  ],
  'headers in upper case': () => [open(1, Buffer.concat([GET, block([['X-A', 'b']])]))],
  'headers of HTTP/1.1': () => [
    open(
      1,
      Buffer.concat([
        GET,
        block([
          ['connection', 'close'],
          ['transfer-encoding', 'chunked'],
        ]),
      ]),
    ),
  ],
  'no path': () => [
    open(
      1,
      block([
        [':method', 'GET'],
        [':scheme', 'https'],
      ]),
    ),
  ],
  'an empty path': () => [
    open(
      1,
      block([
        [':method', 'GET'],
        [':scheme', 'https'],
        [':path', ''],
      ]),
    ),
  ],
  'a status': () => [open(1, Buffer.concat([GET, block([[':status', '200']])]))],
  'pseudo headers at the end': () => [open(1, Buffer.concat([block([['x', 'y']]), GET]))],
  'bytes in a header': () => [open(1, Buffer.concat([GET, block([['x', 'a\u0000\r\n']])]))],
  connect: () => [
    open(
      1,
      block([
        [':method', 'CONNECT'],
        [':authority', 'x:1'],
      ]),
    ),
  ],
  'data for nobody': () => [frame(DATA!, 0, 0, [1]), frame(DATA!, 0, 99, [1])],
  'data after the end': () => [open(1), frame(DATA!, 0, 1, [1, 2])],
  'padding beyond the frame': () => [open(1, GET, END_HEADERS), frame(DATA!, 8, 1, [200, 1])],
  'a stream that depends on itself': () => [frame(PRIORITY!, 0, 1, [0, 0, 0, 1, 0]), open(1)],
  'a push': () => [frame(PUSH!, END_HEADERS, 1, [0, 0, 0, 2])],
  'windows of nothing and of everything': () => [
    open(1),
    frame(WINDOW!, 0, 1, [0, 0, 0, 0]),
    frame(WINDOW!, 0, 0, [0x7f, 0xff, 0xff, 0xff]),
  ],
  'an end': () => [frame(GOAWAY!, 0, 0, Buffer.alloc(8)), open(1)],
  'a frame that is too large': () => [frame(DATA!, 0, 1, Buffer.alloc(100_000))],
  'an even stream': () => [open(2)],
  'a stream twice': () => [open(3), open(1), open(3)],
  'bodies that never come': () =>
    times(50, (at) =>
      open(
        2 * at + 1,
        block([
          [':method', 'POST'],
          [':path', '/api/v1/namespaces'],
          [':scheme', 'https'],
        ]),
        END_HEADERS,
      ),
    ),
};

/** A call of gRPC whose messages are not what they say. */
const call = (path: string, data: Buffer, more: readonly (readonly [string, string])[] = []) => {
  const head: readonly (readonly [string, string])[] = [
    ...([
      [':method', 'POST'],
      [':path', path],
      [':scheme', 'https'],
      ['te', 'trailers'],
    ] as const),
    ...([['content-type', 'application/grpc'], ...more] as const),
  ];
  return [open(1, block(head), END_HEADERS), frame(DATA!, END_STREAM, 1, data)];
};
const LIST = '/keelson.v1.Resources/List';
const gzipped = (bytes: number) => {
  const body = gzipSync(Buffer.alloc(bytes));
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]).subarray(0, 16_000);
};

const GRPC: Readonly<Record<string, (choose: Chooser) => Buffer[]>> = {
  'an unknown method': () => call('/keelson.v1.Resources/__proto__', Buffer.alloc(5)),
  'a message of noise': (choose) => call(LIST, Buffer.concat([Buffer.from([0, 0, 0, 0, 50]), choose.random.bytes(50)])),
  'a length that is not true': () => call(LIST, Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1])),
  'a flag that is none': () => call(LIST, Buffer.from([7, 0, 0, 0, 0])),
  'a half message': () => call(LIST, Buffer.from([0, 0, 0])),
  'no message': () => call(LIST, Buffer.alloc(0)),
  'two messages': () => call(LIST, Buffer.alloc(10)),
  'a bomb': () => call(LIST, gzipped(15_000_000), [['grpc-encoding', 'gzip']]),
  'an unknown encoding': () => call(LIST, gzipped(10), [['grpc-encoding', 'x']]),
  'an odd deadline': (choose) =>
    call(LIST, Buffer.alloc(5), [['grpc-timeout', choose.of(['x', '-1S', '99999999H', '0n'])]]),
  'odd binary metadata': () => call(LIST, Buffer.alloc(5), [['a-bin', '%%%']]),
  'another content': () =>
    call(LIST, Buffer.alloc(5)).map((it) =>
      Buffer.from(it.toString('latin1').replace('application/grpc', 'application/json'), 'latin1'),
    ),
  'a stream of noise': (choose) =>
    call('/keelson.v1.Pods/Exec', Buffer.concat([Buffer.from([0, 0, 0, 0, 20]), choose.random.bytes(20)])),
};

export function wireRequest(choose: Chooser): WireRequest {
  if (choose.chance(0.5)) {
    const what = choose.of(Object.keys(HTTP1));
    const bytes = Buffer.from(HTTP1[what]!(choose) as string);
    const cut = choose.chance(0.2) ? choose.upTo(bytes.length) : bytes.length;
    return { what: `HTTP/1.1, ${what}`, protocol: 'http/1.1', parts: [bytes.subarray(0, cut), bytes.subarray(cut)] };
  }
  if (choose.chance(0.3)) {
    const what = choose.of(Object.keys(GRPC));
    const parts = [Buffer.concat([PREFACE, frame(SETTINGS!, 0, 0), ...GRPC[what]!(choose)])];
    return { what: `gRPC, ${what}`, protocol: 'h2', parts };
  }
  const what = choose.of(Object.keys(HTTP2));
  const start = choose.chance(0.95) ? [PREFACE, frame(SETTINGS!, 0, 0)] : [];
  return { what: `HTTP/2, ${what}`, protocol: 'h2', parts: [Buffer.concat([...start, ...HTTP2[what]!(choose)])] };
}
