import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GRPC_EXTENSION } from '@keelson/client/kubeconfig';
import { stringify } from 'yaml';
import { kubeconfigPaths, loadKubeconfig, updateKubeconfig } from './load.js';
import { contextOf, targetOf } from './target.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

function config(name: string, extra: object = {}) {
  return {
    'current-context': name,
    clusters: [
      {
        name,
        cluster: {
          server: 'https://127.0.0.1:6443',
          'certificate-authority-data': base64('ca'),
          extensions: [{ name: GRPC_EXTENSION, extension: { server: `${name}:6444` } }],
        },
      },
    ],
    users: [{ name, user: { 'client-certificate-data': base64('cert'), 'client-key': 'key.pem' } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: `ns-${name}` } }],
    ...extra,
  };
}

function folder(t: { after(run: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'keelctl-test-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('files are looked for in the order flag, $KUBECONFIG, ./.keelson, home', (t) => {
  const cwd = folder(t);
  const env = { KUBECONFIG: 'a:/b', HOME: '/home/me' };
  assert.deepEqual(kubeconfigPaths('x', { env, cwd }), [join(cwd, 'x')]);
  assert.deepEqual(kubeconfigPaths(undefined, { env, cwd }), [join(cwd, 'a'), '/b']);
  assert.deepEqual(kubeconfigPaths(undefined, { env: { HOME: '/home/me' }, cwd }), ['/home/me/.kube/config']);
  mkdirSync(join(cwd, '.keelson'));
  writeFileSync(join(cwd, '.keelson/kubeconfig'), '');
  assert.deepEqual(kubeconfigPaths(undefined, { env: { HOME: '/home/me' }, cwd }), [join(cwd, '.keelson/kubeconfig')]);
});

test('files add up, the first that names a thing wins, and paths are relative to their file', (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'one'), stringify(config('one')));
  writeFileSync(join(cwd, 'two'), stringify(config('two', { 'current-context': 'two' })));
  writeFileSync(join(cwd, 'key.pem'), 'key');
  const source = loadKubeconfig(undefined, { env: { KUBECONFIG: 'one:two:missing' }, cwd });
  assert.equal(source.config['current-context'], 'one');
  assert.equal(contextOf(source, {})?.namespace, 'ns-one');
  assert.equal(contextOf(source, { context: 'two' })?.namespace, 'ns-two');
  const target = targetOf(source, { context: 'two' });
  assert.equal(target.address, 'two:6444');
  assert.equal(target.tls.key?.toString(), 'key');
  assert.equal(targetOf(source, { server: 'https://localhost:1/' }).address, 'localhost:1');
});

test('a token, in the file or beside it, is enough', (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'token'), 'from-file\n');
  const target = (user: object, flags = {}) => {
    writeFileSync(join(cwd, 'c'), stringify(config('a', { users: [{ name: 'a', user }] })));
    return targetOf(loadKubeconfig('c', { env: {}, cwd }), flags);
  };
  assert.equal(target({ token: 't' }).token, 't');
  assert.equal(target({ token: 't' }).tls.cert, undefined);
  assert.equal(target({ tokenFile: 'token' }).token, 'from-file');
  assert.equal(target({ token: 't', tokenFile: 'token' }).token, 't');
  assert.equal(target({}, { token: 'flag' }).token, 'flag');
});

test('changing the context writes the file', (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'one'), stringify(config('one')));
  updateKubeconfig(loadKubeconfig('one', { env: {}, cwd }), (it) => {
    it['current-context'] = 'other';
  });
  assert.match(readFileSync(join(cwd, 'one'), 'utf8'), /current-context: other/);
});

test('what is missing is named', (t) => {
  const cwd = folder(t);
  const load = (content: object, flags = {}) => {
    writeFileSync(join(cwd, 'c'), stringify(content));
    return () => targetOf(loadKubeconfig('c', { env: {}, cwd }), flags);
  };
  assert.throws(() => loadKubeconfig('nope', { env: {}, cwd }), /--kubeconfig: stat .*nope: no such file/);
  assert.throws(load({}), /no cluster is configured/);
  assert.throws(load(config('a'), { context: 'b' }), /--context: context "b" does not exist/);
  assert.throws(load(config('a'), { cluster: 'b' }), /cluster "b" does not exist/);
  assert.throws(load(config('a'), { server: 'x' }), /--server: "x" is not of the form HOST:PORT/);
  assert.throws(load(config('a')), /user "a": cannot read client-key .*key.pem: ENOENT/);
  const user = (it: object) => load(config('a', { users: [{ name: 'a', user: it }] }));
  assert.throws(user({}), /user "a" has neither client-certificate and client-key nor token/);
  assert.throws(user({ 'client-certificate-data': base64('c') }), /user "a" has no client-key: the two go together/);
  assert.throws(user({ tokenFile: 'none' }), /user "a": cannot read tokenFile .*none: ENOENT/);
  assert.throws(load(config('a', { clusters: [{ name: 'a', cluster: {} }] })), /has no gRPC address/);
  writeFileSync(join(cwd, 'c'), '{');
  assert.throws(() => loadKubeconfig('c', { env: {}, cwd }), /error loading config file/);
});
