import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { canMount } from './host.js';
import { sh, TestRuntime, until } from './runtime-process.js';

describe('containers of other users', { skip: process.getuid?.() !== 0 }, () => {
  const runtime = new TestRuntime();
  before(() => runtime.start());
  after(() => runtime.cleanUp());

  test('user, group and supplemental groups are those that were asked for, in exec too', async () => {
    const securityContext = {
      runAsUser: { value: 12345 },
      runAsGroup: { value: 23456 },
      supplementalGroups: [34567, 45678],
    };
    const sandbox = await runtime.sandbox('who');
    const cmd = ['/bin/sh', '-c', 'echo $(id -u) $(id -g) $(id -G)'];
    const containerId = await runtime.run(sandbox, { ...sh('id -u; exec sleep 1000'), linux: { securityContext } });
    const { stdout } = await runtime.runtime.execSync({ containerId, cmd });
    assert.equal(String(stdout), '12345 23456 23456 34567 45678\n');
    assert.deepEqual(runtime.log('who'), ['12345']);

    const asRoot = await runtime.run(sandbox, {
      metadata: { name: 'root' },
      logPath: 'r.log',
      ...sh('exec sleep 1000'),
      linux: { securityContext: { runAsUser: { value: 0 }, runAsGroup: { value: 777 }, supplementalGroups: [888] } },
    });
    const root = await runtime.runtime.execSync({ containerId: asRoot, cmd: ['/bin/sh', '-c', 'id -u; id -g; id -G'] });
    assert.match(String(root.stdout), /^0\n777\n777 .*\b888\n$/);
  });

  test('they reach their own directory, their volumes by fsGroup and their termination message', {
    skip: !canMount,
  }, async () => {
    const volume = join(runtime.directory, 'volume');
    mkdirSync(volume);
    writeFileSync(join(volume, 'token'), 'secret\n');
    chownSync(join(volume, 'token'), 0, 4000);
    chmodSync(join(volume, 'token'), 0o640);
    const message = join(runtime.directory, 'message');
    writeFileSync(message, '');
    chmodSync(message, 0o666);
    chmodSync(runtime.directory, 0o711);
    const id = await runtime.run(await runtime.sandbox('files'), {
      ...sh(
        'pwd; cat $KEELSON_ROOT/var/run/keelson-test/token /var/run/keelson-test/token && echo last words >/dev/termination-log && echo x >/dev/null && ls /dev/pts >/dev/null && test -e /dev/shm',
      ),
      mounts: [
        { containerPath: '/var/run/keelson-test', hostPath: volume, readonly: true },
        { containerPath: '/dev/termination-log', hostPath: message },
      ],
      linux: { securityContext: { runAsUser: { value: 12345 }, supplementalGroups: [4000] } },
    });
    assert.equal((await runtime.exited(id)).exitCode, 0, runtime.log('files').join('\n'));
    assert.deepEqual(runtime.log('files').slice(1), ['secret', 'secret']);
    assert.equal(readFileSync(message, 'utf8'), 'last words\n');
    assert.ok(!existsSync('/dev/termination-log'), 'the host has none');
  });

  test('the host has the name of the pod there, for the program and in exec', { skip: !canMount }, async () => {
    const { hostname } = await import('node:os');
    const before = hostname();
    const containerId = await runtime.run(await runtime.sandbox('named'), {
      ...sh('uname -n; exec sleep 1000'),
      mounts: [{ containerPath: '/dev/termination-log', hostPath: '/etc/hostname' }],
    });
    const { stdout } = await runtime.runtime.execSync({ containerId, cmd: ['uname', '-n'] });
    assert.equal(String(stdout), 'named\n');
    await until('the program says so too', () => runtime.log('named')[0] === 'named');
    assert.equal(hostname(), before);
  });

  test('who may not gain privileges does not', async () => {
    const id = await runtime.run(await runtime.sandbox('nnp'), {
      ...sh('grep NoNewPrivs /proc/self/status'),
      linux: { securityContext: { noNewPrivs: true } },
    });
    await runtime.exited(id);
    assert.match(runtime.log('nnp').join(), /NoNewPrivs:\s+1/);
  });

  test('an image says as whom it runs, since runAsNonRoot is judged by that', async () => {
    const image = { image: 'busybox' };
    await runtime.images.pullImage({ image });
    assert.equal((await runtime.images.imageStatus({ image })).image?.uid?.value, 0);
  });
});
