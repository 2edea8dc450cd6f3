import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { Node } from '@keelson/api';
import { systemClock } from '@keelson/service';
import { KubeletClient } from '../src/scrape/kubelet-client.js';
import { authority } from './certificates.js';

const clock = systemClock({ keepAlive: false });
const GOOD = 'node_cpu_usage_seconds_total 350 1395066363000\nnode_memory_working_set_bytes 1000 1395066363000\n';
/** How a kubelet answers. */
type Manner = (response: ServerResponse) => void;
const well: Manner = (response) => void response.end(GOOD);

let server: Server;
let client: KubeletClient;
let strangers: KubeletClient;
let manner: Manner = well;
let shown: string | string[] | undefined;

before(async () => {
  const cluster = await authority('cluster');
  const kubelet = await cluster('n1');
  server = createServer({ ...kubelet, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    shown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
    manner(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tls = await cluster('metrics');
  const options = { tls, ca: tls.ca, insecure: false, addressTypes: ['InternalIP'], port: undefined, timeoutMs: 500 };
  client = new KubeletClient(options, { clock });
  const other = await (await authority('another'))('metrics');
  strangers = new KubeletClient({ ...options, ca: other.ca }, { clock });
});
after(() => {
  client.close();
  strangers.close();
  server.closeAllConnections();
  server.close();
});

function node(name = 'n1', more: Partial<Node> = {}): Node {
  const { port } = server.address() as AddressInfo;
  const annotations = { 'keelson.dev/status-port': String(port) };
  const addresses = [
    { type: 'Hostname', address: 'nowhere' },
    { type: 'InternalIP', address: '127.0.0.1' },
  ];
  return { metadata: { name, annotations }, status: { addresses }, ...more };
}

const never = new AbortController().signal;

test('a kubelet is asked with this process’ certificate, by its node’s name', async () => {
  manner = well;
  assert.equal((await client.scrape(node(), never)).node?.memoryBytes, 1000);
  assert.equal(shown, 'metrics');
  const { port } = server.address() as AddressInfo;
  const status = { ...node().status, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  assert.ok(
    (await client.scrape(node('n1', { metadata: { name: 'n1' }, status }), never)).node,
    'as other kubelets tell',
  );
});

test('whoever is not the node’s kubelet is not believed', async () => {
  manner = well;
  await assert.rejects(client.scrape(node('n2'), never), /does not match certificate's altnames/);
  await assert.rejects(strangers.scrape(node(), never), /self-signed certificate in certificate chain|unable to/);
});

test('kubelets that hang, break off, refuse or talk rubbish are given up with a reason', async () => {
  const endless: Manner = (response) => {
    const more = () => {
      while (!response.destroyed && response.write(`# ${'x'.repeat(8_000)}\n`.repeat(100)));
    };
    response.on('drain', more);
    more();
  };
  const cases: [Manner, RegExp][] = [
    [() => {}, /it did not answer within 0.5 seconds/],
    [(response) => void response.write(GOOD), /it did not answer within 0.5 seconds/],
    [(response) => void response.socket?.destroy(), /socket hang up|closed the connection/],
    [(response) => response.write(GOOD, () => response.socket?.destroy()) as never, /aborted|cut off|closed/],
    [(response) => void response.writeHead(401).end('Unauthorized'), /it answered with status 401/],
    [(response) => void response.end('<html>busy</html>'), /line 1 is no sample of a metric/],
    [(response) => void response.end('resource_scrape_error 1\n'), /could not find out/],
    [endless, /its answer has more than|did not answer within/],
  ];
  for (const [next, reason] of cases) {
    manner = next;
    await assert.rejects(client.scrape(node(), never), reason, String(reason));
  }
  manner = well;
  assert.ok((await client.scrape(node(), never)).node, 'and the next one is heard');
});

test('a node without an address or a port, and one whose kubelet is gone', async () => {
  await assert.rejects(client.scrape(node('n1', { status: {} }), never), /no address of the types InternalIP/);
  await assert.rejects(client.scrape(node('n1', { metadata: { name: 'n1' } }), never), /the node tells no port/);
  const annotations = { 'keelson.dev/status-port': '1' };
  await assert.rejects(client.scrape(node('n1', { metadata: { name: 'n1', annotations } }), never), /ECONNREFUSED/);
  manner = () => {};
  const stop = new AbortController();
  const asked = client.scrape(node(), stop.signal);
  stop.abort();
  await assert.rejects(asked, /nobody wants to know/);
});
