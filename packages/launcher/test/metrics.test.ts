import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { quantityMilliValue, quantityValue } from '@keelson/api';
import { ApiClient, RestTransport, resources } from '@keelson/client';
import { loadIdentity, systemClock } from '@keelson/service';
import { ClusterUnderTest, eventually, run } from './cluster-under-test.js';

const KEELCTL = fileURLToPath(new URL('../../../cli/dist/src/main.js', import.meta.url));
const clock = systemClock({ keepAlive: false });
/** A loop gets a part of a busy machine; of one processor it never gets more than all. */
const [LEAST_MILLICORES, MOST_MILLICORES] = [100, 1_300];

describe('resource metrics of a cluster as it is started', { timeout: 400_000 }, () => {
  const cluster = new ClusterUnderTest();
  const keelctl = (...args: string[]) => run(process.execPath, [KEELCTL, '--kubeconfig', cluster.kubeconfig, ...args]);
  let client: ApiClient;
  const ofBusy = () => client.get(resources.podMetrics, { namespace: 'default', name: 'busy' });

  before(async () => {
    await cluster.up('--nodes', '1', '--stores', '1');
    const file = (name: string) => join(cluster.dataDir, 'pki', name);
    const tls = loadIdentity({ ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }, clock.now());
    client = new ApiClient(new RestTransport({ server: `https://127.0.0.1:${cluster.portBase}`, tls }, { clock }));
    const command = ['sh', '-c', 'while :; do :; done'];
    await client.create(resources.pods, {
      metadata: { name: 'busy', namespace: 'default', labels: { app: 'busy' } },
      spec: { containers: [{ name: 'main', image: 'busybox', command }], terminationGracePeriodSeconds: 1 },
    });
  });
  after(async () => {
    client.close();
    await cluster.remove();
  });

  it('has what a busy pod uses, and its node', async () => {
    const pod = await eventually(ofBusy);
    const used = quantityMilliValue(pod.containers[0]?.usage['cpu'] ?? '0');
    assert.ok(used > LEAST_MILLICORES && used < MOST_MILLICORES, `${used}m`);
    assert.ok(quantityValue(pod.containers[0]?.usage['memory'] ?? '0') > 100_000);
    assert.match(pod.window, /^\d+(\.\d+)?s$/);
    assert.equal(pod.metadata.labels?.['app'], 'busy');
    const { items } = await client.list(resources.podMetrics, { namespace: 'default', labelSelector: 'app=other' });
    assert.deepEqual(items, []);
    const node = await client.get(resources.nodeMetrics, { name: 'node-0' });
    assert.ok(quantityMilliValue(node.usage['cpu'] ?? '0') >= LEAST_MILLICORES);
    await assert.rejects(
      client.get(resources.podMetrics, { namespace: 'default', name: 'nobody' }),
      /"nobody" not found/,
    );
  });

  it('is shown by keelctl top, over gRPC', async () => {
    const { stdout } = await keelctl('top', 'pods', '--containers');
    assert.match(stdout, /^POD +NAME +CPU\(cores\) +MEMORY\(bytes\)\nbusy +main +\d+m +\d+Mi\n$/);
    assert.match((await keelctl('top', 'nodes')).stdout, /^node-0 +\d+m +\d+% +\d+Mi +\d+%$/m);
  });

  it('is there again when the metrics server, a kubelet and the runtime were killed', async () => {
    const struck = ['metrics-server', 'kubelet', 'runtime'];
    const before = (await ofBusy()).timestamp;
    for (const { role, pid } of cluster.components()) if (struck.includes(role)) process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      const { timestamp, containers } = await ofBusy();
      assert.ok(Date.parse(timestamp) > Date.parse(before));
      const used = quantityMilliValue(containers[0]?.usage['cpu'] ?? '0');
      assert.ok(used > LEAST_MILLICORES && used < MOST_MILLICORES, `${used}m`);
    });
  });
});
