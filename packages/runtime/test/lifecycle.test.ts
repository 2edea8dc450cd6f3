import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cri } from '@keelson/protocol';
import { canMount } from './host.js';
import { isAlive, sh, TestRuntime, until } from './runtime-process.js';

const runtime = new TestRuntime();
before(() => runtime.start());
after(() => runtime.cleanUp());

test('a container runs, logs in CRI format and reports its exit code', async () => {
  const sandbox = await runtime.sandbox('web');
  const id = await runtime.run(sandbox, sh('echo out; echo err >&2; printf part; exit 3'));
  const status = await runtime.exited(id);
  assert.equal(status.exitCode, 3);
  assert.equal(status.reason, 'Error');
  assert.ok(status.startedAt > 0n && status.finishedAt >= status.startedAt);
  const lines = readFileSync(join(runtime.directory, 'logs/web/main/0.log'), 'utf8').split('\n').filter(Boolean);
  const tags = lines.map((line) => /^\S+T\S+Z (stdout|stderr) ([FP]) (.*)$/.exec(line)?.slice(1).join(' '));
  assert.deepEqual(tags.sort(), ['stderr F err', 'stdout F out', 'stdout P part']);
});

test('each sandbox has a pod address of its own, which its containers know and can listen on', async () => {
  const [a, b] = [await runtime.sandbox('ip-a'), await runtime.sandbox('ip-b')];
  const addresses: string[] = [];
  for (const [name, sandbox] of [
    ['ip-a', a],
    ['ip-b', b],
  ] as const) {
    const { status } = await runtime.runtime.podSandboxStatus({ podSandboxId: sandbox });
    addresses.push(status?.network?.ip ?? '');
    await runtime.run(sandbox, {
      command: [
        'node',
        '-e',
        'require("net").createServer().listen(8080, process.env.POD_IP, () => console.log(process.env.POD_IP))',
      ],
    });
    await until('it listens', () => runtime.log(name)[0] === status?.network?.ip);
  }
  assert.equal(new Set(addresses).size, 2);
  assert.ok(addresses.every((ip) => ip.startsWith(runtime.podCidr.split('.').slice(0, 3).join('.'))));
});

test('stop sends SIGTERM to the whole group, and SIGKILL to what does not heed it', async () => {
  const sandbox = await runtime.sandbox('stop');
  const polite = await runtime.run(
    sandbox,
    sh('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done'),
  );
  await until('it is ready', () => runtime.log('stop').includes('ready'));
  await runtime.runtime.stopContainer({ containerId: polite, timeout: 20 });
  assert.equal((await runtime.status(polite)).exitCode, 7);
  assert.ok(runtime.log('stop').includes('bye'));

  const stubborn = await runtime.run(sandbox, {
    metadata: { name: 'stubborn' },
    logPath: 's.log',
    ...sh('trap "" TERM; echo ready; while :; do sleep 0.05; done'),
  });
  await until('it is ready', () => runtime.log('stop', 's.log').includes('ready'));
  await runtime.runtime.stopContainer({ containerId: stubborn, timeout: 1 });
  assert.equal((await runtime.status(stubborn)).exitCode, 137);
  assert.deepEqual(runtime.processesOf(stubborn), []);
});

test('a process that left the session dies with its container', async () => {
  const sandbox = await runtime.sandbox('escape');
  const id = await runtime.run(sandbox, sh('setsid sleep 1000 & echo $!; wait'));
  await until('both run', () => runtime.processesOf(id).length >= 2);
  await runtime.runtime.stopContainer({ containerId: id, timeout: 0 });
  assert.deepEqual(runtime.processesOf(id), []);
});

test('removal leaves neither a process nor a file', async () => {
  const sandbox = await runtime.sandbox('gone');
  const id = await runtime.run(sandbox, sh('exec sleep 1000'));
  const shim = runtime.shimPid(id);
  await runtime.runtime.removePodSandbox({ podSandboxId: sandbox });
  assert.deepEqual(runtime.processesOf(id), []);
  await until('the shim has gone', () => !isAlive(shim));
  for (const folder of ['containers', 'sandboxes', 'trash']) {
    const names = readdirSync(join(runtime.directory, 'root', folder));
    assert.ok(!names.includes(id) && !names.includes(sandbox), folder);
  }
  await assert.rejects(runtime.runtime.containerStatus({ containerId: id }), { code: 5 });
  await runtime.runtime.removeContainer({ containerId: id });
  await runtime.runtime.stopPodSandbox({ podSandboxId: sandbox });
});

test('a container starts once, and names are taken once', async () => {
  const sandbox = await runtime.sandbox('once');
  const id = await runtime.run(sandbox, sh('echo started; sleep 1000'));
  await assert.rejects(runtime.runtime.startContainer({ containerId: id }), { code: 9 });
  await assert.rejects(runtime.create(sandbox, sh('true')), { code: 6 });
  await assert.rejects(runtime.sandbox('once'), { code: 6 });
  await until('it runs', () => runtime.log('once').length === 1);
});

test('a program that the host lacks is refused at the start and reported as exit 128', async () => {
  const sandbox = await runtime.sandbox('missing');
  const id = await runtime.create(sandbox, { command: ['no-such-program'] });
  await assert.rejects(runtime.runtime.startContainer({ containerId: id }), /executable file not found in \$PATH/);
  const status = await runtime.exited(id);
  assert.deepEqual([status.exitCode, status.reason], [128, 'StartError']);
});

test('an image without a command is refused with what to do, a known one stands for a program', async () => {
  const sandbox = await runtime.sandbox('images');
  const image = { image: 'registry.example/shop/cart:v1' };
  await assert.rejects(runtime.create(sandbox, { image }), /Set command in the pod/);
  const id = await runtime.run(sandbox, { image: { image: 'busybox:1.36' }, args: ['echo', 'hello'] });
  await runtime.exited(id);
  assert.deepEqual(runtime.log('images'), ['hello']);

  assert.equal((await runtime.images.imageStatus({ image })).image, undefined);
  const { imageRef } = await runtime.images.pullImage({ image });
  assert.equal((await runtime.images.imageStatus({ image })).image?.id, imageRef);
  await runtime.images.removeImage({ image });
  assert.deepEqual((await runtime.images.listImages({})).images, []);
});

test('commands run inside, with their output, exit code and time limit', async () => {
  const sandbox = await runtime.sandbox('exec');
  const containerId = await runtime.run(sandbox, {
    ...sh('exec sleep 1000'),
    envs: [{ key: 'COLOUR', value: 'teal' }],
  });
  const done = await runtime.runtime.execSync({
    containerId,
    cmd: ['/bin/sh', '-c', 'echo $COLOUR; echo no >&2; exit 4'],
  });
  assert.deepEqual([String(done.stdout), String(done.stderr), done.exitCode], ['teal\n', 'no\n', 4]);
  await assert.rejects(runtime.runtime.execSync({ containerId, cmd: ['sleep', '1000'], timeout: 1 }), { code: 4 });
  await until('the command was killed', () => runtime.processesOf(containerId).length === 1);
});

test('mounts appear at their paths, also where the host has none, and leave the host as it was', async () => {
  const volume = join(runtime.directory, 'volume');
  mkdirSync(volume);
  writeFileSync(join(volume, 'key'), 'value');
  const sandbox = await runtime.sandbox('mounts');
  const mounts = [
    { containerPath: '/keelson-test-data', hostPath: volume },
    { containerPath: '/etc/keelson-test/config', hostPath: volume, readonly: true },
    { containerPath: '/opt', hostPath: volume },
    { containerPath: '/var/run/keelson-test', hostPath: volume },
  ];
  const script = 'cat "$KEELSON_ROOT/keelson-test-data/key" && echo && ';
  const id = await runtime.run(sandbox, {
    mounts,
    ...sh(
      process.getuid?.() === 0
        ? `${script} cat /keelson-test-data/key /etc/keelson-test/config/key /opt/key /var/run/keelson-test/key; echo
           echo new >/keelson-test-data/made; echo no >/etc/keelson-test/config/made || echo read-only; ls /etc/passwd; sleep 1000`
        : `${script} sleep 1000`,
    ),
  });
  if (!canMount) {
    await until('it reads through the link', () => runtime.log('mounts').includes('value'));
    return;
  }
  await until('it has read', () => runtime.log('mounts').includes('/etc/passwd'));
  assert.deepEqual(
    runtime.log('mounts').filter((line) => !line.includes('Read-only')),
    ['value', 'valuevaluevaluevalue', 'read-only', '/etc/passwd'],
  );
  assert.equal(readFileSync(join(volume, 'made'), 'utf8'), 'new\n');
  for (const path of ['/keelson-test-data', '/etc/keelson-test']) assert.ok(!existsSync(path), path);
  const inside = await runtime.runtime.execSync({ containerId: id, cmd: ['cat', '/etc/keelson-test/config/key'] });
  assert.deepEqual([String(inside.stdout), String(inside.stderr)], ['value', '']);
});

test('a command that comes right after the start finds the mounts', async () => {
  const volume = join(runtime.directory, 'at-once');
  mkdirSync(volume);
  writeFileSync(join(volume, 'key'), 'value');
  const mounts = [{ containerPath: '/keelson-at-once', hostPath: volume, readonly: true }];
  const sandbox = await runtime.sandbox('at-once');
  for (const tty of [false, true]) {
    const metadata = { name: `tty-${tty}`, attempt: 0 };
    const containerId = await runtime.run(sandbox, {
      ...sh('exec sleep 1000'),
      metadata,
      mounts,
      tty,
      logPath: `${tty}.log`,
    });
    const path = canMount ? '/keelson-at-once/key' : '$KEELSON_ROOT/keelson-at-once/key';
    const { stdout } = await runtime.runtime.execSync({ containerId, cmd: ['/bin/sh', '-c', `cat ${path}`] });
    assert.equal(String(stdout), 'value');
  }
});

test('a rotated log is reopened', async () => {
  const sandbox = await runtime.sandbox('rotate');
  const containerId = await runtime.run(sandbox, sh('i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done'));
  await until('it logs', () => runtime.log('rotate').length > 0);
  const path = join(runtime.directory, 'logs/rotate/main/0.log');
  renameSync(path, `${path}.1`);
  await runtime.runtime.reopenContainerLog({ containerId });
  await until('the new file grows', () => runtime.log('rotate').length > 1);
  const last = Number(runtime.log('rotate', 'main/0.log.1').at(-1));
  assert.equal(Number(runtime.log('rotate')[0]), last + 1);
});

test('statistics come from the processes', async () => {
  const sandbox = await runtime.sandbox('stats');
  const containerId = await runtime.run(sandbox, sh('while :; do :; done'));
  await until('it has used CPU', async () => {
    const { stats } = await runtime.runtime.containerStats({ containerId });
    return (stats?.cpu?.usageCoreNanoSeconds?.value ?? 0) > 0 && (stats?.memory?.rssBytes?.value ?? 0) > 0;
  });
  await runtime.runtime.stopContainer({ containerId, timeout: 0 });
});

test('limits that processes cannot be held to are refused by name', async () => {
  const sandbox = await runtime.sandbox('resources');
  const containerId = await runtime.run(sandbox, sh('exec sleep 1000'));
  await assert.rejects(
    runtime.runtime.updateContainerResources({ containerId, linux: { memoryLimitInBytes: 1e9 } }),
    /memory_limit_in_bytes/,
  );
  await runtime.runtime.updateContainerResources({ containerId, linux: { oomScoreAdj: 500 } });
  const pid = await runtime.pid_of(containerId);
  assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim(), '500');
});

test('events tell of each step', async () => {
  const events = runtime.runtime.getContainerEvents({});
  const seen: number[] = [];
  events.on('data', (event: cri.ContainerEventResponse) => seen.push(event.containerEventType));
  events.on('error', () => {});
  const sandbox = await runtime.sandbox('events');
  await until('created, started, stopped and deleted were told', async () => {
    const id = await runtime.run(sandbox, { ...sh('true') });
    await runtime.exited(id);
    await runtime.runtime.removeContainer({ containerId: id });
    return seen.length >= 4;
  });
  const { CONTAINER_CREATED_EVENT, CONTAINER_STARTED_EVENT, CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT } =
    cri.ContainerEventType;
  assert.deepEqual(
    new Set(seen),
    new Set([CONTAINER_CREATED_EVENT, CONTAINER_STARTED_EVENT, CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT]),
  );
  events.cancel();
});
