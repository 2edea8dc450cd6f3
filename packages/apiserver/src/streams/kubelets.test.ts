import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { KubeObject } from '@keelson/api';
import { keelson } from '@keelson/protocol';
import { GrpcServer, systemClock } from '@keelson/service';
import { writeCertificates } from '../../test/certificates.js';
import { world } from '../../test/world.js';
import { Kubelets } from './kubelets.js';

const clock = systemClock();
const directory = mkdtempSync(join(tmpdir(), 'keelson-kubelets-'));
const read = (name: string) => readFileSync(join(directory, name));
const identity = (name: string) => ({ ca: read('ca.crt'), cert: read(`${name}.crt`), key: read(`${name}.key`) });
let place: Awaited<ReturnType<typeof world>>;
let kubelets: Kubelets;
let server: GrpcServer;

before(async () => {
  await writeCertificates(directory, { n1: [{ CN: ['system:node:n1'] }], apiserver: [{ CN: ['kube-apiserver'] }] });
  server = new GrpcServer({ address: '127.0.0.1:0', tls: identity('n1'), protoFiles: ['keelson/v1/pods.proto'] });
  const refuse = (call: { emit(event: string, error: unknown): unknown }) =>
    void call.emit('error', { code: status.NOT_FOUND, details: 'no such pod' });
  server.add(keelson.PodsService, { logs: refuse, exec: refuse, attach: refuse, portForward: refuse });
  const port = await server.listen();
  place = await world();
  const nodes = place.collection('nodes');
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
  for (const name of ['n1', 'n2']) {
    const object = { metadata: { name }, status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } } };
    await nodes.create('', name, object as KubeObject);
  }
  await place.cache.fresh();
  kubelets = new Kubelets({ nodes, clock, tls: identity('apiserver') });
});
after(async () => {
  kubelets.close();
  await server.close((ms) => clock.sleep(ms), 10);
  await place.close();
  rmSync(directory, { recursive: true });
});

function ask(node: string): Promise<{ code?: number; details?: string }> {
  return new Promise((resolve) => {
    const stream = kubelets.of(node).logs({ namespace: 'ns', pod: 'p' }, { timeout: 5_000 });
    stream.on('error', resolve);
    stream.resume();
  });
}

test('at a node’s address only the kubelet with that node’s name will do', async () => {
  assert.equal((await ask('n1')).code, status.NOT_FOUND);
  const other = await ask('n2');
  assert.equal(other.code, status.UNAVAILABLE);
  assert.match(other.details ?? '', /n2/);
});
