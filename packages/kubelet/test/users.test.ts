import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
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
});
