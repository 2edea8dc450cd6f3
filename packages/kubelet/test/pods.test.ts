import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigMap, Lease, Node, PodSpec, Secret } from '@keelson/api';
import { cri } from '@keelson/protocol';
import { NodeUnderTest, pod, sh, until } from './node-under-test.js';

const node = new NodeUnderTest();
before(() => node.start());
after(() => node.cleanUp());

const SERVER =
  'require("http").createServer((q, r) => r.end("ok")).listen(8080, process.env.POD_IP, () => console.log("up"))';

test('the node registers itself, is Ready and renews its lease', async () => {
  const registered = await until('the node is ready', () => {
    const found = node.api.find<Node>('nodes', 'node-1', '');
    return found?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') && found;
  });
  assert.equal(registered.metadata.labels?.['kubernetes.io/hostname'], 'node-1');
  assert.equal(registered.metadata.labels?.['zone'], 'a');
  assert.equal(registered.status?.allocatable?.['cpu'], '4');
  assert.equal(registered.status?.daemonEndpoints?.kubeletEndpoint?.Port, node.kubelet?.port);
  const lease = () => node.api.find<Lease>('leases', 'node-1', 'kube-node-lease');
  const first = await until('there is a lease', () => lease()?.spec?.renewTime);
  await until('it is renewed', () => lease()?.spec?.renewTime !== first);
  node.api.drop('nodes', 'node-1', '');
  await until('it registers again', () => node.api.find('nodes', 'node-1', ''));
});

test('a pod runs, is ready with an address, and is gone without a trace after its deletion', async () => {
  node.run(
    pod('web', { command: ['node', '-e', SERVER], readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 } }),
  );
  const ready = await node.ready('web');
  assert.equal(ready.status?.phase, 'Running');
  assert.equal(await (await fetch(`http://${ready.status?.podIP}:8080/`)).text(), 'ok');
  assert.equal(ready.status?.qosClass, 'BestEffort');
  const [status] = ready.status?.containerStatuses ?? [];
  assert.match(status?.containerID ?? '', /^keelson:\/\/[0-9a-f]{64}$/);
  assert.deepEqual([status?.ready, status?.started, status?.restartCount], [true, true, 0]);
  for (const reason of ['Pulled', 'Created', 'Started']) {
    await until(`there is an event ${reason}`, () => node.events('web').includes(reason));
  }
  const [container] = await node.containers('web');
  node.api.deletePod('web');
  await until('the pod is gone from the API', () => node.api.find('pods', 'web') === undefined);
  assert.deepEqual(node.processesOf(container?.id ?? ''), []);
  await until('nothing is left of it in the runtime', async () => (await node.containers('web')).length === 0);
  assert.ok(node.events('web').includes('Killing'));
  const uid = ready.metadata.uid ?? '';
  await until('nor on disk', () => !existsSync(join(node.directory, 'kubelet/pods', uid)));
  assert.ok(!readdirSync(join(node.directory, 'kubelet/logs')).some((name) => name.includes(uid)));
});

test('a container that ends is restarted with back-off and counted', async () => {
  node.run(pod('crash', sh('echo run; exit 3')));
  const waiting = await until('it is in CrashLoopBackOff', () => {
    const [status] = node.pod('crash').status?.containerStatuses ?? [];
    return status?.state?.waiting?.reason === 'CrashLoopBackOff' && (status.restartCount ?? 0) >= 1 && status;
  });
  assert.equal(waiting.lastState?.terminated?.exitCode, 3);
  assert.equal(waiting.lastState?.terminated?.reason, 'Error');
  assert.match(
    waiting.state?.waiting?.message ?? '',
    /^back-off \d+s restarting failed container=main pod=crash_default\(/,
  );
  await until('it goes on', () => (node.pod('crash').status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2);
  await until('there is an event', () => node.events('crash').includes('BackOff'));
  assert.equal(node.pod('crash').status?.phase, 'Running');
  node.api.deletePod('crash');
  await until('it is gone', () => node.api.find('pods', 'crash') === undefined);
});

test('pods of jobs succeed or fail and keep their logs', async () => {
  node.run(pod('done', sh('echo result; exit 0'), { restartPolicy: 'Never' }));
  node.run(pod('broken', sh('exit 7'), { restartPolicy: 'Never' }));
  node.run(
    pod('retry', sh(`test -e ${node.directory}/flag || { touch ${node.directory}/flag; exit 1; }`), {
      restartPolicy: 'OnFailure',
    }),
  );
  const done = await node.phase('done', 'Succeeded');
  assert.equal(done.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted');
  assert.equal(done.status?.containerStatuses?.[0]?.state?.terminated?.reason, 'Completed');
  assert.equal(node.log('done'), 'result\n');
  const broken = await node.phase('broken', 'Failed');
  assert.equal(broken.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 7);
  const retried = await node.phase('retry', 'Succeeded');
  assert.equal(retried.status?.containerStatuses?.[0]?.restartCount, 1);
});

test('init containers run one after another before the others, and sidecars beside them', async () => {
  const order = `${node.directory}/order`;
  node.run(
    pod('init', sh(`echo main >>${order}; test -e ${order}.side; exit $?`), {
      restartPolicy: 'Never',
      initContainers: [
        { name: 'one', image: 'test', ...sh(`sleep 0.2; echo one >>${order}`) },
        { name: 'side', image: 'test', restartPolicy: 'Always', ...sh(`touch ${order}.side; exec sleep 1000`) },
        { name: 'two', image: 'test', ...sh(`echo two >>${order}`) },
      ],
    }),
  );
  const done = await node.phase('init', 'Succeeded');
  const { readFileSync } = await import('node:fs');
  assert.equal(readFileSync(order, 'utf8'), 'one\ntwo\nmain\n');
  assert.equal(done.status?.initContainerStatuses?.[0]?.ready, true);
  await until(
    'the sidecar has ended',
    async () => (await node.containers('init', cri.ContainerState.CONTAINER_RUNNING)).length === 0,
  );

  node.run(
    pod('init-fails', sh('true'), {
      restartPolicy: 'Never',
      initContainers: [{ name: 'bad', image: 'test', ...sh('exit 1') }],
    }),
  );
  const failed = await node.phase('init-fails', 'Failed');
  assert.equal(failed.status?.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing');
});

test('a failing liveness probe restarts, a failing readiness probe takes out of service', async () => {
  const flag = `${node.directory}/sick`;
  node.run(
    pod('probed', {
      ...sh('exec sleep 1000'),
      livenessProbe: {
        exec: { command: ['/bin/sh', '-c', `! test -e ${flag}`] },
        periodSeconds: 1,
        failureThreshold: 1,
      },
      readinessProbe: { exec: { command: ['test', '-e', `${flag}.ready`] }, periodSeconds: 1, failureThreshold: 1 },
    }),
  );
  const { writeFileSync, rmSync } = await import('node:fs');
  await until('it runs', () => node.pod('probed').status?.phase === 'Running');
  assert.equal(node.condition('probed', 'Ready'), 'False');
  writeFileSync(`${flag}.ready`, '');
  await node.ready('probed');
  rmSync(`${flag}.ready`);
  await until('it is out of service', () => node.condition('probed', 'Ready') === 'False');
  writeFileSync(flag, '');
  await until(
    'it is killed',
    () => node.events('probed').includes('Unhealthy') && node.events('probed').includes('Killing'),
  );
  rmSync(flag);
  await until('it is restarted', () => (node.pod('probed').status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
});

test('environment and volumes come from the pod, ConfigMaps and Secrets, and follow their changes', async () => {
  const meta = (name: string) => ({ name, namespace: 'default' });
  node.api.seed<ConfigMap>('configmaps', {
    kind: 'ConfigMap',
    metadata: meta('settings'),
    data: { colour: 'teal', 'app.conf': 'one' },
  });
  node.api.seed<Secret>('secrets', {
    kind: 'Secret',
    metadata: meta('keys'),
    data: { token: Buffer.from('s3cret').toString('base64') },
  });
  const script =
    'echo "$COLOUR $TOKEN $NAME $IP $BOTH $P_colour $CPU"; while :; do cat "$KEELSON_ROOT/config/app.conf"; echo; sleep 0.2; done';
  node.run(
    pod(
      'env',
      {
        ...sh(script),
        resources: { limits: { cpu: '1500m' } },
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'settings' } }],
        env: [
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'BOTH', value: '$(COLOUR)-$(NAME)' },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        ],
        volumeMounts: [{ name: 'config', mountPath: '/config' }],
      },
      { volumes: [{ name: 'config', configMap: { name: 'settings' } }] },
    ),
  );
  const ready = await node.ready('env');
  const first = await until('it says what it has', () => node.log('env').split('\n')[0] || undefined);
  assert.equal(first, `teal s3cret env ${ready.status?.podIP} teal-env teal 1500`);
  await until('the file is there', () => node.log('env').includes('\none\n'));
  const settings = node.api.find<ConfigMap>('configmaps', 'settings');
  assert.ok(settings);
  node.api.update('configmaps', { ...settings, data: { ...settings.data, 'app.conf': 'two' } } as ConfigMap);
  await until('the file has changed', () => node.log('env').includes('\ntwo\n'));
});

test('a pod that is well is not written about again', async () => {
  node.run(
    pod('quiet', { ...sh('exec sleep 1000'), readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } }),
  );
  const ready = await node.ready('quiet');
  const condition = ready.status?.conditions?.find(({ type }) => type === 'Ready');
  assert.deepEqual([condition?.reason, condition?.message], [undefined, undefined]);
  const version = () => node.pod('quiet').metadata.resourceVersion;
  const looks = () => node.api.calls.get('get nodes') ?? 0;
  const [before, begun] = [version(), looks()];
  await until('the kubelet has been through more rounds', () => looks() > begun + 12);
  assert.equal(version(), before);
});

test('a pod waits for a volume that is not there yet and says so', async () => {
  node.run(pod('waits', sh('exec sleep 1000'), { volumes: [{ name: 'v', secret: { secretName: 'later' } }] }));
  await until('there is an event', () => node.events('waits').includes('FailedMount'));
  assert.equal(node.pod('waits').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
  node.api.seed<Secret>('secrets', { kind: 'Secret', metadata: { name: 'later', namespace: 'default' }, data: {} });
  await node.ready('waits');
});

test('what cannot run says why', async () => {
  node.run(pod('no-program', { command: ['no-such-program'] }));
  await until('RunContainerError', () => {
    const [status] = node.pod('no-program').status?.containerStatuses ?? [];
    return (
      [status?.state?.waiting?.reason, status?.lastState?.terminated?.reason].includes('StartError') ||
      status?.state?.waiting?.reason === 'RunContainerError' ||
      status?.state?.waiting?.reason === 'CrashLoopBackOff'
    );
  });
  node.run(pod('no-command', {}));
  const waiting = await until('CreateContainerError', () => {
    const [status] = node.pod('no-command').status?.containerStatuses ?? [];
    return status?.state?.waiting?.reason === 'CreateContainerError' && status.state.waiting;
  });
  assert.match(waiting.message ?? '', /Set command in the pod/);
  node.run(pod('too-big', { ...sh('true'), resources: { requests: { cpu: '64' } } }));
  assert.equal((await node.phase('too-big', 'Failed')).status?.reason, 'OutOfcpu');
  node.run(pod('elsewhere', sh('true'), { nodeSelector: { zone: 'b' } }));
  assert.equal((await node.phase('elsewhere', 'Failed')).status?.reason, 'NodeAffinity');
});

test('a node that was just labelled takes the pods that ask for the label', async () => {
  const known = node.api.find<Node>('nodes', 'node-1', '') as Node;
  const labels = { ...known.metadata.labels, disk: 'fast' };
  node.api.update('nodes', { ...known, metadata: { ...known.metadata, labels } });
  node.run(pod('picky', sh('exec sleep 1000'), { nodeSelector: { disk: 'fast' } }));
  await node.ready('picky');
});

test('extended resources are taken over from the capacity, and let go with it', async () => {
  const put = (amounts: Record<string, string>) => {
    const known = node.api.find<Node>('nodes', 'node-1', '') as Node;
    const { 'example.com/foo': _, ...capacity } = known.status?.capacity ?? {};
    node.api.update('nodes', { ...known, status: { ...known.status, capacity: { ...capacity, ...amounts } } });
  };
  const foo = () => node.api.find<Node>('nodes', 'node-1', '')?.status?.allocatable?.['example.com/foo'];
  put({ 'example.com/foo': '5' });
  await until('it is allocatable', () => foo() === '5');
  put({});
  await until('it is gone', () => foo() === undefined);
});

test('what a pod took is free as soon as the pod is gone from the API', async () => {
  const large = { resources: { requests: { cpu: '3' } } };
  for (const name of ['large-0', 'large-1', 'large-2', 'large-3']) {
    node.run(pod(name, { ...sh('exec sleep 1000'), ...large }));
    await node.ready(name);
    node.api.deletePod(name, 1);
    await until('it is gone', () => node.api.find('pods', name) === undefined);
  }
});

test('a deadline ends a pod', async () => {
  node.run(pod('late', sh('exec sleep 1000'), { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 1 }));
  const failed = await node.phase('late', 'Failed');
  assert.equal(failed.status?.reason, 'DeadlineExceeded');
  await until(
    'it was ended',
    async () => (await node.containers('late', cri.ContainerState.CONTAINER_RUNNING)).length === 0,
  );
});

test('deletion gives the hook and the program their grace', async () => {
  const trace = `${node.directory}/trace`;
  node.run(
    pod('graceful', {
      ...sh(`trap "echo term >>${trace}; exit 0" TERM; echo up; while :; do sleep 0.05; done`),
      lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', `echo hook >>${trace}`] } } },
    }),
  );
  await until('it is prepared', () => node.log('graceful') === 'up\n');
  node.api.deletePod('graceful');
  await until('it is gone', () => node.api.find('pods', 'graceful') === undefined);
  const { readFileSync } = await import('node:fs');
  assert.equal(readFileSync(trace, 'utf8'), 'hook\nterm\n');
});

test('a pod that vanishes from the API is ended at once', async () => {
  node.run(pod('forced', sh('trap "" TERM; while :; do sleep 0.05; done'), { terminationGracePeriodSeconds: 600 }));
  await node.ready('forced');
  node.api.deletePod('forced', 600);
  await until('its end has begun', () => node.events('forced').includes('Killing'));
  node.api.drop('pods', 'forced');
  await until('nothing of it is left', async () => (await node.containers('forced')).length === 0);
});

test('an ephemeral container looks into a running pod, once, and the pod goes on', async () => {
  node.run(pod('looked-at', sh('sleep 1000')));
  const before = await node.ready('looked-at');
  const look = { name: 'look', image: 'test', targetContainerName: 'main', ...sh('echo looked; exit 3') };
  const lost = { name: 'lost', image: 'test', targetContainerName: 'nobody', ...sh('true') };
  node.api.update('pods', { ...before, spec: { ...before.spec, ephemeralContainers: [look, lost] } as PodSpec });
  const statuses = await until('it has ended', () => {
    const found = node.pod('looked-at').status?.ephemeralContainerStatuses;
    return found?.[0]?.state?.terminated && found[1]?.state?.waiting?.reason !== 'ContainerCreating' && found;
  });
  assert.deepEqual([statuses[0]?.state?.terminated?.exitCode, statuses[0]?.restartCount], [3, 0]);
  assert.equal(node.log('looked-at', 'look'), 'looked\n');
  assert.deepEqual(statuses[1]?.state?.waiting, {
    reason: 'CreateContainerConfigError',
    message: 'unable to find target container nobody',
  });
  const { status } = node.pod('looked-at');
  assert.equal(status?.phase, 'Running');
  assert.equal(status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID);
  await until('its start is told', () => node.events('looked-at').includes('Started'));
  node.api.deletePod('looked-at');
  await until('it is gone', () => node.api.find('pods', 'looked-at') === undefined);
});
