import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { httpServer, listen } from '@keelson/service/sockets';
import { ManualClock } from '@keelson/service/testing';
import { DebugPages } from './debug-pages.js';
import { HealthPages } from './health-pages.js';
import { sendError, sendText } from './reply.js';

let broken = false;
const check = () => {
  if (broken) throw new Error('the disk is gone');
};
const checks = new Map([
  ['ping', () => {}],
  ['etcd', check],
]);
const health = new HealthPages({ healthz: checks, livez: new Map(), readyz: checks }, { logger: silentLogger });
const clock = new ManualClock();
const debug = new DebugPages({
  version: { gitVersion: 'v1.36.2', goVersion: 'node', emulationMajor: '1', emulationMinor: '36' },
  flags: { 'secure-port': '6443', 'bind-address': '::' },
  paths: () => ['/api', '/healthz/etcd', '/healthz', '/metrics'],
  clock,
});

const server = httpServer({}, async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  const accept = request.headers.accept ?? '';
  try {
    if (pathname === '/statusz') debug.statusz(accept, response);
    else if (pathname === '/flagz') debug.flagz(accept, response);
    else if (pathname === '/slis') await health.sendIndicators(response);
    else if (!(await health.serve(pathname.split('/').slice(1), searchParams, response))) sendText(response, 404, 'no');
  } catch (error) {
    sendError(response, error);
  }
});
let origin = '';
before(async () => {
  origin = `http://127.0.0.1:${await listen(server, { host: '127.0.0.1', port: 0 })}`;
});
after(() => server.close());

async function get(path: string, accept = '*/*'): Promise<[status: number, text: string]> {
  const answer = await fetch(origin + path, { headers: { accept, connection: 'close' } });
  return [answer.status, await answer.text()];
}

test('a page of checks', async () => {
  broken = false;
  assert.deepEqual(await get('/healthz'), [200, 'ok']);
  assert.deepEqual(await get('/healthz?verbose'), [200, '[+]ping ok\n[+]etcd ok\nhealthz check passed\n']);
  assert.deepEqual(await get('/livez?verbose'), [200, 'livez check passed\n']);
  assert.deepEqual(await get('/readyz/etcd'), [200, 'ok']);
  assert.deepEqual((await get('/readyz/none'))[0], 404);
});

test('why a check fails is told on its own path alone', async () => {
  broken = true;
  const failed = '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n';
  assert.deepEqual(await get('/readyz'), [500, failed]);
  assert.deepEqual(await get('/readyz/etcd'), [500, 'internal server error: the disk is gone\n']);
  assert.deepEqual(await get('/readyz?exclude=etcd'), [200, 'ok']);
  assert.deepEqual(await get('/readyz?exclude=etcd&exclude=x&verbose'), [
    200,
    '[+]ping ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "x"\nreadyz check passed\n',
  ]);
  const [, indicators] = await get('/slis');
  assert.match(indicators, /kubernetes_healthcheck\{name="etcd",type="readyz"\} 0/);
  assert.match(indicators, /kubernetes_healthchecks_total\{name="etcd",type="readyz",status="error"\} 1/);
});

test('how the process runs, for people and as an object', async () => {
  clock.advance(3_661_000);
  const [, text] = await get('/statusz');
  assert.match(text, /^\nkube-apiserver statusz\nWarning: .*\n\nStarted: .*Z\nUp: 1 hr 01 min 01 sec\n/);
  assert.match(text, /\nBinary version: v1\.36\.2\nEmulation version: 1\.36\nPaths: \/healthz \/metrics\n$/);
  const [status, json] = await get('/statusz', 'application/json;as=Statusz;g=config.k8s.io;v=v1beta1');
  const { kind, apiVersion, uptimeSeconds, paths, metadata } = JSON.parse(json) as Record<string, never>;
  assert.deepEqual([status, kind, apiVersion, uptimeSeconds], [200, 'Statusz', 'config.k8s.io/v1beta1', 3661]);
  assert.deepEqual([paths, metadata], [['/healthz', '/metrics'], { name: 'kube-apiserver' }]);
  assert.equal((await get('/statusz', 'application/json'))[0], 406);
  assert.equal((await get('/statusz', 'application/json;as=Flagz;g=config.k8s.io;v=v1beta1'))[0], 406);
});

test('the flags, in order', async () => {
  assert.match((await get('/flagz', ''))[1], /\n\nbind-address: ::\nsecure-port: 6443\n$/);
  const [, json] = await get('/flagz', 'application/json;as=Flagz;g=config.k8s.io;v=v1alpha1');
  assert.deepEqual((JSON.parse(json) as { flags: object }).flags, { 'bind-address': '::', 'secure-port': '6443' });
});
