import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ClusterUnderTest } from './cluster-under-test.js';

/** What a stranger sends; each is sent whole and in halves, and then the connection is ended, reset or left half open. */
const WORDS: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('\0'),
  Buffer.from('garbage\r\n\r\n'),
  Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'),
  Buffer.from('GET /exec/0123 HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  Buffer.from(
    'POST /api/v1/namespaces/a/pods/b/exec HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: SPDY/3.1\r\n\r\nx',
  ),
  Buffer.from('GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from(
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0\0\0\x01\xff\xff\xff\xff\0\0\x01\x01\x05\0\0\0\x01\x82',
    'latin1',
  ),
  Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
  Buffer.alloc(100_000, 0xff),
];
const ENDINGS: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.destroy(),
];

describe('strangers at every port', { timeout: 600_000, skip: process.platform !== 'linux' }, () => {
  const cluster = new ClusterUnderTest();
  before(() => cluster.up('--stores', '1', '--nodes', '1'));
  after(() => cluster.remove());

  test('end no process, whatever they send and however they leave', async () => {
    const components = cluster.components();
    const before = new Map(components.map(({ name, pid }) => [name, pid]));
    const ports = components.flatMap(({ pid }) => portsOf(pid));
    assert.ok(ports.length >= 7, `ports found: ${ports.join(', ')}`);
    const file = (name: string) => readFileSync(join(cluster.dataDir, 'pki', name));
    const [cert, key] = [file('admin.crt'), file('admin.key')];
    for (const port of ports) {
      const secure = (protocol: string) => (socket: Socket) =>
        connectTls({ socket, cert, key, rejectUnauthorized: false, ALPNProtocols: [protocol] });
      const plain = (socket: Socket) => socket;
      for (const speak of [plain, secure('h2'), secure('http/1.1')]) await visit(port, speak);
    }
    assert.equal(JSON.parse((await cluster.keelson('status', '-o', 'json')).stdout).ready, true);
    assert.deepEqual(new Map(cluster.components().map(({ name, pid }) => [name, pid])), before, 'the same processes');
  });
});

/** `speak` makes what the words are written to of a connection. */
async function visit(port: number, speak: (socket: Socket) => Socket): Promise<void> {
  await Promise.all(
    WORDS.flatMap((word) =>
      ENDINGS.map(async (end) => {
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.setTimeout(2_000, () => socket.destroy());
        const spoken = speak(socket).on('error', () => {});
        spoken.resume();
        spoken.write(word.subarray(0, word.length / 2));
        await new Promise(setImmediate);
        spoken.write(word.subarray(word.length / 2), () => {
          if (!socket.destroyed) end(socket);
        });
        await closed;
      }),
    ),
  );
}

/** The TCP ports on which a process listens. */
function portsOf(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  const [, ...lines] = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === '0A' && inodes.has(inode) ? Number.parseInt(local.split(':')[1] ?? '', 16) : [];
  });
}
