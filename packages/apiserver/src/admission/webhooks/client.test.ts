import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '@keelson/service';
import { connectTcp } from '@keelson/service/sockets';
import { writeCertificates } from '../../../test/certificates.js';
import { HookClient, type ServiceDialer } from './client.js';
import { webhookCredentials } from './credentials.js';

const REVIEW = '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{}}';

describe('the client of webhooks', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hooks-'));
  const file = (name: string) => readFileSync(join(directory, name));
  let server: Server;
  let base = '';
  let answer: RequestListener = (_, response) => response.end(REVIEW);
  const seen: { url: string; method: string; body: string; host: string }[] = [];
  const shown: unknown[] = [];
  let dial: ServiceDialer = () => Promise.reject(new Error('service "none" not found'));
  const client = new HookClient({ clock: systemClock(), dial: (...asked) => dial(...asked) });

  before(async () => {
    await writeCertificates(directory, { 's.n.svc': [{ CN: ['hook'] }] });
    await writeCertificates(directory, { other: [{ CN: ['other'] }] }, 'other-ca');
    const own = { cert: file('s.n.svc.crt'), key: file('s.n.svc.key'), requestCert: true, rejectUnauthorized: false };
    server = createServer(own, (request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { url = '', method = '', headers } = request;
        seen.push({ url, method, body, host: headers.host ?? '' });
        const { subject } = (request.socket as TLSSocket).getPeerCertificate();
        shown.push([subject?.CN, headers.authorization]);
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    seen.length = 0;
    shown.length = 0;
    answer = (_, response) => response.end(REVIEW);
  });
  after(() => {
    client.close();
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  });

  const bundle = (name = 'ca.crt') => file(name).toString('base64');
  const ask = (more: object = {}, seconds = 5) =>
    client.ask(
      { url: `${base}/hook?x=1`, caBundle: bundle(), ...more },
      { a: 1 },
      seconds,
      new AbortController().signal,
    );

  it('posts the review with the time that there is', async () => {
    assert.deepEqual(await ask(), JSON.parse(REVIEW));
    assert.deepEqual([seen[0]?.method, seen[0]?.url, seen[0]?.body], ['POST', '/hook?x=1&timeout=5s', '{"a":1}']);
  });

  it('trusts whom the configuration trusts', async () => {
    const untrusted =
      /^Post "https:\/\/127\.0\.0\.1:\d+\/hook\?x=1&timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority$/;
    const refused = (error: Error) => {
      assert.match(error.message, untrusted);
      return true;
    };
    await assert.rejects(ask({ caBundle: bundle('other-ca.crt') }), refused);
    await assert.rejects(ask({ caBundle: undefined }), refused);
    await ask();
  });

  it('reaches services through whoever knows them, by their name', async () => {
    const { port } = server.address() as AddressInfo;
    const asked: unknown[] = [];
    dial = async (...where) => {
      asked.push(where);
      return () => connectTcp({ host: '127.0.0.1', port });
    };
    const service = { namespace: 'n', name: 's', path: '/p', port: 8443 };
    await ask({ url: undefined, service });
    assert.deepEqual([asked, seen[0]?.url, seen[0]?.host], [[['n', 's', 8443]], '/p?timeout=5s', 's.n.svc:8443']);
    await assert.rejects(
      ask({ url: undefined, service: { ...service, namespace: 'm' } }),
      /x509: certificate is not valid for s.m.svc/,
    );
    dial = () => Promise.reject(new Error('service "none" not found'));
    await assert.rejects(ask({ url: undefined, service }), {
      message: 'Post "https://s.n.svc:8443/p?timeout=5s": service "none" not found',
    });
  });

  it('keeps connections, to services too, and makes another where the kept one has ended', async () => {
    const { port } = server.address() as AddressInfo;
    let made = 0;
    dial = async () => () => {
      made += 1;
      return connectTcp({ host: '127.0.0.1', port });
    };
    const config = { url: undefined, service: { namespace: 'n', name: 's', path: '/kept' } };
    await ask(config);
    const before = made;
    for (let times = 0; times < 5; times++) await ask(config);
    assert.equal(made, before);
    // The server ends the connection as the next request comes.
    answer = (request, response) => {
      answer = (_, next) => next.end(REVIEW);
      if (made === before) request.socket.destroy();
      else response.end(REVIEW);
    };
    await ask(config);
    assert.equal(made, before + 1);
    // One that was new and ends all the same has failed, however many were kept.
    await Promise.all([ask(config), ask(config), ask(config)]);
    answer = ({ socket }) => socket.destroy();
    await assert.rejects(ask(config), /^Error: Post ".*": EOF$/);
    answer = (_, response) => response.end(REVIEW);
    dial = async () => () => connectTcp({ host: '127.0.0.1', port: 1 });
    await assert.rejects(ask({ ...config, service: { ...config.service, port: 9 } }), /connection refused/);
  });

  for (const [what, status, type, text, why] of [
    ['no such page', 404, 'text/plain', 'not here', 'the server could not find the requested resource'],
    [
      'a failure',
      500,
      'application/json',
      'broken',
      'an error on the server ("unknown") has prevented the request from succeeding',
    ],
    [
      'a failure in words',
      500,
      'text/plain',
      ' broken\n',
      'an error on the server ("broken") has prevented the request from succeeding',
    ],
    [
      'a Status',
      500,
      'application/json',
      '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"told"}',
      'told',
    ],
    [
      'an odd code',
      418,
      'text/plain',
      '',
      'the server responded with the status code 418 but did not return more information',
    ],
    [
      'nothing',
      200,
      'application/json',
      '',
      '0-length response with status code: 200 and content type: application/json',
    ],
    [
      'another kind',
      200,
      'application/json',
      '{"apiVersion":"v1","kind":"Odd"}',
      'no kind "Odd" is registered for version "v1" in scheme "pkg/util/webhook/client.go:71"',
    ],
    ['no kind', 200, 'application/json', '{}', "Object 'Kind' is missing in '{}'"],
  ] as const) {
    it(`tells of ${what}`, async () => {
      answer = (_, response) => response.writeHead(status, { 'content-type': type }).end(text);
      await assert.rejects(ask(), { message: why });
    });
  }

  it('follows redirections so far', async () => {
    answer = ({ url = '' }, response) => {
      if (url === '/there') response.end(REVIEW);
      else response.writeHead(307, { location: '/there' }).end();
    };
    await ask();
    assert.deepEqual(seen.map(({ method, url }) => [method, url]).at(-1), ['POST', '/there']);
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
    await assert.rejects(ask(), /stopped after 10 redirects/);
  });

  it('waits no longer than it may', async () => {
    answer = () => {};
    await assert.rejects(ask({}, 1), /^Error: Post ".*timeout=1s": context deadline exceeded$/);
  });

  it('tells of nobody there', async () => {
    const url = 'https://127.0.0.1:1/x';
    await assert.rejects(ask({ url }), {
      message: `Post "${url}?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused`,
    });
  });

  it('shows each server what is kept for it: the nearest name counts', async () => {
    const users = [
      ...[
        [new URL(base).host, { 'client-certificate': 's.n.svc.crt', 'client-key': 's.n.svc.key', token: 'exact' }],
        ['s.n.svc', { username: 'basic', password: 'secret' }],
        ['*.n.svc', { token: 'near' }],
        ['*.svc', { token: 'far' }],
        ['*', { token: 'any' }],
      ].map(([name, user]) => ({ name, user })),
    ];
    const path = join(directory, 'kubeconfig');
    writeFileSync(path, JSON.stringify({ users }));
    const credentials = webhookCredentials(path);
    const config = { url: `${base}/hook`, caBundle: bundle() };
    await client.ask(config, {}, 5, new AbortController().signal, { credentials });
    await client.ask(config, {}, 5, new AbortController().signal);
    assert.deepEqual(shown, [
      ['hook', 'Bearer exact'],
      [undefined, undefined],
    ]);
    const of = (target: string) => credentials(target)?.authorization;
    assert.equal(of('s.n.svc:443'), `Basic ${Buffer.from('basic:secret').toString('base64')}`);
    assert.equal(of('s.n.svc:8443'), 'Bearer any', 'a port is a part of the last label');
    assert.equal(of('t.n.svc:443'), 'Bearer near');
    assert.equal(of('t.m.svc:443'), 'Bearer far');
    assert.equal(of('example.test:443'), 'Bearer any');
    const context = { name: 'c', context: { cluster: '', user: 'u' } };
    const current = { 'current-context': 'c', contexts: [context], users: [{ name: 'u', user: { token: 'current' } }] };
    writeFileSync(path, JSON.stringify(current));
    assert.equal(webhookCredentials(path)('a:1')?.authorization, 'Bearer current');
    writeFileSync(path, JSON.stringify({ users: [{ name: '*', user: { 'client-certificate': 'none.crt' } }] }));
    assert.throws(() => webhookCredentials(path), /user "\*": cannot read client-certificate .*none\.crt/);
  });
});
