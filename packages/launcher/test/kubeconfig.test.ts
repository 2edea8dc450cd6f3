import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Deployment, Pod } from '@keelson/api';
import { ApiClient, RestTransport, resources } from '@keelson/client';
import { systemClock } from '@keelson/service';
import { stringify } from 'yaml';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

const require = createRequire(import.meta.url);
const programOf = (name: string, file = 'start.js') => join(dirname(require.resolve(`@keelson/${name}`)), file);
const ORGANIZATION = 'system:nodes';

/** Scheduler, controllers and a kubelet that know nothing but a kubeconfig, as they would on any Kubernetes. */
describe('components with --kubeconfig', () => {
  const cluster = new ClusterUnderTest();
  const children: ChildProcess[] = [];
  let client: ApiClient;

  before(async () => {
    await cluster.up('--nodes', '0', '--stores', '1', '--disable', 'scheduler,controller-manager');
    const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((it) =>
      readFileSync(join(cluster.dataDir, 'pki', it)),
    );
    const server = `https://127.0.0.1:${cluster.portBase}`;
    const tls = { ca: ca!, cert: cert!, key: key! };
    client = new ApiClient(new RestTransport({ server, tls, timeoutMs: 10_000 }, { clock: systemClock() }));
  });
  after(async () => {
    client?.close();
    for (const it of children) it.kill('SIGTERM');
    await Promise.all(children.map((it) => it.exitCode ?? new Promise((resolve) => it.once('exit', resolve))));
    await cluster.remove();
  });

  const file = (name: string) => join(cluster.dataDir, name);

  /** A kubeconfig of somebody with upstream's name, which has upstream's rights and no more. */
  function kubeconfigOf(name: string, subject: string): string {
    const openssl = (...args: string[]) => {
      const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    };
    const path = (ending: string) => file(`${name}.${ending}`);
    writeFileSync(path('ext'), 'extendedKeyUsage=clientAuth\n');
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-new', ...curve, '-keyout', path('key'), '-out', path('csr'), '-subj', subject);
    const [ca, caKey] = [file('pki/ca.crt'), file('pki/ca.key')];
    openssl(
      'x509',
      '-req',
      '-in',
      path('csr'),
      '-CA',
      ca,
      '-CAkey',
      caKey,
      '-CAcreateserial',
      '-out',
      path('crt'),
      '-extfile',
      path('ext'),
    );
    const config = {
      'current-context': 'here',
      clusters: [
        {
          name: 'c',
          cluster: { server: `https://127.0.0.1:${cluster.portBase}`, 'certificate-authority': 'pki/ca.crt' },
        },
      ],
      users: [{ name: 'u', user: { 'client-certificate': `${name}.crt`, 'client-key': `${name}.key` } }],
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    };
    writeFileSync(path('kubeconfig'), stringify(config));
    return path('kubeconfig');
  }

  function run(program: string, ...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    children.push(child);
    return child;
  }

  const deployment = (replicas: number): Deployment => ({
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'c', image: 'none', command: ['/bin/sh', '-c', 'exec sleep 1000'] }],
        },
      },
    },
  });
  const pods = async () =>
    (await client.list(resources.pods, { namespace: 'default', labelSelector: 'app=web' })).items;
  const isReady = ({ status }: Pod) =>
    status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') === true;
  const readyAre = (count: number) =>
    eventually(async () => {
      const all = await pods();
      assert.deepEqual([all.length, all.filter(isReady).length], [count, count]);
      const { status } = await client.get(resources.deployments, { namespace: 'default', name: 'web' });
      assert.equal(status?.readyReplicas, count);
    });

  /** On a busy machine the API server may be away for longer than a lease is held: nobody would start us again here. */
  const PATIENT = ['--leader-elect-lease-duration', '120', '--leader-elect-renew-deadline', '100'];

  test('run a Deployment to its end, though the API server is killed twice', async () => {
    run(
      programOf('scheduler'),
      ...PATIENT,
      '--kubeconfig',
      kubeconfigOf('scheduler', '/CN=system:kube-scheduler'),
      '--log-level',
      'warn',
    );
    const manager = kubeconfigOf('manager', '/CN=system:kube-controller-manager');
    const more = ['--use-service-account-credentials', '--root-ca-file', file('pki/ca.crt'), '--log-level', 'warn'];
    run(programOf('controller-manager'), ...PATIENT, '--kubeconfig', manager, ...more);
    const socket = `unix://${file('runtime.sock')}`;
    const range = `127.${100 + (process.pid % 100)}.77.0/24`;
    run(
      programOf('runtime', 'main.js'),
      '--listen',
      socket,
      '--root-dir',
      file('runtime'),
      '--pod-cidr',
      range,
      '--log-level',
      'warn',
    );
    const node = kubeconfigOf('node', `/O=${ORGANIZATION}/CN=system:node:edge`);
    run(
      programOf('kubelet'),
      ...[
        '--kubeconfig',
        node,
        '--node-name',
        'edge',
        '--container-runtime-endpoint',
        socket,
        '--root-dir',
        file('kubelet'),
      ],
      ...['--port', '0', '--node-ip', '127.0.0.1', '--log-level', 'error'],
    );

    await client.create(resources.deployments, deployment(2));
    await readyAre(2);
    const before = new Set((await pods()).map(({ metadata }) => metadata.uid));
    await killApiServer();
    await client.patch(resources.deployments, { namespace: 'default', name: 'web' }, 'merge', {
      spec: { replicas: 4 },
    });
    await readyAre(4);
    const kept = (await pods()).filter(({ metadata }) => before.has(metadata.uid)).length;
    assert.equal(kept, 2, 'nothing is made twice');
    const [made] = await pods();
    const managers = made?.metadata.managedFields?.map(({ manager }) => manager);
    // The scheduler writes itself only if a pod came before the node was ready.
    const others = new Set(managers?.filter((it) => it !== 'kube-scheduler'));
    assert.deepEqual([...others].sort(), ['kube-controller-manager', 'kubelet']);
    await killApiServer();
    await client.delete(resources.deployments, { namespace: 'default', name: 'web' });
    await eventually(async () => assert.deepEqual(await pods(), []));
    for (const it of children) assert.equal(it.exitCode, null, 'everything still runs');
    const { items } = await client.list(resources.serviceAccounts, { namespace: 'kube-system' });
    const accounts = items.map(({ metadata }) => metadata.name);
    for (const it of ['deployment-controller', 'replicaset-controller', 'generic-garbage-collector'])
      assert.ok(accounts.includes(it), it);
  });

  test('say which flags do not go together, and what a kubeconfig lacks', () => {
    const refused = (program: string, ...args: string[]) => {
      const { status, stderr } = spawnSync(process.execPath, [programOf(program), ...args], { encoding: 'utf8' });
      assert.notEqual(status, 0);
      return stderr;
    };
    for (const program of ['scheduler', 'controller-manager', 'kubelet'])
      assert.match(
        refused(program, '--kubeconfig', 'x', '--apiserver', 'a:1'),
        /error: --kubeconfig and --apiserver exclude/,
      );
    assert.match(refused('scheduler', '--apiserver', 'a:1'), /error: --apiserver needs --tls-ca-file/);
    assert.match(
      refused('scheduler', '--kubeconfig', 'x', '--status-address', '0.0.0.0'),
      /error: --status-address: "0.0.0.0"/,
    );
  });

  /** Resolves once another one in its place is ready. */
  async function killApiServer(): Promise<void> {
    const { pid } = cluster.components().find(({ role }) => role === 'apiserver')!;
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      assert.notEqual(cluster.components().find(({ role }) => role === 'apiserver')?.pid, pid);
      await client.list(resources.nodes);
    });
  }
});
