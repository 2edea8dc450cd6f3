import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { LifecycleHandler } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from '../src/cri/cri-client.js';
import { runHandler } from '../src/pods/hooks.js';
import { selfSigned } from './certificate.js';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const http = (answer: RequestListener) => listen(createServer(answer));

function run(
  handler: LifecycleHandler,
  more: { execSync?: unknown; signal?: AbortSignal; clock?: ManualClock; timeoutMs?: number } = {},
): Promise<void> {
  const { execSync, signal, clock = new ManualClock(), timeoutMs = 10_000 } = more;
  const target = { containerId: 'c1', container: { name: 'main' }, podIP: '127.0.0.1' };
  const cri = { runtime: { execSync } } as unknown as CriClient;
  return runHandler(handler, target, timeoutMs, { cri, clock, signal });
}

const output = (exitCode: number) => ({ exitCode, stdout: Buffer.from('out'), stderr: Buffer.from('err') });

test('exec: another exit code than 0 is an error with what the command said', async () => {
  let asked: unknown;
  const handler = { exec: { command: ['do', 'it'] } };
  const execSync = (request: unknown) => {
    asked = request;
    return Promise.resolve(output(0));
  };
  await run(handler, { execSync, timeoutMs: 1_500 });
  assert.deepEqual(asked, { containerId: 'c1', cmd: ['do', 'it'], timeout: 2 });
  await assert.rejects(run(handler, { execSync: async () => output(3) }), /command exited with 3: outerr/);
});

test('whatever it does, a hook ends with its time and with the signal', async () => {
  const forever = (_: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled'))));
  const port = await http(() => {});
  const handlers = [{ exec: { command: ['x'] } }, { httpGet: { port } }, { sleep: { seconds: 1_000 } }];
  for (const handler of handlers) {
    const clock = new ManualClock();
    const late = run(handler, { execSync: forever, clock, timeoutMs: 5_000 });
    const refused = handler.sleep === undefined ? assert.rejects(late, /did not end within 5s/) : late.catch(() => {});
    await clock.advanceAsync(5_000);
    await refused;
    const stop = new AbortController();
    const stopped = assert.rejects(run(handler, { execSync: forever, signal: stop.signal }), /the pod is to end/);
    stop.abort(new Error('the pod is to end'));
    await stopped;
  }
});

test('http: who answers has been told, whatever the answer; who does not is an error', async () => {
  const paths: string[] = [];
  const port = await http(({ url = '', headers }, response) => {
    paths.push(`${url} ${headers['user-agent']}`);
    response.writeHead(500).end();
  });
  await run({ httpGet: { port, path: 'stop?now=1' } });
  assert.deepEqual(paths, ['/stop?now=1 kube-lifecycle/1.36']);
  await assert.rejects(run({ httpGet: { port: 1 } }), /ECONNREFUSED/);
  await assert.rejects(run({ httpGet: { port: 'nosuch' } }), /couldn't find port "nosuch"/);
});

test('https: certificates are not checked, and a server without TLS is asked without it', async () => {
  let asked = 0;
  const answer: RequestListener = (_, response) => {
    asked += 1;
    response.end();
  };
  const secure = await listen(createSecureServer(await selfSigned(), answer));
  await run({ httpGet: { port: secure, scheme: 'HTTPS' } });
  await run({ httpGet: { port: await http(answer), scheme: 'HTTPS' } });
  assert.equal(asked, 2);
});

test('sleep: as long as it says', async () => {
  const clock = new ManualClock();
  let over = false;
  const done = run({ sleep: { seconds: 3 } }, { clock }).then(() => {
    over = true;
  });
  await clock.advanceAsync(2_999);
  assert.equal(over, false);
  await clock.advanceAsync(1);
  await done;
});
