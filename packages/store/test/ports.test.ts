import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, credentials } from '@grpc/grpc-js';
import { ClusterUnderTest, freePorts } from './processes.js';

describe('the ports of a member', () => {
  let cluster: ClusterUnderTest;
  let metricsUrl: string;

  before(async () => {
    const [port] = await freePorts.take(1);
    metricsUrl = `http://127.0.0.1:${port}`;
    cluster = await ClusterUnderTest.start('keelson', 1, ['--listen-metrics-urls', metricsUrl]);
  });
  after(() => cluster?.stop());

  test('HTTP tells health, version and metrics as etcd does', async () => {
    const health = await fetch(`${metricsUrl}/health`);
    assert.equal(health.status, 200);
    assert.deepEqual(await health.json(), { health: 'true', reason: '' });
    const version = (await (await fetch(`${metricsUrl}/version`)).json()) as Record<string, string>;
    assert.match(version['etcdserver'] ?? '', /^3\.6\./);
    const metrics = await (await fetch(`${metricsUrl}/metrics`)).text();
    assert.match(metrics, /^etcd_server_has_leader 1$/m);
    assert.match(metrics, /^etcd_server_proposals_applied_total [1-9]/m);
    assert.match(metrics, /^etcd_mvcc_db_total_size_in_bytes \d+$/m);
    assert.equal((await fetch(`${metricsUrl}/nothing`)).status, 404);
  });

  test('both gRPC ports tell their health and their services', async () => {
    const { clientUrl, peerUrl } = cluster.members[0]!;
    for (const [url, service] of [
      [clientUrl, 'etcdserverpb.KV'],
      [peerUrl, 'keelson.raft.Peer'],
    ] as const) {
      const client = new Client(url.replace('http://', ''), credentials.createInsecure());
      const raw = (bytes: Buffer) => bytes;
      const health = await new Promise<Buffer | undefined>((resolve, reject) => {
        const done = (error: Error | null, value?: Buffer) => (error ? reject(error) : resolve(value));
        client.makeUnaryRequest('/grpc.health.v1.Health/Check', raw, raw, Buffer.alloc(0), done);
      });
      // status: SERVING
      assert.deepEqual(health, Buffer.from([0x08, 0x01]));
      const services = await new Promise<string>((resolve, reject) => {
        const call = client.makeBidiStreamRequest(
          '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
          raw,
          raw,
        );
        call.on('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
        call.on('error', reject);
        // list_services: "*"
        call.write(Buffer.from([0x3a, 0x01, 0x2a]));
        call.end();
      });
      assert.ok(services.includes(service), services);
      client.close();
    }
  });
});
