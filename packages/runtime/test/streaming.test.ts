import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectTcp } from '@keelson/service/sockets';
import { WebSocket } from 'ws';
import { sh, TestRuntime, until } from './runtime-process.js';

const runtime = new TestRuntime();
before(() => runtime.start());
after(() => runtime.cleanUp());

interface Conversation {
  socket: WebSocket;
  /** What came on each channel. */
  text: Map<number, string>;
  closed: Promise<void>;
}

async function open(url: string): Promise<Conversation> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const text = new Map<number, string>();
  socket.on('message', (data: Buffer) => {
    const channel = data[0] ?? -1;
    text.set(channel, (text.get(channel) ?? '') + data.subarray(1).toString('latin1'));
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { socket, text, closed };
}

function send(socket: WebSocket, channel: number, text: string): void {
  socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text, 'latin1')]));
}

test('exec streams both ways and ends with the exit code', async () => {
  const containerId = await runtime.run(await runtime.sandbox('exec'), sh('exec sleep 1000'));
  const { url } = await runtime.runtime.exec({
    containerId,
    cmd: ['/bin/sh', '-c', 'cat; echo oops >&2; exit 6'],
    stdin: true,
    stdout: true,
    stderr: true,
  });
  const { socket, text, closed } = await open(url);
  send(socket, 0, 'hello\n');
  await until('the echo comes', () => text.get(1) === 'hello\n');
  send(socket, 255, '\0');
  await closed;
  assert.equal(text.get(2), 'oops\n');
  const status = JSON.parse(text.get(3) ?? '{}') as { status: string; details: { causes: { message: string }[] } };
  assert.deepEqual([status.status, status.details.causes[0]?.message], ['Failure', '6']);
  await assert.rejects(open(url), /404/, 'a URL works once');
});

test('exec with a terminal knows its size', async () => {
  const containerId = await runtime.run(await runtime.sandbox('tty'), sh('exec sleep 1000'));
  const { url } = await runtime.runtime.exec({ containerId, cmd: ['/bin/sh'], stdin: true, stdout: true, tty: true });
  const { socket, text, closed } = await open(url);
  send(socket, 4, JSON.stringify({ Width: 99, Height: 33 }));
  send(socket, 0, 'stty size; tty >/dev/null && exit 0\n');
  await closed;
  assert.match(text.get(1) ?? '', /33 99/);
  assert.match(text.get(3) ?? '', /"Success"/);
});

test('a resize that is none is passed over, and a client that is refused may reset', async () => {
  const containerId = await runtime.run(await runtime.sandbox('hostile'), sh('exec sleep 1000'));
  const { url } = await runtime.runtime.exec({ containerId, cmd: ['/bin/sh'], stdin: true, stdout: true, tty: true });
  const { host, port } = { host: new URL(url).hostname, port: Number(new URL(url).port) };
  for (const path of ['/exec/0123', '/nothing', '/exec/']) {
    const socket = connectTcp({ host, port });
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    socket.write(Buffer.alloc(100_000));
    await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
    socket.resetAndDestroy();
  }
  const { socket, text, closed } = await open(url);
  for (const size of ['not JSON', 'null', '{"Width":-1,"Height":70000}', '[]']) send(socket, 4, size);
  send(socket, 0, 'echo still here; exit 0\n');
  await closed;
  assert.match(text.get(1) ?? '', /still here/);
});

test('a client that leaves takes its command along', async () => {
  const containerId = await runtime.run(await runtime.sandbox('leave'), sh('exec sleep 1000'));
  const { url } = await runtime.runtime.exec({ containerId, cmd: ['sleep', '1000'], stdout: true });
  const { socket } = await open(url);
  await until('it runs', () => runtime.processesOf(containerId).length === 2);
  socket.close();
  await until('it was killed', () => runtime.processesOf(containerId).length === 1);
});

test('attach joins a running container, its terminal included', async () => {
  const sandbox = await runtime.sandbox('attach');
  const pipes = await runtime.run(sandbox, { stdin: true, ...sh('while read line; do echo got $line; done') });
  const first = await open((await runtime.runtime.attach({ containerId: pipes, stdin: true, stdout: true })).url);
  send(first.socket, 0, 'one\n');
  await until('it answers', () => first.text.get(1) === 'got one\n');
  first.socket.close();

  const terminal = await runtime.run(sandbox, {
    metadata: { name: 'terminal' },
    logPath: 't.log',
    stdin: true,
    tty: true,
    ...sh('read line; test -t 1 && echo got $line; exit 2'),
  });
  const second = await open(
    (await runtime.runtime.attach({ containerId: terminal, stdin: true, stdout: true, tty: true })).url,
  );
  send(second.socket, 0, 'two\n');
  assert.equal((await runtime.exited(terminal)).exitCode, 2);
  await until('the log has it', () => runtime.log('attach', 't.log').some((line) => line.includes('got two')));
  assert.ok(!runtime.log('attach', 't.log')[0]?.startsWith('\r'), 'nothing of the gate shows');
});

test('port-forward reaches a server on the pod address', async () => {
  const podSandboxId = await runtime.sandbox('forward');
  await runtime.run(podSandboxId, {
    command: [
      'node',
      '-e',
      'require("net").createServer((c) => c.end("hi from " + process.env.POD_IP)).listen(7777, process.env.POD_IP, () => console.log("up"))',
    ],
  });
  await until('it listens', () => runtime.log('forward').includes('up'));
  const { text, closed } = await open((await runtime.runtime.portForward({ podSandboxId, port: [7777] })).url);
  await closed;
  const { status } = await runtime.runtime.podSandboxStatus({ podSandboxId });
  assert.equal(text.get(0)?.slice(2), `hi from ${status?.network?.ip}`);
});
