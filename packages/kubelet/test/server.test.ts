import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keelson, type ServiceClient } from '@keelson/protocol';
import { connect } from '@keelson/service';
import { clock, NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
let pods: ServiceClient<typeof keelson.PodsService>;
let close: () => void;

before(async () => {
  await node.start();
  const connection = connect(`127.0.0.1:${node.kubelet?.port}`, { clock });
  pods = connection.service(keelson.PodsService);
  close = () => connection.close();
});
after(async () => {
  close();
  await node.cleanUp();
});

async function logs(request: Partial<keelson.LogsRequest>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const { data } of pods.logs({ namespace: 'default', ...request }) as AsyncIterable<keelson.LogsResponse>) {
    parts.push(Buffer.from(data));
  }
  return Buffer.concat(parts).toString();
}

interface Ended {
  stdout: string;
  stderr: string;
  status: { status?: string; details?: { causes?: { message: string }[] } };
}

async function exec(start: Partial<keelson.ExecStart>, input?: string): Promise<Ended> {
  const call = pods.exec();
  const ended: Ended = { stdout: '', stderr: '', status: {} };
  call.write({ start: { namespace: 'default', stdout: true, stderr: true, stdin: input !== undefined, ...start } });
  if (input !== undefined) {
    call.write({ stdin: Buffer.from(input) });
    call.write({ stdinClosed: true });
  }
  for await (const { stdout, stderr, status } of call as AsyncIterable<keelson.ExecResponse>) {
    ended.stdout += stdout ?? '';
    ended.stderr += stderr ?? '';
    if (status !== undefined) ended.status = JSON.parse(String(status)) as Ended['status'];
  }
  return ended;
}

test('logs: the end, the whole, followed, and of the one before', async () => {
  node.run(pod('talks', sh('echo one; echo two; sleep 0.5; echo three; exit 1'), { restartPolicy: 'OnFailure' }));
  await until('it talks', () => node.log('talks').includes('two'));
  assert.match(await logs({ pod: 'talks', follow: true }), /^one\ntwo\nthree\n/);
  await until('it runs again', () => node.log('talks', 'main', 1).includes('two'));
  assert.equal(await logs({ pod: 'talks', previous: true }), 'one\ntwo\nthree\n');
  assert.equal(await logs({ pod: 'talks', previous: true, tailLines: 1 }), 'three\n');
  await assert.rejects(logs({ pod: 'nobody' }), { code: 5 });
  await assert.rejects(logs({ pod: 'talks', container: 'other' }), /container other is not valid for pod talks/);
});

test('logs: of a container in back-off the previous is what ended last', async () => {
  const count = `${node.directory}/count`;
  node.run(pod('fails', sh(`echo x >>${count}; echo "run $(wc -l <${count})"; exit 1`)));
  await until('it waits after its third run', () => {
    const [status] = node.pod('fails').status?.containerStatuses ?? [];
    return status?.restartCount === 2 && status.state?.waiting?.reason === 'CrashLoopBackOff';
  });
  assert.equal(await logs({ pod: 'fails', previous: true }), 'run 3\n');
  assert.equal(await logs({ pod: 'fails' }), 'run 3\n');
});

test('exec: output, input, exit code, a terminal', async () => {
  node.run(pod('box', sh('exec sleep 1000')));
  await node.ready('box');
  const failed = await exec({ pod: 'box', command: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'] });
  assert.deepEqual([failed.stdout, failed.stderr], ['out\n', 'err\n']);
  assert.equal(failed.status.details?.causes?.[0]?.message, '3');
  const echoed = await exec({ pod: 'box', command: ['cat'] }, 'x'.repeat(300_000));
  assert.deepEqual([echoed.stdout.length, echoed.status.status], [300_000, 'Success']);
  const terminal = await exec({ pod: 'box', command: ['tty'], tty: true });
  assert.match(terminal.stdout, /^\/dev\/pts\//);
  await assert.rejects(exec({ pod: 'box', container: 'none', command: ['ls'] }), /container none is not valid/);
});

test('attach joins the running program', async () => {
  node.run(pod('shell', { ...sh('while read line; do echo "got $line"; done'), stdin: true }));
  await node.ready('shell');
  const call = pods.attach();
  let text = '';
  call.on('data', ({ stdout }: keelson.ExecResponse) => {
    text += stdout ?? '';
  });
  call.on('error', () => {});
  call.write({ start: { namespace: 'default', pod: 'shell', stdin: true, stdout: true } });
  call.write({ stdin: Buffer.from('hello\n') });
  await until('it answers', () => text === 'got hello\n');
  call.cancel();
});

test('port-forward carries bytes both ways, and says why it cannot', async () => {
  const server =
    'require("net").createServer((c) => c.on("data", (d) => c.end("echo " + d))).listen(7000, process.env.POD_IP, () => console.log("up"))';
  node.run(pod('server', { command: ['node', '-e', server] }));
  await until('it listens', () => node.log('server').includes('up'));
  const forward = async (port: number) => {
    const call = pods.portForward();
    call.write({ start: { namespace: 'default', pod: 'server', port } });
    call.write({ data: Buffer.from('hi') });
    let text = '';
    for await (const { data } of call as AsyncIterable<keelson.PortForwardResponse>) text += data;
    return text;
  };
  assert.equal(await forward(7000), 'echo hi');
  await assert.rejects(forward(7001), /error forwarding port 7001: .*ECONNREFUSED/);
});

test('a stream that does not begin with its start is refused', async () => {
  for (const open of [() => pods.exec(), () => pods.attach(), () => pods.portForward()]) {
    for (const first of [{ stdin: Buffer.from('x') }, { data: Buffer.from('x') }, undefined]) {
      const call = open() as unknown as { write(message: object): void; end(): void } & NodeJS.EventEmitter;
      const failed = new Promise((resolve) => call.once('error', resolve));
      if (first !== undefined) call.write(first);
      call.end();
      const { code, details } = (await failed) as { code: number; details: string };
      assert.deepEqual([code, details], [3, 'the first message must be start']);
    }
  }
});
