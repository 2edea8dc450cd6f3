import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { systemClock, systemRandom } from '@keelson/service';
import { createStoreClient } from '@keelson/store-client';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

interface Component {
  readonly name: string;
  readonly clientUrl?: string;
  readonly peerUrl?: string;
  readonly log: string;
}

interface Answer {
  readonly code: number;
  readonly message: string;
}

describe('the doors of a cluster', () => {
  const cluster = new ClusterUnderTest();
  const pki = (name: string) => join(cluster.dataDir, 'pki', name);
  const pair = (name: string) => ({ cert: readFileSync(pki(`${name}.crt`)), key: readFileSync(pki(`${name}.key`)) });

  before(async () => {
    await cluster.up('--stores', '1', '--nodes', '2');
  });
  after(() => cluster.remove());

  const component = (name: string) => (cluster.components() as unknown as Component[]).find((it) => it.name === name)!;

  /** What the API server says to a certificate, or to nobody. */
  function call(who: string | undefined, method: string, path: string, body?: object, type = 'application/json') {
    const target = {
      ...{ host: '127.0.0.1', port: cluster.portBase, method, path, agent: false, ca: readFileSync(pki('ca.crt')) },
      ...(who === undefined ? {} : pair(who)),
      headers: { 'content-type': type },
    };
    return new Promise<Answer>((resolve, reject) => {
      const sent = request(target, async (response) => {
        const text: Buffer[] = [];
        for await (const chunk of response) text.push(chunk as Buffer);
        const { message = '' } = JSON.parse(Buffer.concat(text).toString()) as { message?: string };
        resolve({ code: response.statusCode ?? 0, message });
      });
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  /** Whether a port goes on with whoever shows a certificate: TLS 1.3 refuses after the client's handshake. */
  function isTaken(url: string, ca: string, who: string): Promise<boolean> {
    const { hostname: host, port } = new URL(url);
    const options = { host, port: Number(port), ca: readFileSync(pki(ca)), ...pair(who), ALPNProtocols: ['h2'] };
    return new Promise((resolve) => {
      const socket = connectTls(options, () => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'));
      const done = (taken: boolean) => {
        socket.destroy();
        resolve(taken);
      };
      socket.on('error', () => done(false));
      socket.on('close', () => done(false));
      socket.on('data', () => done(true));
    });
  }

  test('a certificate opens the doors of its own authority only', async () => {
    const { clientUrl = '', peerUrl = '' } = component('store-0');
    const certificates = ['admin', 'kubelet-node-0', 'scheduler', 'apiserver-kubelet-client', 'front-proxy-client'];
    for (const who of [...certificates, 'etcd/peer-store-0'])
      assert.equal(await isTaken(clientUrl, 'etcd/ca.crt', who), false, `${who} at the store`);
    for (const who of [...certificates, 'etcd/server-store-0', 'apiserver-etcd-client'])
      assert.equal(await isTaken(peerUrl, 'etcd/peer-ca.crt', who), false, `${who} at a member`);
    assert.equal(await isTaken(clientUrl, 'etcd/ca.crt', 'apiserver-etcd-client'), true);
    assert.equal(await isTaken(peerUrl, 'etcd/peer-ca.crt', 'etcd/peer-store-0'), true);
    const strangers = ['etcd/healthcheck-client', 'etcd/peer-store-0', 'apiserver-etcd-client', 'front-proxy-client'];
    // The API server's own certificate is for serving.
    for (const who of [...strangers, 'apiserver']) assert.equal((await call(who, 'GET', '/api')).code, 401, who);
    assert.equal((await call('admin', 'GET', '/api')).code, 200);
  });

  test('who looks after the store has a certificate for it', async () => {
    const endpoints = [component('store-0').clientUrl ?? ''];
    const tls = { ca: readFileSync(pki('etcd/ca.crt')), ...pair('etcd/healthcheck-client') };
    const client = createStoreClient({ endpoints, tls }, { clock: systemClock(), random: systemRandom() });
    const { count } = await client.kv.range({ key: Buffer.from('/registry/nodes/node-0') });
    client.close();
    assert.equal(count, 1);
  });

  test('a node is itself and nobody else', async () => {
    const node = (method: string, path: string, body?: object, type?: string) =>
      call('kubelet-node-0', method, path, body, type);
    const merge = 'application/merge-patch+json';
    const account = '/api/v1/namespaces/default/serviceaccounts/default';
    await eventually(async () => assert.equal((await call('admin', 'GET', account)).code, 200));
    const spec = { nodeName: 'node-0', serviceAccountName: 'default', containers: [{ name: 'c', image: 'busybox' }] };
    const refused: [string, ReturnType<typeof call>][] = [
      ['secrets', node('GET', '/api/v1/secrets')],
      ['pods of its own making', node('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec })],
      ['tokens bound to nothing', node('POST', `${account}/token`, { spec: {} })],
      ['other nodes', node('GET', '/api/v1/nodes/node-1')],
      ['others’ status', node('PATCH', '/api/v1/nodes/node-1/status', { status: {} }, merge)],
      ['new nodes', node('POST', '/api/v1/nodes', { metadata: { name: 'node-9' } })],
      [
        'labels of the control plane',
        node(
          'PATCH',
          '/api/v1/nodes/node-0',
          { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } },
          merge,
        ),
      ],
      [
        'its taints',
        node('PATCH', '/api/v1/nodes/node-0', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, merge),
      ],
      [
        'others’ leases',
        node('PATCH', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1', { spec: {} }, merge),
      ],
    ];
    for (const [what, answer] of refused) assert.equal((await answer).code, 403, what);
    assert.equal((await node('GET', '/api/v1/nodes/node-0')).code, 200);
  });

  test('logs, keys and data are for their owner only', () => {
    const mode = (path: string) => statSync(path).mode & 0o077;
    for (const { log } of cluster.components()) assert.equal(mode(log), 0, log);
    for (const folder of ['pki', 'pki/etcd', 'logs', 'data/store-0'])
      assert.equal(mode(join(cluster.dataDir, folder)), 0, folder);
    const keys = readdirSync(join(cluster.dataDir, 'pki'), { recursive: true, encoding: 'utf8' });
    for (const name of keys.filter((it) => it.endsWith('.key'))) assert.equal(mode(pki(name)), 0, name);
    assert.equal(mode(cluster.kubeconfig), 0);
  });
});
