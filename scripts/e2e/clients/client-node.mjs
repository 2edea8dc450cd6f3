// What programs do with @kubernetes/client-node, a step each.
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { operatorSteps } from './operator.mjs';
import { expect, Steps, until } from './run.mjs';

const SERVER = `require("http").createServer((q, s) => s.end("hello")).listen(8080, process.env.POD_IP); setInterval(() => console.log("tick"), 300); process.stdin.on("data", (d) => process.stdout.write("heard " + d))`;

export async function clientNodeSteps({ directory, kubeconfig, namespace }) {
  const steps = new Steps();
  const step = steps.step.bind(steps);
  const k8s = createRequire(`${directory}/`)('@kubernetes/client-node');
  const config = new k8s.KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(k8s.CoreV1Api);
  const apps = config.makeApiClient(k8s.AppsV1Api);
  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  const map = (name, data, more = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...more },
    data,
  });
  const pod = {
    metadata: { name: 'worker', namespace },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'worker',
          image: 'node',
          stdin: true,
          command: ['node', '-e', SERVER],
          env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        },
      ],
    },
  };
  const collect = (stream) => {
    const got = { text: '' };
    stream.on('data', (data) => {
      got.text += data;
    });
    return got;
  };

  try {
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await step('create, read, replace, delete', async () => {
      await core.createNamespacedConfigMap({ namespace, body: map('one', { a: '1' }) });
      const read = await core.readNamespacedConfigMap({ namespace, name: 'one' });
      if (!(read.metadata.creationTimestamp instanceof Date)) throw new Error('creationTimestamp is no date');
      read.data = { a: '2' };
      const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'one', body: read });
      expect(replaced.data.a, /^2$/);
      await core.replaceNamespacedConfigMap({ namespace, name: 'one', body: read }).then(
        () => Promise.reject(new Error('a stale write went through')),
        (error) => expect(String(error.code), /409/),
      );
      await core.deleteNamespacedConfigMap({ namespace, name: 'one' });
      await core
        .readNamespacedConfigMap({ namespace, name: 'one' })
        .catch((error) => expect(String(error.code), /404/));
    });
    await step('patch', async () => {
      await core.createNamespacedConfigMap({ namespace, body: map('two', { a: '1' }) });
      const patch = (type, body) =>
        core.patchNamespacedConfigMap({ namespace, name: 'two', body }, k8s.setHeaderOptions('Content-Type', type));
      await patch(k8s.PatchStrategy.MergePatch, { data: { b: '2' } });
      await patch(k8s.PatchStrategy.StrategicMergePatch, { data: { c: '3' } });
      const last = await patch(k8s.PatchStrategy.JsonPatch, [{ op: 'remove', path: '/data/a' }]);
      expect(JSON.stringify(last.data), /^{"b":"2","c":"3"}$/);
    });
    await step('apply', async () => {
      const apply = (body, manager, force) =>
        objects.patch(body, undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply);
      await apply(map('applied', { a: '1' }), 'ann', false);
      await apply(map('applied', { a: '2' }), 'ben', false).then(
        () => Promise.reject(new Error('no conflict')),
        (error) => expect(String(error.code), /409/),
      );
      expect((await apply(map('applied', { a: '2' }), 'ben', true)).data.a, /^2$/);
    });
    await step('list', async () => {
      for (let i = 0; i < 5; i++) {
        await core.createNamespacedConfigMap({ namespace, body: map(`page-${i}`, {}, { labels: { page: 'yes' } }) });
      }
      const first = await core.listNamespacedConfigMap({ namespace, labelSelector: 'page=yes', limit: 2 });
      const next = { namespace, labelSelector: 'page=yes', limit: 3, _continue: first.metadata._continue };
      const rest = await core.listNamespacedConfigMap(next);
      expect(
        [...first.items, ...rest.items].map((it) => it.metadata.name).join(),
        /^page-0,page-1,page-2,page-3,page-4$/,
      );
    });
    await step('watch', async () => {
      const seen = [];
      const watch = new k8s.Watch(config);
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const running = await watch.watch(
        path,
        { allowWatchBookmarks: true },
        (type, object) => seen.push(`${type} ${object.metadata.name}`),
        () => {},
      );
      await core.createNamespacedConfigMap({ namespace, body: map('seen', {}) });
      await core.deleteNamespacedConfigMap({ namespace, name: 'seen' });
      await until(async () => seen.includes('ADDED seen') && seen.includes('DELETED seen'), 10_000);
      running.abort();
    });
    await step('informer', async () => {
      const list = () => core.listNamespacedConfigMap({ namespace });
      const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
      const seen = [];
      for (const event of ['add', 'update', 'delete'])
        informer.on(event, (it) => seen.push(`${event} ${it.metadata.name}`));
      informer.on('error', (error) => seen.push(`error ${error}`));
      await informer.start();
      await core.createNamespacedConfigMap({ namespace, body: map('informed', { a: '1' }) });
      await core.replaceNamespacedConfigMap({ namespace, name: 'informed', body: map('informed', { a: '2' }) });
      await core.deleteNamespacedConfigMap({ namespace, name: 'informed' });
      const wanted = ['add page-0', 'add informed', 'update informed', 'delete informed'];
      await until(async () => wanted.every((it) => seen.includes(it)), 10_000).catch(() => {
        throw new Error(`seen: ${seen.join(', ')}`);
      });
      await informer.stop();
    });
    await step('deployment, scale, status', async () => {
      const labels = { app: 'node' };
      const { metadata, spec } = pod;
      const template = { metadata: { labels }, spec };
      const body = {
        metadata: { ...metadata, name: 'many' },
        spec: { replicas: 1, selector: { matchLabels: labels }, template },
      };
      await apps.createNamespacedDeployment({ namespace, body });
      // The controller writes at the same time.
      await until(async () => {
        const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'many' });
        scale.spec.replicas = 2;
        await apps.replaceNamespacedDeploymentScale({ namespace, name: 'many', body: scale });
      }, 10_000);
      await until(
        async () => (await apps.readNamespacedDeploymentStatus({ namespace, name: 'many' })).status.readyReplicas === 2,
      );
      await apps.deleteNamespacedDeployment({ namespace, name: 'many' });
    });
    await step('log', async () => {
      await core.createNamespacedPod({ namespace, body: pod });
      await until(async () => (await core.readNamespacedPod({ namespace, name: 'worker' })).status.phase === 'Running');
      const out = new PassThrough();
      const got = collect(out);
      const following = await new k8s.Log(config).log(namespace, 'worker', 'worker', out, { follow: true });
      await until(async () => /(tick\n){3}/.test(got.text), 10_000);
      following.abort();
      expect(await core.readNamespacedPodLog({ namespace, name: 'worker', tailLines: 1 }), /^tick\n$/);
    });
    const run = async (command, input) => {
      const [out, err] = [new PassThrough(), new PassThrough()];
      const [stdout, stderr] = [collect(out), collect(err)];
      const status = await new Promise((resolve, reject) => {
        const stdin = input === undefined ? null : Readable.from([input]);
        new k8s.Exec(config)
          .exec(namespace, 'worker', 'worker', command, out, err, stdin, false, resolve)
          .catch(reject);
      });
      return { stdout: stdout.text, stderr: stderr.text, status };
    };
    await step('exec', async () => {
      const { stdout, stderr, status } = await run(['sh', '-c', 'cat; echo bad >&2; exit 3'], 'given\n');
      expect(stdout, /^given\n$/);
      expect(stderr, /^bad\n$/);
      expect(JSON.stringify(status.details.causes), /"ExitCode".*"3"|"3".*"ExitCode"/);
    });
    await step('attach', async () => {
      const [out, input] = [new PassThrough(), new PassThrough()];
      const got = collect(out);
      const socket = await new k8s.Attach(config).attach(namespace, 'worker', 'worker', out, null, input, false);
      input.write('hello\n');
      await until(async () => /heard hello/.test(got.text), 10_000);
      socket.close();
    });
    await step('port-forward', async () => {
      const forward = new k8s.PortForward(config);
      const server = createServer((socket) => {
        forward.portForward(namespace, 'worker', [8080], socket, null, socket).catch((error) => socket.destroy(error));
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const socket = connect(server.address().port, '127.0.0.1');
      const got = collect(socket);
      socket.write('GET / HTTP/1.1\r\nHost: pod\r\n\r\n');
      await until(async () => /200 OK[\s\S]*hello/.test(got.text), 10_000).finally(() => {
        socket.destroy();
        server.close();
      });
    });
    await step('cp to a pod', async () => {
      const cp = new k8s.Cp(config);
      const { mkdtempSync, writeFileSync, mkdirSync } = await import('node:fs');
      const here = mkdtempSync('/tmp/keelson-cp-');
      writeFileSync(`${here}/carried.txt`, 'carried\n'.repeat(10_000));
      mkdirSync(`${here}/there`);
      await cp.cpToPod(namespace, 'worker', 'worker', here, `${here}/there`);
      // The library does not wait for the pod to have it all.
      await until(async () => /^80000 /.test((await run(['wc', '-c', `${here}/there/carried.txt`])).stdout), 10_000);
    });
    await operatorSteps({ k8s, config, namespace, step });
    await step('evict, delete', async () => {
      await core.createNamespacedPodEviction({
        namespace,
        name: 'worker',
        body: { metadata: { name: 'worker', namespace } },
      });
      await until(() =>
        core.readNamespacedPod({ namespace, name: 'worker' }).then(
          () => false,
          (error) => error.code === 404,
        ),
      );
      await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'page=yes' });
    });
    await step('discovery, version, health', async () => {
      expect((await config.makeApiClient(k8s.VersionApi).getCode()).minor, /^36$/);
      const groups = await config.makeApiClient(k8s.ApisApi).getAPIVersions();
      expect(groups.groups.map((it) => it.name).join(), /apps/);
      await new k8s.Health(config).readyz({});
    });
  } finally {
    await core.deleteNamespace({ name: namespace }).catch(() => {});
  }
  return steps.results;
}
