import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isApiError, type Pod } from '@keelson/api';
import { systemClock } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { ApiClient } from '../src/api-client.js';
import { CertificateFiles } from '../src/credentials/certificate-files.js';
import { tokenCredentials } from '../src/credentials/credentials.js';
import { TokenFile } from '../src/credentials/token-file.js';
import { HttpClient } from '../src/http/http-client.js';
import { resources } from '../src/resource.js';
import { until } from '../src/testing/index.js';
import { RestTransport, type RestTransportDependencies, type RestTransportOptions } from '../src/transport/rest.js';
import { ApiUnderTest, type ApiUnderTestOptions, json } from './api-under-test.js';
import { Authority } from './certificates.js';

const clock = systemClock({ keepAlive: false });
const directory = mkdtempSync(join(tmpdir(), 'keelson-rest-'));
const ending: (() => void)[] = [];
let authority: Authority;

before(async () => {
  authority = await Authority.make();
});
after(() => {
  for (const end of ending) end();
  rmSync(directory, { recursive: true, force: true });
});

async function serve(options: Partial<ApiUnderTestOptions> = {}): Promise<ApiUnderTest> {
  const server = await ApiUnderTest.start({ authority, ...options });
  ending.push(() => server.stop());
  return server;
}

function clientOf(
  server: string,
  options: Partial<RestTransportOptions> = {},
  dependencies: Partial<RestTransportDependencies> = {},
): ApiClient {
  const transport = new RestTransport({ server, tls: { ca: authority.ca }, ...options }, { clock, ...dependencies });
  ending.push(() => transport.close());
  return new ApiClient(transport);
}

const POD = { namespace: 'default', name: 'a' };
const pod = (name: string): Pod => ({ metadata: { name, namespace: 'default' } });

describe('RestTransport: connections', () => {
  for (const protocol of ['h2', 'https', 'http'] as const) {
    it(`speaks to a server over ${protocol}`, async () => {
      const server = await serve({ protocol });
      server.answer = (response, { method }) => json(response, 200, { metadata: { name: method } });
      const client = clientOf(`${server.url}/k8s/clusters/c-1/`);
      const [got, made] = await Promise.all([client.get(resources.pods, POD), client.create(resources.pods, pod('b'))]);
      assert.deepEqual([got.metadata.name, made.metadata.name], ['GET', 'POST']);
      const posted = server.seen.find(({ method }) => method === 'POST');
      assert.equal(posted?.path, '/k8s/clusters/c-1/api/v1/namespaces/default/pods');
      assert.deepEqual(JSON.parse(posted?.body ?? ''), pod('b'));
      assert.equal(posted?.httpVersion, protocol === 'h2' ? '2.0' : '1.1');
    });
  }

  it('uses one connection for many requests, and another one where the streams of the first are taken', async () => {
    const server = await serve({ streamsMax: 3 });
    const watching = new AbortController();
    server.answer = (response, { path }) => {
      if (!path.includes('watch=true')) return json(response, 200, {});
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: pod('a') })}\n`);
    };
    const client = clientOf(server.url);
    await client.get(resources.pods, POD);
    for (let i = 0; i < 7; i++) {
      const watch = client.watch(resources.pods, { signal: watching.signal })[Symbol.asyncIterator]();
      assert.equal((await watch.next()).value.object.metadata.name, 'a');
    }
    await client.get(resources.pods, POD);
    assert.equal(server.sessions.size, 3);
    watching.abort();
  });

  it('gives a connection up over which nobody answers pings, and the watches on it', async () => {
    const server = await serve();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: pod('a') })}\n`);
    };
    const relay = await Relay.start(server.port);
    const manual = new ManualClock();
    const client = clientOf(`https://127.0.0.1:${relay.port}`, {}, { clock: manual });
    const watch = client.watch(resources.pods)[Symbol.asyncIterator]();
    await watch.next();
    const next = watch.next().then(
      () => 'went on',
      (error: Error) => error.message,
    );
    await manual.advanceAsync(10_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await manual.advanceAsync(6_000);
    relay.isSilent = true;
    await manual.advanceAsync(10_000);
    await manual.advanceAsync(5_001);
    assert.match(await next, /cannot reach the API server .* did not answer a ping/);
    relay.isSilent = false;
    server.answer = (response) => json(response, 200, {});
    await client.get(resources.pods, POD);
  });

  it('lets a watch that nobody reads hold up no other request', async () => {
    const server = await serve();
    const line = `${JSON.stringify({ type: 'ADDED', object: pod('x'.repeat(100_000)) })}\n`;
    server.answer = (response, { path }) => {
      if (!path.includes('watch=true')) return json(response, 200, { metadata: { name: 'y'.repeat(200_000) } });
      response.writeHead(200, { 'content-type': 'application/json' });
      for (let i = 0; i < 30; i++) response.write(line);
    };
    const client = clientOf(server.url, { timeoutMs: 10_000 });
    const leaving = new AbortController();
    for (let i = 0; i < 20; i++) {
      await client.watch(resources.pods, { signal: leaving.signal })[Symbol.asyncIterator]().next();
    }
    assert.equal((await client.get(resources.pods, POD)).metadata.name?.length, 200_000);
    assert.equal(server.sessions.size, 1);
    leaving.abort();
  });

  it('asks again what was refused before anybody looked at it, on another connection after a GOAWAY', async () => {
    const server = await serve();
    let refusals = 2;
    server.answer = (response) => {
      if (refusals-- > 0) response.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else json(response, 201, pod('a'));
    };
    const client = clientOf(server.url);
    await client.create(resources.pods, pod('a'));
    assert.equal(server.seen.length, 3);
    for (const it of server.sessions) it.goaway();
    await client.create(resources.pods, pod('a'));
  });

  it('takes an answer that breaks off for a failure', async () => {
    const server = await serve();
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"metadata":{}', () => response.stream.session?.destroy());
    };
    await assert.rejects(clientOf(server.url).get(resources.pods, POD), { code: 503 });
  });

  it('gives a request up after its time, and a watch that does not begin', async () => {
    const server = await serve();
    server.answer = () => {};
    const client = clientOf(server.url, { timeoutMs: 100 });
    await assert.rejects(client.get(resources.pods, POD), { code: 504, reason: 'Timeout' });
    await assert.rejects(client.watch(resources.pods)[Symbol.asyncIterator]().next(), { code: 504 });
  });

  it('knows a server by another name where it is told one, and no server by a name that it has not', async () => {
    const server = await serve({ host: { dns: 'api.example' } });
    const http = (serverName?: string) => {
      const made = new HttpClient(
        { server: new URL(server.url), authorities: () => authority.ca, serverName },
        { clock },
      );
      ending.push(() => made.close());
      return clientOf(server.url, {}, { http: made });
    };
    await http('api.example').get(resources.pods, POD);
    await assert.rejects(http().get(resources.pods, POD), /does not match certificate/);
  });
});

describe('RestTransport: answers', () => {
  it('waits as long as it is told by a server that is busy, and no longer than its caller', async () => {
    const server = await serve();
    let busy = 2;
    server.answer = (response) => {
      if (busy-- > 0) json(response, 429, { kind: 'Status', code: 429, message: 'busy' }, { 'retry-after': '1' });
      else json(response, 200, {});
    };
    const manual = new ManualClock();
    const client = clientOf(server.url, {}, { clock: manual });
    let done = false;
    const got = client.get(resources.pods, POD).then(() => {
      done = true;
    });
    await until(() => server.seen.length === 1);
    await until(() => done, { clock: manual });
    await got;
    assert.equal(server.seen.length, 3);
    assert.ok(manual.monotonic() >= 2_000, `waited ${manual.monotonic()} ms`);
    busy = 1_000;
    const leaving = new AbortController();
    const refused = client.get(resources.pods, POD, { signal: leaving.signal });
    await until(() => server.seen.length === 4);
    leaving.abort(new Error('tired'));
    await assert.rejects(refused, /tired/);
  });

  it('does not ask again where the server does not say so', async () => {
    const server = await serve();
    server.answer = (response) => json(response, 503, { kind: 'Status', code: 503, reason: 'ServiceUnavailable' });
    await assert.rejects(clientOf(server.url).get(resources.pods, POD), { code: 503 });
    assert.equal(server.seen.length, 1);
  });

  it('makes an error of what something between answers', async () => {
    const server = await serve();
    const page = `<html>${'x'.repeat(5_000)}</html>`;
    server.answer = (response, { path }) => {
      response.writeHead(path.endsWith('/a') ? 403 : 200, { 'content-type': 'text/html' });
      response.end(page);
    };
    const client = clientOf(server.url);
    const forbidden = await client.get(resources.pods, POD).catch((error: unknown) => error);
    assert.ok(isApiError(forbidden, 'Forbidden'));
    assert.ok(forbidden.message.length < 3_000);
    await assert.rejects(client.get(resources.pods, { ...POD, name: 'b' }), /not JSON but text\/html/);
  });

  it('reads what is compressed, and has watches uncompressed', async () => {
    const server = await serve();
    server.answer = (response, { path, headers }) => {
      if (path.includes('watch=true'))
        return json(response, 200, { type: 'ADDED', object: pod(String(headers['accept-encoding'])) });
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(pod(String(headers['accept-encoding'])))));
    };
    const client = clientOf(server.url);
    assert.equal((await client.get(resources.pods, POD)).metadata.name, 'gzip');
    for await (const { object } of client.watch(resources.pods)) assert.equal(object.metadata.name, 'undefined');
  });

  it('asks for no more than metadata where no more is wanted', async () => {
    const server = await serve();
    server.answer = (response) => json(response, 200, { metadata: {}, items: [] });
    const client = clientOf(server.url);
    await client.list(resources.pods, { metadataOnly: true });
    assert.deepEqual(
      [server.seen[0]?.headers['accept'], server.seen[0]?.path],
      ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json', '/api/v1/pods'],
    );
  });

  it('throws the Status in a watch, and tells warnings', async () => {
    const server = await serve();
    const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    server.answer = (response, { path }) => {
      if (path.includes('watch=true')) json(response, 200, { type: 'ERROR', object: expired });
      else json(response, 200, {}, { warning: '299 - "one \\"x\\"", 299 - "two"' });
    };
    const told: string[] = [];
    const transport = new RestTransport({ server: server.url, tls: { ca: authority.ca } }, { clock });
    ending.push(() => transport.close());
    const client = new ApiClient(transport, { onWarning: (text) => void told.push(text) });
    await assert.rejects(client.watch(resources.pods)[Symbol.asyncIterator]().next(), { code: 410, reason: 'Expired' });
    await client.get(resources.pods, POD);
    assert.deepEqual(told, ['one "x"', 'two']);
  });
});

describe('RestTransport: who asks', () => {
  it('shows a token of a file, and reads that again when it is refused', async () => {
    const server = await serve();
    const path = join(directory, 'token');
    writeFileSync(path, 'first\n');
    let good = 'first';
    server.answer = (response, { headers }) => {
      const status = headers['authorization'] === `Bearer ${good}` ? 200 : 401;
      json(response, status, { kind: 'Status', code: status, reason: 'Unauthorized' });
    };
    const client = clientOf(server.url, {}, { credentials: tokenCredentials(new TokenFile(path, { clock })) });
    await client.get(resources.pods, POD);
    writeFileSync(path, 'second\n');
    await client.get(resources.pods, POD);
    good = 'second';
    await client.get(resources.pods, POD);
    assert.deepEqual(
      server.seen.map(({ headers }) => headers['authorization']),
      ['Bearer first', 'Bearer first', 'Bearer first', 'Bearer second'],
    );
    good = 'third';
    await assert.rejects(client.get(resources.pods, POD), { code: 401 });
  });

  it('shows the certificate that is in its files now, and lets watches with the old one run on', async () => {
    const server = await serve();
    server.answer = (response, { path }) => {
      if (!path.includes('watch=true')) return json(response, 200, {});
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: pod('a') })}\n`);
      setTimeout(() => response.end(JSON.stringify({ type: 'ADDED', object: pod('b') })), 200);
    };
    const files = { cert: join(directory, 'c.crt'), key: join(directory, 'c.key') };
    const write = async (name: string) => {
      const { cert, key } = await authority.pair(name);
      writeFileSync(files.cert, cert);
      writeFileSync(files.key, key);
    };
    await write('old');
    const manual = new ManualClock();
    const certificates = new CertificateFiles(files, { clock: manual });
    const http = new HttpClient(
      { server: new URL(server.url), authorities: () => authority.ca },
      { clock: manual, certificate: () => certificates.current() },
    );
    ending.push(() => http.close());
    const client = clientOf(server.url, {}, { http, clock: manual });
    const watch = client.watch(resources.pods)[Symbol.asyncIterator]();
    assert.equal((await watch.next()).value.object.metadata.name, 'a');
    await write('new');
    await client.get(resources.pods, POD);
    manual.advance(10_001);
    await client.get(resources.pods, POD);
    assert.deepEqual(
      server.seen.map(({ certificate }) => certificate),
      ['old', 'old', 'new'],
    );
    assert.equal((await watch.next()).value.object.metadata.name, 'b');
  });

  it('tells its user agent', async () => {
    const server = await serve();
    await clientOf(server.url, { userAgent: 'kube-scheduler/v1' }).get(resources.pods, POD);
    assert.equal(server.seen[0]?.headers['user-agent'], 'kube-scheduler/v1');
  });
});

/** Passes bytes on, until it is silent: then nobody hears anything, nor that the connection is gone. */
class Relay {
  port = 0;
  isSilent = false;

  static async start(to: number): Promise<Relay> {
    const it = new Relay();
    const server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as [Socket, Socket][]) {
        from.on('error', () => {});
        from.on('data', (chunk) => {
          if (!it.isSilent) into.write(chunk);
        });
        from.on('close', () => {
          if (!it.isSilent) into.destroy();
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    it.port = (server.address() as { port: number }).port;
    ending.push(() => server.close());
    return it;
  }
}
