import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { Metadata, type ServerDuplexStream, type ServerWritableStream, status } from '@grpc/grpc-js';
import { type Connection, etcd } from '@keelson/protocol';
import type { Http2Options } from '../../http2/options.js';
import { connect, GrpcDoor, type HttpHandler, LeanConnection, systemClock, writeTo } from '../../index.js';

const { KVService, WatchService, MaintenanceService } = etcd;
const clock = systemClock();
const MiB = 1024 * 1024;

interface Served {
  readonly connection: Connection;
  readonly port: number;
  readonly door: GrpcDoor;
}

function kvHandlers(over: object = {}) {
  const refuse = (): never => {
    throw Object.assign(new Error('no'), { code: status.FAILED_PRECONDITION, details: 'nein, größer 100 %' });
  };
  return {
    range: (request: etcd.RangeRequest) => ({ kvs: [{ key: request.key, value: Buffer.from('v') }], count: 1 }),
    put: async () => refuse(),
    deleteRange: refuse,
    txn: refuse,
    compact: refuse,
    ...over,
  };
}

type Dial = (address: string) => Connection;

const CLIENTS: Readonly<Record<string, Dial>> = {
  'grpc-js': (address) => connect(address, { clock }),
  'a lean connection': (address) => new LeanConnection(address, { clock }),
};

for (const [client, dial] of Object.entries(CLIENTS)) describe(`GrpcDoor, called by ${client}`, () => behaviour(dial));

function behaviour(dial: Dial): void {
  async function serving(
    add: (door: GrpcDoor) => void,
    run: (served: Served) => Promise<void>,
    http?: HttpHandler,
    http2: Partial<Http2Options> = {},
  ): Promise<void> {
    const door = new GrpcDoor(
      { address: '127.0.0.1:0', protoFiles: ['etcd/rpc.proto'], messageBytesMax: 4 * MiB, http2 },
      { clock, http },
    );
    add(door);
    const port = await door.listen();
    const connection = dial(`127.0.0.1:${port}`);
    try {
      await run({ connection, port, door });
    } finally {
      connection.close();
      await door.close((ms) => clock.sleep(ms), 10);
    }
  }

  test('calls beyond what one connection may have open wait for others to end', async () => {
    let [open, most] = [0, 0];
    const range = async ({ key }: { readonly key: Buffer }) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return { kvs: [{ key }] };
    };
    await serving(
      (door) => door.add(KVService, kvHandlers({ range })),
      async ({ connection }) => {
        const kv = connection.service(KVService);
        const keys = Array.from({ length: 500 }, (_, at) => `k${at}`);
        const answers = await Promise.all(keys.map((key) => kv.range({ key: Buffer.from(key) }, { timeout: 20_000 })));
        assert.deepEqual(
          answers.map(({ kvs }) => String(kvs[0]?.key)),
          keys,
        );
        assert.ok(most <= 100, `${most} at once`);
      },
      undefined,
      { streamsMax: 100 },
    );
  });

  test('unary calls: answers, errors with their texts, and methods that are not there', async () => {
    await serving(
      (door) => door.add(KVService, kvHandlers()),
      async ({ connection }) => {
        const kv = connection.service(KVService);
        for (let round = 0; round < 3; round += 1) {
          const response = await kv.range({ key: Buffer.from('a') }, { timeout: 5_000 });
          assert.equal(response.kvs[0]?.key.toString(), 'a');
          await assert.rejects(kv.put({}), { code: status.FAILED_PRECONDITION, details: 'nein, größer 100 %' });
        }
        await assert.rejects(connection.service(etcd.LeaseService).leaseGrant({}), {
          code: status.UNIMPLEMENTED,
          details: 'unknown service etcdserverpb.Lease',
        });
      },
    );
  });

  test('many calls at once, small and large, each get their own answer', async () => {
    await serving(
      (door) =>
        door.add(KVService, kvHandlers({ put: (r: etcd.PutRequest) => ({ prevKv: { key: r.key, value: r.value } }) })),
      async ({ connection }) => {
        const kv = connection.service(KVService);
        const sizes = Array.from({ length: 200 }, (_, at) => (at % 20 === 0 ? 3 * MiB - at : at * 37));
        const answers = await Promise.all(
          sizes.map((size, at) => kv.put({ key: Buffer.from(String(at)), value: Buffer.alloc(size, at) })),
        );
        for (const [at, { prevKv }] of answers.entries()) {
          assert.equal(prevKv?.key.toString(), String(at));
          assert.equal(prevKv?.value.equals(Buffer.alloc(sizes[at]!, at)), true);
        }
      },
    );
  });

  test('a request larger than the limit is refused, and the connection goes on', async () => {
    await serving(
      (door) => door.add(KVService, kvHandlers()),
      async ({ connection }) => {
        const kv = connection.service(KVService);
        await assert.rejects(kv.range({ key: Buffer.alloc(5 * MiB) }), {
          code: status.RESOURCE_EXHAUSTED,
          details: `grpc: received message larger than max (${5 * MiB + 5} vs. ${4 * MiB})`,
        });
        assert.equal((await kv.range({ key: Buffer.from('b') })).count, 1);
      },
    );
  });

  test('a compressed request is read', async () => {
    await serving(
      (door) => door.add(KVService, kvHandlers()),
      async ({ port }) => {
        const connection = connect(`127.0.0.1:${port}`, { clock }, { 'grpc.default_compression_algorithm': 2 });
        const key = Buffer.alloc(100_000, 'abc');
        const response = await connection.service(KVService).range({ key });
        assert.equal(response.kvs[0]?.key.equals(key), true);
        connection.close();
      },
    );
  });

  test('metadata comes in, text and binary; a deadline and a cancellation reach the handler', async () => {
    const seen: unknown[] = [];
    const cancelled: string[] = [];
    await serving(
      (door) =>
        door.add(KVService, {
          ...kvHandlers(),
          range: async (_request, call) => {
            seen.push(call.metadata.get('token'), call.metadata.get('raw-bin'), call.metadata.getMap()['token']);
            await once(call, 'cancelled');
            cancelled.push(String(call.cancelled));
            return {};
          },
        }),
      async ({ connection }) => {
        const kv = connection.service(KVService);
        const metadata = new Metadata();
        metadata.set('token', 'secret');
        metadata.set('raw-bin', Buffer.of(0, 255));
        await assert.rejects(kv.range({}, { metadata, timeout: 100 }), { code: status.DEADLINE_EXCEEDED });
        const controller = new AbortController();
        const second = kv.range({}, { metadata, signal: controller.signal });
        while (seen.length < 6) await clock.sleep(5);
        controller.abort();
        await assert.rejects(second, { code: status.CANCELLED });
        while (cancelled.length < 2) await clock.sleep(5);
        assert.deepEqual(seen.slice(0, 3), [['secret'], [Buffer.of(0, 255)], 'secret']);
        assert.deepEqual(cancelled, ['true', 'true']);
      },
    );
  });

  test('a two-way stream echoes, keeps order, and ends with the handler’s status', async () => {
    await serving(
      (door) =>
        door.addRaw(WatchService, {
          watch: ((call: ServerDuplexStream<etcd.WatchRequest, object>) => {
            call.on('data', (request: etcd.WatchRequest) => {
              call.write({ watchId: request.createRequest?.startRevision ?? 0 });
            });
            call.on('end', () => call.emit('error', { code: status.ABORTED, details: 'that is all' }));
          }) as never,
        }),
      async ({ connection }) => {
        const stream = connection.service(WatchService).watch();
        const got: number[] = [];
        stream.on('data', ({ watchId }) => got.push(watchId));
        for (let at = 0; at < 1000; at += 1) stream.write({ createRequest: { startRevision: at } });
        stream.end();
        const [error] = await once(stream, 'error');
        assert.deepEqual([error.code, error.details], [status.ABORTED, 'that is all']);
        assert.deepEqual(got, [...Array(1000).keys()]);
      },
    );
  });

  test('a client that does not read holds its own stream back, and nobody else’s', async () => {
    let taken = 0;
    let ended = false;
    await serving(
      (door) => {
        door.add(KVService, kvHandlers());
        door.addRaw(MaintenanceService, {
          snapshot: ((call: ServerWritableStream<etcd.SnapshotRequest, object>) => {
            const blob = Buffer.alloc(64 * 1024, 7);
            const send = async () => {
              for (; taken < 200; taken += 1) await writeTo(call, { blob });
              call.end();
            };
            void send().finally(() => {
              ended = true;
            });
          }) as never,
        });
      },
      async ({ connection }) => {
        const stream = connection.service(MaintenanceService).snapshot({});
        const kv = connection.service(KVService);
        await once(stream, 'readable');
        for (let at = 0; at < 50; at += 1) await kv.range({ key: Buffer.from('a') });
        assert.equal(ended, false);
        let bytes = 0;
        stream.on('data', ({ blob }) => {
          bytes += blob.length;
        });
        stream.resume();
        await once(stream, 'end');
        assert.equal(bytes, 200 * 64 * 1024);
      },
    );
  });

  test('a handler that does not read holds its client back', async () => {
    let call: ServerDuplexStream<etcd.WatchRequest, object> | undefined;
    await serving(
      (door) => door.addRaw(WatchService, { watch: ((it: typeof call) => (call = it)) as never }),
      async ({ connection }) => {
        const stream = connection.service(WatchService).watch();
        const request = { createRequest: { key: Buffer.alloc(64 * 1024) } };
        let written = 0;
        let ended = false;
        const send = async () => {
          for (; written < 200; written += 1) await writeTo(stream, request);
          ended = true;
          stream.end();
        };
        const sending = send();
        while (!call || call.readableLength < 16) await clock.sleep(5);
        for (let at = 0; at < 20; at += 1) await clock.sleep(1);
        assert.equal(ended, false);
        assert.equal(call.readableLength < 100, true);
        let taken = 0;
        call.on('data', () => (taken += 1));
        await sending;
        await once(call, 'end');
        assert.equal(taken, 200);
        call.emit('error', { code: status.OK, details: '' });
        stream.resume();
        await once(stream, 'end');
      },
    );
  });

  test('a client that goes away cancels its streams', async () => {
    const ends: string[] = [];
    await serving(
      (door) =>
        door.addRaw(WatchService, {
          watch: ((call: ServerDuplexStream<etcd.WatchRequest, object>) => {
            for (const event of ['cancelled', 'close']) call.on(event, () => ends.push(event));
            call.write({ watchId: 1 });
          }) as never,
        }),
      async ({ port }) => {
        const connection = dial(`127.0.0.1:${port}`);
        const stream = connection.service(WatchService).watch();
        stream.on('error', () => undefined);
        await once(stream, 'data');
        connection.close();
        stream.cancel();
        while (ends.length < 2) await clock.sleep(5);
        assert.deepEqual(ends, ['cancelled', 'close']);
      },
    );
  });

  const health: HttpHandler = async ({ path }) =>
    path === '/health' ? { status: 200, contentType: 'application/json', body: '{"health":"true"}' } : undefined;

  test('plain HTTP is answered on the same port, in either version', async () => {
    await serving(
      (door) => door.add(KVService, kvHandlers()),
      async ({ port }) => {
        const get = async (path: string) => {
          const call = request({ host: '127.0.0.1', port, path, agent: false }).end();
          const [response] = await once(call, 'response');
          let body = '';
          for await (const chunk of response) body += chunk;
          return [response.statusCode, body];
        };
        assert.deepEqual(await get('/health'), [200, '{"health":"true"}']);
        assert.deepEqual(await get('/nothing'), [404, '404 page not found\n']);
        const session = connectHttp2(`http://127.0.0.1:${port}`);
        const stream = session.request({ ':path': '/health' });
        const [headers] = await once(stream, 'response');
        let body = '';
        for await (const chunk of stream) body += chunk;
        assert.deepEqual([headers[':status'], body], [200, '{"health":"true"}']);
        session.close();
      },
      health,
    );
  });

  test('closing ends connections of HTTP/1.1 that are kept alive', async () => {
    const socketOf = async (door: GrpcDoor) => {
      const port = await door.listen();
      const socket = connectTcp(port, '127.0.0.1', () => socket.write('GET /health HTTP/1.1\r\nhost: a\r\n\r\n'));
      await once(socket, 'data');
      return socket;
    };
    const door = new GrpcDoor({ address: '127.0.0.1:0', protoFiles: [] }, { clock, http: health });
    const socket = await socketOf(door);
    const closed = once(socket, 'close');
    await door.close((ms) => clock.sleep(ms), 10);
    socket.resume();
    await closed;
  });

  test('reflection names the services, and is read for once', async () => {
    await serving(
      (door) => door.add(KVService, kvHandlers()),
      async ({ connection }) => {
        const same = (bytes: Buffer) => bytes;
        const method = { requestStream: true, responseStream: true, requestSerialize: same, responseDeserialize: same };
        const client = connection.service({
          info: { ...method, path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo' },
          nothing: { ...method, path: '/grpc.reflection.v1.Nothing/Nothing' },
        }) as unknown as Record<'info' | 'nothing', () => Duplex>;
        const stream = client.info();
        // list_services = 7, and its answer holds the names.
        stream.write(Buffer.from([0x3a, 0]));
        const [answer] = await once(stream, 'data');
        assert.match(answer.toString('latin1'), /etcdserverpb\.KV/);
        stream.end();
        const [error] = await once(client.nothing(), 'error');
        assert.deepEqual(
          [error.code, error.details],
          [status.UNIMPLEMENTED, 'unknown service grpc.reflection.v1.Nothing'],
        );
      },
    );
  });

  test('what is no protocol is closed without harm to others', async () => {
    await serving(
      (door) => door.add(KVService, kvHandlers()),
      async ({ port, connection }) => {
        const bad = [
          'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n',
          Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(40, 0xff)]),
          'GIBBERISH\r\n\r\n',
        ];
        for (const bytes of bad) {
          const socket = connectTcp(port, '127.0.0.1', () => socket.write(bytes));
          socket.resume();
          socket.on('error', () => undefined);
          await once(socket, 'close');
        }
        assert.equal((await connection.service(KVService).range({ key: Buffer.from('a') })).count, 1);
      },
    );
  });

  test('a taken port is refused in words that say what to do', async () => {
    await serving(
      () => undefined,
      async ({ port }) => {
        const second = new GrpcDoor({ address: `127.0.0.1:${port}`, protoFiles: ['etcd/rpc.proto'] }, { clock });
        await assert.rejects(second.listen(), {
          message: `cannot listen on 127.0.0.1:${port}: another process uses this port: stop it or choose another port`,
        });
      },
    );
  });

  test('a connection that broke is made again by the next call', async () => {
    const serve = async (address: string) => {
      const door = new GrpcDoor({ address, protoFiles: ['etcd/rpc.proto'] }, { clock });
      door.add(KVService, kvHandlers());
      return { door, port: await door.listen() };
    };
    const first = await serve('127.0.0.1:0');
    const connection = dial(`127.0.0.1:${first.port}`);
    const kv = connection.service(KVService);
    assert.equal((await kv.range({ key: Buffer.from('a') })).count, 1);
    await first.door.close((ms) => clock.sleep(ms), 0);
    await assert.rejects(kv.range({ key: Buffer.from('a') }), { code: status.UNAVAILABLE });
    const second = await serve(`127.0.0.1:${first.port}`);
    for (;;) {
      const answer = await kv.range({ key: Buffer.from('a') }).catch(() => undefined);
      if (answer?.count === 1) break;
      await clock.sleep(20);
    }
    connection.close();
    await second.door.close((ms) => clock.sleep(ms), 0);
  });

  test('where nobody listens, calls fail with the reason', async () => {
    const connection = dial('127.0.0.1:1');
    await assert.rejects(connection.service(KVService).range({}), (error: { code: number; details: string }) => {
      assert.equal(error.code, status.UNAVAILABLE);
      assert.match(error.details, /^No connection established.*ECONNREFUSED 127.0.0.1:1/);
      return true;
    });
    connection.close();
  });
}
