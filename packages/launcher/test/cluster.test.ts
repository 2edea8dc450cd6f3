import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Deployment, Job, KubeObject, Pod } from '@keelson/api';
import { ApiClient, type Resource, RestTransport, resources } from '@keelson/client';
import { loadIdentity, systemClock, systemRandom } from '@keelson/service';
import { parseAllDocuments } from 'yaml';
import { runScenario } from '../src/chaos/run.js';
import { isRunning } from '../src/supervisor/process-table.js';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url));
const clock = systemClock();

describe('a cluster on this machine', { timeout: 600_000 }, () => {
  const cluster = new ClusterUnderTest();
  let client: ApiClient;
  before(async () => {
    const output = await cluster.up();
    assert.match(output, /Ready in/);
    client = connect(cluster);
  });
  after(async () => {
    client?.close();
    await cluster.remove();
  });

  test('comes up with two ready nodes, and says so', async () => {
    const { items } = await client.list(resources.nodes);
    const ready = items.filter((it) => it.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
    assert.deepEqual(ready.map((it) => it.metadata.name).sort(), ['node-0', 'node-1']);
    const status = JSON.parse((await cluster.keelson('status', '-o', 'json')).stdout);
    assert.equal(status.ready, true);
  });

  test('a second cluster cannot start from the same directory', async () => {
    await assert.rejects(cluster.up(), /a cluster runs from .* already/);
  });

  test('the examples run: every replica answers on its address, the Job completes, each node reports', async () => {
    const created = await apply(client);
    await eventually(async () => {
      const web = await client.get(resources.deployments, { namespace: 'default', name: 'web' });
      assert.equal(web.status?.availableReplicas, 3);
    });
    const pods = await podsOf(client, 'app=web');
    for (const { metadata, status } of pods) {
      const answer = await fetch(`http://${status?.podIP}:8080/`);
      assert.match(await answer.text(), new RegExp(`^hello from ${metadata.name} on node-[01]\n$`));
    }
    await eventually(async () => {
      const job = await client.get(resources.jobs, { namespace: 'default', name: 'primes' });
      assert.equal(job.status?.conditions?.find((it) => it.type === 'Complete')?.status, 'True');
      assert.equal(job.status?.completedIndexes, '0-2');
    });
    await eventually(async () => {
      const reporters = await podsOf(client, 'app=reporter');
      assert.deepEqual(reporters.map((it) => it.spec?.nodeName).sort(), ['node-0', 'node-1']);
    });
    await eventually(async () => {
      const { items } = await client.list(resources.endpointSlices, {
        namespace: 'default',
        labelSelector: 'kubernetes.io/service-name=web',
      });
      const addresses = items.flatMap((it) => it.endpoints ?? []).flatMap((it) => it.addresses ?? []);
      assert.deepEqual(addresses.sort(), pods.map((it) => it.status?.podIP).sort());
    });
    for (const { resource, object } of created) {
      const { name = '' } = object.metadata;
      await client.delete(resource, { namespace: 'default', name }, { propagationPolicy: 'Background' });
    }
    await eventually(async () => {
      assert.deepEqual(
        (await client.list(resources.pods, { namespace: 'default' })).items.map((it) => it.metadata.name),
        [],
      );
      const { items } = await client.list(resources.replicaSets, { namespace: 'default' });
      assert.deepEqual(items, []);
      assert.deepEqual(processesWith('POD_NAME=web-', cluster.dataDir), []);
    });
  });

  test('bad objects are refused with the field that is wrong, and nothing is kept of them', async () => {
    const bad = {
      metadata: { namespace: 'default', name: 'bad' },
      spec: { containers: [{ name: 'c', image: 'node' }, { name: 'c' }] },
    } as Pod;
    await assert.rejects(client.create(resources.pods, bad), {
      code: 422,
      message:
        /spec\.containers\[1\]\.image: Required value, spec\.containers\[1\]\.name: Duplicate value|spec\.containers\[1\]\.name: Duplicate value/,
    });
    await assert.rejects(client.get(resources.pods, { namespace: 'default', name: 'bad' }), { code: 404 });
  });

  test('a namespace takes everything in it with it', async () => {
    await client.create(resources.namespaces, { metadata: { name: 'short' } });
    const metadata = { namespace: 'short', name: 'c' };
    await eventually(() => client.create(resources.configMaps, { metadata, data: { a: 'b' } }));
    await client.delete(resources.namespaces, { name: 'short' });
    await eventually(() => assert.rejects(client.get(resources.namespaces, { name: 'short' }), { code: 404 }));
    await assert.rejects(client.get(resources.configMaps, metadata), { code: 404 });
  });

  test('survives kill -9 of every part, alone and all at once: nothing lost, nothing doubled', async (t) => {
    const options = { dataDir: cluster.dataDir, timeoutMs: 180_000, say: (line: string) => t.diagnostic(line) };
    const report = await runScenario('kill-everything', options, { clock, random: systemRandom() });
    assert.deepEqual(report.lost, []);
    assert.ok(report.acknowledgedWrites > 50, `only ${report.acknowledgedWrites} writes were acknowledged`);
    assert.ok(report.faults.length >= 9);
  });

  test('kubectl agrees', { skip: hasKubectl() ? false : 'no kubectl here' }, async () => {
    await cluster.kubectl('create', 'configmap', 'by-hand', '--from-literal=a=1');
    const { stdout } = await cluster.kubectl('get', 'configmap', 'by-hand', '-o', 'jsonpath={.data.a}');
    assert.equal(stdout, '1');
    await cluster.kubectl(
      'create',
      'deployment',
      'tool',
      '--image=node',
      '--replicas=2',
      '--',
      'node',
      '-e',
      'setInterval(() => console.log("tick"), 500)',
    );
    await cluster.kubectl('rollout', 'status', 'deployment/tool', '--timeout=90s');
    await cluster.kubectl('scale', 'deployment/tool', '--replicas=1');
    await cluster.kubectl('wait', 'deployment/tool', '--for=jsonpath={.status.replicas}=1', '--timeout=60s');
    await eventually(async () => assert.match((await cluster.kubectl('logs', 'deployment/tool')).stdout, /tick/));
    assert.match((await cluster.kubectl('exec', 'deployment/tool', '--', 'node', '-p', '6*7')).stdout, /^42$/m);
    await cluster.kubectl('drain', 'node-1', '--ignore-daemonsets', '--force', '--timeout=90s');
    assert.match((await cluster.kubectl('get', 'nodes')).stdout, /node-1\s+Ready,SchedulingDisabled/);
    await cluster.kubectl('uncordon', 'node-1');
    assert.match((await cluster.kubectl('describe', 'deployment', 'tool')).stdout, /ScalingReplicaSet/);
    await cluster.kubectl('delete', 'deployment/tool', 'configmap/by-hand', '--timeout=60s');
  });

  test('everything is there after the cluster was taken down and started again', async () => {
    const metadata = { namespace: 'default', name: 'kept' };
    await client.create(resources.configMaps, { metadata, data: { a: 'b' } });
    const before = cluster.components();
    await cluster.keelson('down');
    assert.deepEqual(
      before.filter((it) => isRunning(it.pid)),
      [],
    );
    assert.deepEqual(processesWith(cluster.dataDir), []);
    client.close();
    await cluster.up();
    client = connect(cluster);
    assert.deepEqual((await client.get(resources.configMaps, metadata)).data, { a: 'b' });
  });
});

test('bad flags and taken ports are one clear line, and nothing is half-started', async () => {
  const cluster = new ClusterUnderTest();
  const refused = async (expected: RegExp, ...flags: string[]) => {
    await assert.rejects(cluster.up(...flags), (error: Error) => expected.test(error.message));
    assert.equal(existsSync(join(cluster.dataDir, 'cluster.json')), false);
  };
  await refused(/--nodes must be a whole number from 0 to 50, not 99/, '--nodes', '99');
  await refused(/--disable: unknown component "sheduler"/, '--disable', 'sheduler');
  await refused(/--cluster-cidr: "x" is not an IPv4 range/, '--cluster-cidr', 'x');
  const other = new ClusterUnderTest();
  await other.up('--nodes', '0', '--stores', '1', '--disable', 'scheduler,controller-manager');
  try {
    cluster.portBase = other.portBase;
    await refused(/another process uses this port: stop it or choose another port \(--port-base is \d+\)/);
  } finally {
    await other.remove();
  }
});

function connect(cluster: ClusterUnderTest): ApiClient {
  const file = (name: string) => join(cluster.dataDir, 'pki', name);
  const tls = loadIdentity({ ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') }, clock.now());
  return new ApiClient(new RestTransport({ server: `https://127.0.0.1:${cluster.portBase}`, tls }, { clock }));
}

const KINDS: Record<string, Resource> = {
  ConfigMap: resources.configMaps as Resource,
  DaemonSet: resources.daemonSets as Resource,
  Deployment: resources.deployments as Resource<Deployment> as Resource,
  Job: resources.jobs as Resource<Job> as Resource,
  Service: resources.services as Resource,
};

async function apply(client: ApiClient): Promise<{ resource: Resource; object: KubeObject }[]> {
  const objects = readdirSync(EXAMPLES)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(EXAMPLES, file), 'utf8')).map((it) => it.toJS() as KubeObject),
    );
  const created = objects.map((object) => ({ resource: KINDS[object.kind ?? '']!, object }));
  for (const { resource, object } of created) {
    object.metadata.namespace = 'default';
    await client.create(resource, object);
  }
  return created;
}

async function podsOf(client: ApiClient, labelSelector: string): Promise<Pod[]> {
  return (await client.list(resources.pods, { namespace: 'default', labelSelector })).items;
}

/** Processes whose environment and command line hold all of these. */
function processesWith(...texts: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const seen = readFileSync(`/proc/${name}/environ`, 'utf8') + readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return texts.every((text) => seen.includes(text));
      } catch {
        return false;
      }
    })
    .map(Number);
}

function hasKubectl(): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, 'kubectl')));
}
