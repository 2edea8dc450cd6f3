import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '@keelson/service';
import { stringify } from 'yaml';
import { ApiClient } from '../src/api-client.js';
import { HttpClient } from '../src/http/http-client.js';
import type { ClusterEntry, Kubeconfig, UserEntry } from '../src/kubeconfig/types.js';
import { resources } from '../src/resource.js';
import { inClusterConfig } from '../src/rest-config/in-cluster.js';
import { type RestConfig, restConfigOf, restConfigOfMaster } from '../src/rest-config/rest-config.js';
import { RestTransport } from '../src/transport/rest.js';
import { ApiUnderTest, json } from './api-under-test.js';
import { Authority, type Pair } from './certificates.js';

const clock = systemClock({ keepAlive: false });
const deps = { clock, environment: {} };
const directory = mkdtempSync(join(tmpdir(), 'keelson-kubeconfig-'));
const ending: (() => void)[] = [];
let authority: Authority;
let pair: Pair;
let server: ApiUnderTest;

before(async () => {
  authority = await Authority.make();
  pair = await authority.pair('somebody');
  server = await ApiUnderTest.start({ authority });
  server.answer = (response, { headers }) => {
    const status = headers['authorization'] === 'Bearer bad' ? 401 : 200;
    json(response, status, { kind: 'Status', code: status, reason: 'Unauthorized' });
  };
});
after(() => {
  for (const end of ending) end();
  server.stop();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function written(user: UserEntry, cluster: ClusterEntry = {}, more: Partial<Kubeconfig> = {}): string {
  const authorities = cluster['insecure-skip-tls-verify']
    ? {}
    : { 'certificate-authority-data': authority.ca.toString('base64') };
  const config: Kubeconfig = {
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: server.url, ...authorities, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    ...more,
  };
  return file('kubeconfig', stringify(config));
}

/** What the server sees of whoever comes with it. */
async function seenFrom({ destination, credentials, compression }: RestConfig, times = 1) {
  const http = new HttpClient(destination, { clock, certificate: () => credentials.certificate() });
  ending.push(() => http.close());
  const options = { server: destination.server.href, compression };
  const client = new ApiClient(new RestTransport(options, { clock, http, credentials }));
  for (let i = 0; i < times; i++) await client.get(resources.nodes, { name: 'a' });
  return server.seen.at(-1)!;
}

const seenAs = async (user: UserEntry, cluster?: ClusterEntry, times = 1) =>
  await seenFrom(restConfigOf(written(user, cluster), undefined, deps), times);
const headersAs = async (user: UserEntry) => (await seenAs(user)).headers;

/** A plugin for credentials; it notes each call. */
function plugin(name: string, script: string): string {
  const path = file(
    name,
    `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> ${join(directory, `${name}.calls`)}\n${script}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}
const V1 = 'client.authentication.k8s.io/v1';
const credential = (status: object, apiVersion = V1) => JSON.stringify({ apiVersion, kind: 'ExecCredential', status });

describe('a kubeconfig', () => {
  it('shows a certificate, inline or of files beside it', async () => {
    const [cert, key] = [pair.cert.toString('base64'), pair.key.toString('base64')];
    const inline = await seenAs({ 'client-certificate-data': cert, 'client-key-data': key });
    file('u.crt', pair.cert);
    file('u.key', pair.key);
    const files = await seenAs({ 'client-certificate': 'u.crt', 'client-key': 'u.key' });
    assert.deepEqual([inline.certificate, files.certificate], ['somebody', 'somebody']);
  });

  it('shows a token, that of a file before that which is written, or a user and a password', async () => {
    file('token', 'of-file\n');
    assert.equal((await headersAs({ token: 'plain' }))['authorization'], 'Bearer plain');
    assert.equal((await headersAs({ token: 'plain', tokenFile: 'token' }))['authorization'], 'Bearer of-file');
    assert.equal((await headersAs({ username: 'me', password: 'pw' }))['authorization'], 'Basic bWU6cHc=');
  });

  it('acts as somebody else', async () => {
    const headers = await headersAs({
      ...{ token: 't', as: 'ann', 'as-uid': '7', 'as-groups': ['a', 'b'] },
      'as-user-extra': { 'example.com/x': ['1'] },
    });
    assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([key]) => key.startsWith('impersonate'))), {
      'impersonate-user': 'ann',
      'impersonate-uid': '7',
      'impersonate-group': 'a, b',
      'impersonate-extra-example.com%2fx': '1',
    });
  });

  it('asks a program for a token, and again once that has expired or is refused', async () => {
    const long = plugin('long', `echo '${credential({ token: 'good' })}'`);
    const seen = await seenAs({ exec: { apiVersion: V1, command: long, provideClusterInfo: true } }, {}, 3);
    assert.equal(seen.headers['authorization'], 'Bearer good');
    const calls = (name: string) => readLines(join(directory, `${name}.calls`));
    assert.equal(calls('long').length, 1);
    const told = JSON.parse(calls('long')[0]!);
    assert.equal(told.spec.cluster.server, server.url);
    assert.equal(told.spec.interactive, false);
    const short = plugin(
      'short',
      `echo '${credential({ token: 'good', expirationTimestamp: '2020-01-01T00:00:00Z' })}'`,
    );
    await seenAs({ exec: { apiVersion: V1, command: short } });
    assert.ok(calls('short').length >= 2);
    const flag = join(directory, 'asked');
    const twice = `if [ -e ${flag} ]; then echo '${credential({ token: 'good' })}'; else touch ${flag}; echo '${credential({ token: 'bad' })}'; fi`;
    await seenAs({ exec: { apiVersion: V1, command: plugin('twice', twice), env: [{ name: 'A', value: 'b' }] } });
    assert.equal(calls('twice').length, 2);
  });

  it('asks a program for a certificate', async () => {
    const status = { clientCertificateData: pair.cert.toString(), clientKeyData: pair.key.toString() };
    const answer = file('credential.json', credential(status));
    const seen = await seenAs({ exec: { apiVersion: V1, command: 'cat', args: [answer] } });
    assert.equal(seen.certificate, 'somebody');
  });

  it('tells what is wrong with a program', async () => {
    const fails = async (script: string, text: RegExp, exec = {}) => {
      const command = plugin('wrong', script);
      await assert.rejects(seenAs({ exec: { apiVersion: V1, command, ...exec } }), text);
    };
    await fails('exit 3', /wrong: ended with exit code 3/);
    await fails('exit 3', /ended with exit code 3\ninstall it/, { installHint: 'install it' });
    await fails('echo no', /output is not JSON/);
    await fails(`echo '${credential({})}'`, /neither a token nor/);
    await fails(`echo '${credential({ token: 'x' }, 'client.authentication.k8s.io/v1beta1')}'`, /returned version/);
    await fails('', /invalid apiVersion "v2"/, { apiVersion: 'v2' });
    await assert.rejects(seenAs({ exec: { apiVersion: V1, command: '/nowhere/x' } }), /ENOENT/);
  });

  it('skips what it is told to skip, and asks for no compression where it is told that', async () => {
    const seen = await seenAs({ token: 't' }, { 'insecure-skip-tls-verify': true, 'disable-compression': true });
    assert.equal(seen.headers['accept-encoding'], undefined);
  });

  it('says what is wrong with it', () => {
    const of = (user: UserEntry, cluster: ClusterEntry = {}, more: Partial<Kubeconfig> = {}) => {
      const path = written(user, cluster, more);
      return () => restConfigOf(path, undefined, deps);
    };
    assert.throws(of({}, {}, { 'current-context': '' }), /kubeconfig: current-context is not set/);
    assert.throws(of({}, {}, { 'current-context': 'x' }), /context "x" does not exist/);
    assert.throws(of({}, {}, { clusters: [] }), /cluster "c" does not exist/);
    assert.throws(of({}, {}, { users: [] }), /user "u" does not exist/);
    assert.throws(of({}, { server: '' }), /cluster "c": server is not set/);
    assert.throws(of({}, { server: 'ftp://x' }), /server "ftp:\/\/x" is no URL/);
    assert.throws(of({}, { 'proxy-url': 'x' }), /cluster "c": proxy-url: "x" is no proxy/);
    assert.throws(of({ 'client-certificate-data': 'eA==' }), /user "u" has no client-key/);
    assert.throws(
      of({ 'client-certificate': 'no.crt', 'client-key': 'no.key' }),
      /cannot read client-certificate .*ENOENT/,
    );
    assert.throws(of({ 'auth-provider': { name: 'gcp' } }), /auth-provider is not served/);
    assert.throws(of({ 'as-uid': '1' }), /say nothing without as/);
    assert.throws(
      of({ exec: { apiVersion: V1, command: 'x', interactiveMode: 'Always' } }),
      /interactiveMode is Always/,
    );
    const both = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': authority.ca.toString('base64') };
    assert.throws(of({}, both), /exclude each other/);
    assert.throws(
      () => restConfigOf(join(directory, 'absent'), undefined, deps),
      /error loading config file .*absent.*ENOENT/,
    );
    assert.throws(() => restConfigOfMaster('::', deps), /--master "::" is no URL/);
  });

  it('is gone past by --master', () => {
    const path = written({});
    assert.equal(restConfigOf(path, 'http://127.0.0.1:8001', deps).destination.server.href, 'http://127.0.0.1:8001/');
    assert.equal(restConfigOfMaster('example:6443', deps).destination.server.href, 'https://example:6443/');
  });
});

describe('in a pod', () => {
  it('is what the pod has in its files and its environment', async () => {
    const folder = join(directory, 'serviceaccount');
    mkdirSync(folder);
    const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) };
    assert.equal(inClusterConfig({ clock, environment }, folder), undefined);
    writeFileSync(join(folder, 'token'), 'pod');
    writeFileSync(join(folder, 'ca.crt'), authority.ca);
    assert.equal(inClusterConfig({ clock, environment: {} }, folder), undefined);
    const seen = await seenFrom(inClusterConfig({ clock, environment }, folder)!);
    assert.equal(seen.headers['authorization'], 'Bearer pod');
    const v6 = { ...environment, KUBERNETES_SERVICE_HOST: 'fd00::1' };
    assert.equal(inClusterConfig({ clock, environment: v6 }, folder)?.destination.server.hostname, '[fd00::1]');
  });
});

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').trim().split('\n');
}
