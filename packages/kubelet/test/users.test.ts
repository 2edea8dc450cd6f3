import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Secret } from '@keelson/api';
import { NodeUnderTest, pod, sh, until } from './node-under-test.js';

describe('pods of other users', { skip: process.getuid?.() !== 0 }, () => {
  const node = new NodeUnderTest();
  before(() => node.start());
  after(() => node.cleanUp());

  test('they write their termination message where every pod does, and the host does not see it', async () => {
    node.run(
      pod('last-words', sh('echo "$(id -u) $(id -G)" >/dev/termination-log; exit 1'), {
        restartPolicy: 'Never',
        securityContext: { runAsUser: 1234, runAsGroup: 5678, fsGroup: 4321 },
      }),
    );
    const message = await until('it is reported', () => {
      const [status] = node.pod('last-words').status?.containerStatuses ?? [];
      return status?.state?.terminated?.message;
    });
    assert.equal(message, '1234 5678 4321\n');
  });

  test('what must not run as root does not', async () => {
    node.run(pod('refused', sh('exec sleep 1000'), { securityContext: { runAsNonRoot: true } }));
    const waiting = await until('it is refused', () => {
      const [status] = node.pod('refused').status?.containerStatuses ?? [];
      return status?.state?.waiting?.reason === 'CreateContainerConfigError' && status.state.waiting;
    });
    assert.match(
      waiting.message ?? '',
      /^container has runAsNonRoot and image will run as root \(pod: "refused_default\(.*\)", container: main\)$/,
    );
    assert.deepEqual(await node.containers('refused'), []);
    node.run(
      pod('allowed', sh('id -u; exec sleep 1000'), { securityContext: { runAsNonRoot: true, runAsUser: 1234 } }),
    );
    await until('it runs', () => node.log('allowed') === '1234\n');
  });

  test('they read secrets of their group, and write to their emptyDir', async () => {
    node.api.seed<Secret>('secrets', {
      kind: 'Secret',
      metadata: { name: 'keys', namespace: 'default' },
      data: { key: Buffer.from('s3cret').toString('base64') },
    });
    const script = 'cat /keys/key && echo data >/work/file && stat -c "%a %g" /work/file /work; touch /keys/x; echo $?';
    node.run(
      pod(
        'grouped',
        {
          ...sh(script),
          volumeMounts: [
            { name: 'keys', mountPath: '/keys' },
            { name: 'work', mountPath: '/work' },
          ],
        },
        {
          restartPolicy: 'Never',
          securityContext: { runAsUser: 1234, fsGroup: 4321 },
          volumes: [
            { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
            { name: 'work', emptyDir: {} },
          ],
        },
      ),
    );
    await node.phase('grouped', 'Succeeded');
    const lines = node
      .log('grouped')
      .split('\n')
      .filter((line) => !line.startsWith('touch:'));
    assert.deepEqual(lines, ['s3cret644 4321', '2777 4321', '1', '']);
  });

  test('a part of a volume is the volume’s, whatever links a program has made', async () => {
    const links = {
      name: 'escape',
      image: 'test',
      ...sh('ln -s /etc /work/out && mkdir /work/in && ln -s in /work/link'),
    };
    const volumeMounts = [{ name: 'work', mountPath: '/work' }];
    const spec = {
      restartPolicy: 'Never',
      volumes: [{ name: 'work', emptyDir: {} }],
      initContainers: [{ ...links, volumeMounts }],
    };
    const mounts = (subPath: string) => [{ name: 'work', mountPath: '/part', subPath }];
    node.run(pod('escapes', { ...sh('ls /part'), volumeMounts: mounts('out') }, spec));
    node.run(pod('stays', { ...sh('touch /part/x; ls /part'), volumeMounts: mounts('link/new') }, spec));
    const waiting = await until('it is refused', () => {
      const [status] = node.pod('escapes').status?.containerStatuses ?? [];
      return status?.state?.waiting?.reason === 'CreateContainerConfigError' && status.state.waiting;
    });
    assert.equal(
      waiting.message,
      'failed to prepare subPath for volumeMount "work" of container "main": subPath "out": it leads out of the volume',
    );
    await node.phase('stays', 'Succeeded');
    assert.equal(node.log('stays'), 'x\n');
  });
});
