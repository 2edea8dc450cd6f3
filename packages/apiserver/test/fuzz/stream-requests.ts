import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { controlFrame, dataFrame, SPDY_DICTIONARY, words } from '@keelson/service/spdy';
import type { Chooser } from './hostile.js';

/** An upgrade that is granted, and what comes after it that no client should send. */
export interface StreamRequest {
  readonly what: string;
  readonly head: string;
  readonly frames: readonly Buffer[];
  /** How the server ends it: with which code of a WebSocket's close; in any way; or not at all, of itself. */
  readonly ends: readonly number[] | 'somehow' | 'not';
}

type Ends = StreamRequest['ends'];
type Case = readonly [ends: Ends, frames: (choose: Chooser) => Buffer[]];

const MASK = Buffer.from([1, 2, 3, 4]);
const [CONTINUE, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const FIN = 0x80;
const PROTOCOL = [1002];
const TOO_LARGE = [1009];
const BAD_TEXT = [1007];

/** A frame as a client sends it: masked. */
function masked(first: number, payload: Buffer | string, length?: Buffer): Buffer {
  const body = Buffer.from(payload as string);
  for (let at = 0; at < body.length; at++) body[at]! ^= MASK[at % 4]!;
  return Buffer.concat([Buffer.from([first]), length ?? lengthOf(body.length), MASK, body]);
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 126) return Buffer.from([0x80 | bytes]);
  const long = bytes > 0xffff;
  const head = Buffer.alloc(long ? 9 : 3);
  head[0] = long ? 0xff : 0xfe;
  if (long) head.writeBigUInt64BE(BigInt(bytes), 1);
  else head.writeUInt16BE(bytes, 1);
  return head;
}

function claimed(bytes: bigint): Buffer {
  const head = Buffer.alloc(9, 0xff);
  head.writeBigUInt64BE(bytes, 1);
  return head;
}

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const code = (value: number, reason: Buffer | string = '') =>
  Buffer.concat([Buffer.from([value >> 8, value & 0xff]), Buffer.from(reason as string)]);

const WEB_SOCKET: Readonly<Record<string, Case>> = {
  'a frame without a mask': [PROTOCOL, () => [Buffer.from([FIN | BINARY!, 1, 0])]],
  'a bit that nobody agreed on': [PROTOCOL, (choose) => [masked(FIN | choose.of([0x10, 0x20, 0x40]) | BINARY!, '\0a')]],
  'a kind that is none': [PROTOCOL, (choose) => [masked(FIN | choose.of([3, 7, 11, 15]), '\0a')]],
  'a ping that is too long': [PROTOCOL, () => [masked(FIN | PING!, Buffer.alloc(126))]],
  'a close that is too long': [PROTOCOL, () => [masked(FIN | CLOSE!, Buffer.concat([code(1000), Buffer.alloc(200)]))]],
  'a ping in parts': [PROTOCOL, () => [masked(PING!, 'a')]],
  'the rest of nothing': [PROTOCOL, () => [masked(FIN | CONTINUE!, 'a')]],
  'a message within a message': [PROTOCOL, () => [masked(BINARY!, '\0a'), masked(FIN | BINARY!, '\0b')]],
  'a length that no number holds': [TOO_LARGE, () => [masked(FIN | BINARY!, '', claimed(2n ** 63n - 1n))]],
  'a length beyond the limit': [TOO_LARGE, () => [masked(FIN | BINARY!, '', claimed(33n * 1024n * 1024n))]],
  'a message in parts beyond the limit': [
    TOO_LARGE,
    () => [masked(BINARY!, '\0'), ...times(33, () => masked(CONTINUE!, Buffer.alloc(1024 * 1024)))],
  ],
  'parts that never end': ['not', () => times(500, (at) => masked(at === 0 ? BINARY! : CONTINUE!, 'x'))],
  'parts without anything': ['somehow', () => [masked(BINARY!, ''), ...times(20_000, () => masked(CONTINUE!, ''))]],
  'a text that is none': [BAD_TEXT, () => [masked(FIN | TEXT!, Buffer.from([0, 0xc3, 0x28]))]],
  'a close of one byte': [PROTOCOL, () => [masked(FIN | CLOSE!, 'x')]],
  'a close for no reason': [PROTOCOL, (choose) => [masked(FIN | CLOSE!, code(choose.of([0, 999, 1005, 1006, 5000])))]],
  'a close with a text that is none': [BAD_TEXT, () => [masked(FIN | CLOSE!, code(1000, Buffer.from([0xff])))]],
  'frames after a close': [[1000], () => [masked(FIN | CLOSE!, code(1000)), masked(FIN | BINARY!, '\0a')]],
  'half a frame': ['not', () => [masked(FIN | BINARY!, Buffer.alloc(5_000)).subarray(0, 3_000)]],
  'many pings': ['not', () => times(5_000, () => masked(FIN | PING!, 'x'.repeat(100)))],
  'answers to no ping': ['not', () => times(5_000, () => masked(FIN | PONG!, 'x'))],
  'many messages for channels that are none': [
    'not',
    (choose) => times(5_000, () => masked(FIN | BINARY!, Buffer.from([choose.upTo(255), 1]))),
  ],
  'many empty messages': ['not', () => times(5_000, () => masked(FIN | BINARY!, ''))],
  'resizes of noise': [
    'not',
    (choose) => times(200, () => masked(FIN | BINARY!, Buffer.concat([Buffer.from([4]), choose.random.bytes(40)]))),
  ],
  noise: ['not', (choose) => [choose.random.bytes(choose.of([3, 200, 10_000]))]],
};

const SYN_STREAM = 1;
const zlib = (text: Buffer) => deflateSync(text, { dictionary: SPDY_DICTIONARY, finishFlush: 2 });
const word = (text: string) => Buffer.concat([words(text.length), Buffer.from(text)]);
const headers = (...fields: readonly string[]) => Buffer.concat([words(fields.length / 2), ...fields.map(word)]);
/** No stream is opened before: so its header block is the first of the connection. */
const syn = (id: number, block: Buffer, flags = 0) =>
  controlFrame(SYN_STREAM, flags, Buffer.concat([words(id, 0), Buffer.alloc(2), block]));
const STDIN = zlib(headers('streamtype', 'stdin'));
/** Literally, so that each stands by itself: a stored block of deflate. */
const stored = (text: Buffer) => {
  const head = Buffer.from([0, 0, 0, 0, 0]);
  head.writeUInt16LE(text.length, 1);
  head.writeUInt16LE(~text.length & 0xffff, 3);
  return Buffer.concat([head, text]);
};
const first = (text: Buffer) => Buffer.concat([Buffer.from([0x78, 0x9c]), stored(text)]);
const streamsOf = (count: number, type: string) =>
  times(count, (at) =>
    syn(2 * at + 1, at === 0 ? first(headers('streamtype', type)) : stored(headers('streamtype', type))),
  );

const SPDY: Readonly<Record<string, Case>> = {
  'another version': ['somehow', () => [Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])]],
  'a control frame that is too long': [
    'somehow',
    () => [Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]), Buffer.alloc(70_000)],
  ],
  'a control frame that is too short': ['somehow', (choose) => [controlFrame(choose.of([1, 3]), 0, Buffer.alloc(2))]],
  'a block that is no zlib': ['somehow', () => [syn(1, Buffer.from('no zlib at all'))]],
  'a block with a bad head': ['somehow', () => [syn(1, Buffer.concat([Buffer.from([0x79, 0x9c]), STDIN.subarray(2)]))]],
  'a block that is cut': ['somehow', () => [syn(1, STDIN.subarray(0, 8))]],
  'a block of noise': ['somehow', (choose) => [syn(1, Buffer.concat([STDIN.subarray(0, 6), choose.random.bytes(60)]))]],
  'a block that swells': ['somehow', () => [syn(1, zlib(Buffer.alloc(8 * 1024 * 1024)))]],
  'headers that are not there': ['somehow', () => [syn(1, first(words(0xffffffff, 3)))]],
  'a name that is longer than its block': ['somehow', () => [syn(1, first(words(1, 0xfffffff0, 1)))]],
  'a stream of the server': ['somehow', () => [syn(2, STDIN)]],
  'a stream twice': [
    'somehow',
    () => [syn(1, first(headers('streamtype', 'stdin'))), syn(1, stored(headers('a', 'b')))],
  ],
  'many streams': ['not', (choose) => streamsOf(5_000, choose.of(['stdin', 'x', 'data']))],
  'many streams that are reset': [
    'not',
    () => streamsOf(2_000, 'data').flatMap((it, at) => [it, controlFrame(3, 0, words(2 * at + 1, 5))]),
  ],
  'many pings': ['not', () => times(20_000, (at) => controlFrame(6, 0, words(at)))],
  'windows beyond all': ['not', () => times(100, () => controlFrame(9, 0, words(1, 0x7fffffff)))],
  'settings that are none': ['not', (choose) => times(100, () => controlFrame(4, 0, choose.random.bytes(12)))],
  'data for nobody': ['not', () => [dataFrame(7, Buffer.alloc(100_000), false), dataFrame(0, Buffer.alloc(1), true)]],
  'data that never comes': ['not', () => [Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff]), Buffer.alloc(1000)]],
  'data after the end': ['not', () => [syn(1, STDIN, 1), ...times(100, () => dataFrame(1, Buffer.alloc(1000), true))]],
  'an end': ['not', () => [controlFrame(7, 0, words(0, 0))]],
  'kinds that are none': ['not', () => times(100, (at) => controlFrame(20 + at, 255, Buffer.alloc(30)))],
  'many frames of nothing': ['not', () => times(20_000, (at) => dataFrame(at, Buffer.alloc(0), false))],
  noise: ['not', (choose) => [choose.random.bytes(choose.of([3, 200, 10_000]))]],
};

const HOST = 'Host: x\r\n';

export function webSocketHead(path: string, protocol: string): string {
  const key = randomBytes(16).toString('base64');
  return `GET ${path} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`;
}

function spdyHead(path: string, protocol: string): string {
  return `POST ${path} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\nContent-Length: 0\r\n\r\n`;
}

/** To a pod on a node whose kubelet answers, or a watch of pods. */
export function streamRequest(pod: string, choose: Chooser): StreamRequest {
  const isWebSocket = choose.chance(0.5);
  const verb = choose.of(['exec', 'attach', 'portforward', isWebSocket ? 'watch' : 'exec']);
  const isForward = verb === 'portforward';
  const options = isForward ? 'ports=80' : 'command=x&stdin=1&stdout=1&stderr=1';
  const path = verb === 'watch' ? `${pod.replace(/\/[^/]+$/, '')}?watch=1` : `${pod}/${verb}?${options}`;
  const cases = isWebSocket ? WEB_SOCKET : SPDY;
  const name = choose.of(Object.keys(cases));
  const [ends, frames] = cases[name]!;
  const head = isWebSocket
    ? webSocketHead(path, isForward ? 'v4.channel.k8s.io' : 'v5.channel.k8s.io')
    : spdyHead(path, isForward ? 'portforward.k8s.io' : 'v4.channel.k8s.io');
  return { what: `${verb} over ${isWebSocket ? 'a WebSocket' : 'SPDY'}, ${name}`, head, frames: frames(choose), ends };
}
