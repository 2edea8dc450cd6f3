import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, credentials, status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import { connect, GrpcServer, systemClock } from './index.js';

const { KVService } = etcd;

function refuse(): never {
  throw Object.assign(new Error('no'), { code: status.UNIMPLEMENTED, details: 'not served here' });
}

async function serve() {
  const clock = systemClock();
  const server = new GrpcServer({ address: '127.0.0.1:0', protoFiles: ['etcd/rpc.proto'] });
  server.add(KVService, {
    range: (request) => ({ kvs: [{ key: request.key, value: Buffer.from('v'), modRevision: 5 }], count: 1 }),
    put: async () => refuse(),
    deleteRange: refuse,
    txn: refuse,
    compact: () => {
      throw Object.assign(new Error('no'), { code: status.INVALID_ARGUMENT, details: 'no "\ud800" here' });
    },
  });
  const port = await server.listen();
  const connection = connect(`127.0.0.1:${port}`, { clock });
  return { server, port, connection, clock, kv: connection.service(KVService) };
}

test('a typed client reaches a typed handler, and its errors come back as they were thrown', async () => {
  const { server, connection, clock, kv } = await serve();
  try {
    const response = await kv.range({ key: Buffer.from('a') }, { timeout: 5_000 });
    assert.equal(response.kvs[0]?.key.toString(), 'a');
    assert.equal(response.kvs[0]?.modRevision, 5);
    await assert.rejects(kv.put({}), { code: status.UNIMPLEMENTED, details: 'not served here' });
    await assert.rejects(kv.txn({}), { code: status.UNIMPLEMENTED, details: 'not served here' });
    await assert.rejects(kv.compact({}), { code: status.INVALID_ARGUMENT, details: 'no "\ufffd" here' });
  } finally {
    connection.close();
    await server.close((ms) => clock.sleep(ms), 10);
  }
});

test('a taken port is refused in words that say what to do', async () => {
  const { server, connection, clock } = await serve();
  const first = new GrpcServer({ address: '127.0.0.1:0', protoFiles: ['etcd/rpc.proto'] });
  const port = await first.listen();
  const second = new GrpcServer({ address: `127.0.0.1:${port}`, protoFiles: ['etcd/rpc.proto'] });
  await assert.rejects(second.listen(), {
    message: `cannot listen on 127.0.0.1:${port}: another process uses this port: stop it or choose another port`,
  });
  connection.close();
  for (const it of [server, first, second]) await it.close((ms) => clock.sleep(ms), 10);
});

for (const version of ['v1', 'v1alpha']) {
  test(`reflection ${version} tells the services, and of a symbol its file`, async () => {
    const { server, port, connection } = await serve();
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const raw = (bytes: Buffer) => bytes;
    try {
      const answers: string[] = [];
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const call = client.makeBidiStreamRequest(path, raw, raw);
      const ended = new Promise<void>((resolve, reject) => call.on('end', resolve).on('error', reject));
      call.on('data', (bytes: Buffer) => answers.push(bytes.toString('latin1')));
      const symbol = Buffer.from('etcdserverpb.KV');
      call.write(Buffer.from([0x3a, 1, 0x2a])); // list_services: "*"
      call.write(Buffer.concat([Buffer.of(0x22, symbol.length), symbol])); // file_containing_symbol
      call.end();
      await ended;
      assert.equal(answers.length, 2);
      assert.ok(answers[0]?.includes('etcdserverpb.KV'), answers[0]);
      assert.ok(answers[1]?.includes('RangeRequest'), answers[1]);
    } finally {
      client.close();
      connection.close();
      await server.close(async () => undefined);
    }
  });
}
