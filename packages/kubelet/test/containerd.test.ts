import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { keelson, type ServiceClient } from '@keelson/protocol';
import { connect } from '@keelson/service';
import { MachineMeter } from '../src/stats/node-usage.js';
import { UsageCollector } from '../src/stats/usage-collector.js';
import { ContainerdUnderTest, whyNot } from './containerd-under-test.js';
import { clock, until } from './node-under-test.js';

describe('a kubelet on containerd', { skip: whyNot() ?? false, timeout: 300_000 }, () => {
  const node = new ContainerdUnderTest();
  let pods: ServiceClient<typeof keelson.PodsService>;
  let close: () => void = () => {};
  before(async () => {
    await node.start();
    const connection = connect(`127.0.0.1:${node.kubelet?.port}`, { clock });
    pods = connection.service(keelson.PodsService);
    close = () => connection.close();
    node.run(
      'box',
      {
        command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.1; done'],
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      },
      { hostAliases: [{ ip: '10.1.2.3', hostnames: ['alpha', 'beta'] }] },
    );
    await until('it runs', () => node.pod('box').status?.phase === 'Running');
  });
  after(async () => {
    close();
    await node.cleanUp();
  });

  async function exec(command: string[], input?: string): Promise<{ out: string; status: string }> {
    const call = pods.exec();
    const start = { namespace: 'default', pod: 'box', stdout: true, stderr: true, stdin: input !== undefined, command };
    call.write({ start });
    if (input !== undefined) {
      call.write({ stdin: Buffer.from(input) });
      call.write({ stdinClosed: true });
    }
    let [out, status] = ['', ''];
    for await (const message of call as AsyncIterable<keelson.ExecResponse>) {
      out += message.stdout ?? message.stderr ?? '';
      status += message.status ?? '';
    }
    return { out, status };
  }

  async function messageOf(name: string): Promise<string | undefined> {
    return await until(`${name} has ended`, () => {
      const [status] = node.pod(name).status?.containerStatuses ?? [];
      return status?.state?.terminated && (status.state.terminated.message ?? '');
    });
  }

  test('a command reads its input to the end, and its exit code comes', async () => {
    const text = 'x'.repeat(1_000_000);
    assert.equal((await exec(['cat'], text)).out.length, text.length);
    const failed = await exec(['sh', '-c', 'echo no >&2; exit 7']);
    assert.equal(failed.out, 'no\n');
    assert.match(failed.status, /"reason":"ExitCode","message":"7"/);
  });

  test('/proc/sys is read-only, what tells about the host is masked, system calls are filtered', async () => {
    // One stream, since of two nobody knows which one's words come first.
    const script = 'exec 2>&1; echo 1 >/proc/sys/kernel/panic; cat /proc/keys | wc -c; ls /proc/acpi';
    const { out } = await exec(['sh', '-c', script]);
    assert.match(out, /Read-only file system\n0\n$/);
    assert.match((await exec(['grep', 'Seccomp:', '/proc/self/status'])).out, /Seccomp:\s+2/);
  });

  test('aliases are in /etc/hosts, and the control group is the pod’s', async () => {
    assert.match((await exec(['cat', '/etc/hosts'])).out, /\n10\.1\.2\.3\talpha\tbeta\n$/);
    const { uid } = node.pod('box').metadata;
    assert.ok((await exec(['cat', '/proc/self/cgroup'])).out.includes(`/kubepods/besteffort/pod${uid}/`));
  });

  test('users, groups and their termination message', async () => {
    const command = ['sh', '-c', 'echo "$(id -u) $(id -g) $(id -G)" >/dev/termination-log; exit 1'];
    node.run('user', { command, securityContext: { runAsUser: 1234, runAsGroup: 99 } });
    assert.equal(await messageOf('user'), '1234 99 99\n');
    node.run('image-user', { command, image: 'keelson.test/nobody:1', securityContext: { runAsNonRoot: true } });
    assert.equal(await messageOf('image-user'), '65534 65534 65534\n');
  });

  test('an image’s user that is only a name, or root, cannot pass for non-root', async () => {
    const securityContext = { runAsNonRoot: true };
    for (const [name, image, why] of [
      ['named', 'keelson.test/named:1', /non-numeric user \(nobody\)/],
      ['root', 'keelson.test/busybox:1', /image will run as root/],
    ] as const) {
      node.run(name, { image, securityContext, command: ['true'] });
      const message = await until(`${name} waits`, () => {
        return node.pod(name).status?.containerStatuses?.[0]?.state?.waiting?.message;
      });
      assert.match(message, why);
    }
  });

  test('a privileged container may do what others may not', async () => {
    const command = ['sh', '-c', 'mount -t tmpfs x /tmp && echo mounted >/dev/termination-log'];
    node.run('privileged', { command, securityContext: { privileged: true } });
    node.run('usual', { command });
    assert.deepEqual([await messageOf('privileged'), await messageOf('usual')], ['mounted\n', '']);
  });

  test('what it uses is what containerd says', async () => {
    const { cri } = node;
    const meter = new MachineMeter({ clock });
    const collector = new UsageCollector({ cri, pods: () => node.kubelet?.runtimePods ?? [], node: meter, clock });
    const box = await until('it is known', async () =>
      (await collector.collect()).pods.find((it) => it.name === 'box'),
    );
    const [main] = box.containers;
    assert.ok((box.cpu?.coreNanoSeconds ?? 0) > 0 && (box.memory?.workingSetBytes ?? 0) > 0);
    assert.ok((main?.cpu?.coreNanoSeconds ?? 0) > 0 && (main?.startedAt ?? 0) > 0);
  });

  test('a deleted pod leaves nothing', async () => {
    const { uid } = node.pod('box').metadata;
    node.api.deletePod('box', 5);
    await until('it is gone', () => node.api.find('pods', 'box') === undefined);
    await until('its directory too', () => !existsSync(`${node.directory}/kubelet/pods/${uid}`));
    const { containers } = await node.cri.runtime.listContainers({});
    assert.ok(!containers.some(({ labels }) => labels['io.kubernetes.pod.uid'] === uid));
  });
});
