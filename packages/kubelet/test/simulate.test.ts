import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NodeUnderTest, pod, until } from './node-under-test.js';

const node = new NodeUnderTest({ simulate: true });
before(() => node.start());
after(() => node.cleanUp());

test('a simulated node takes pods by the hundred, ready without a process, and lets them go', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `sim-${index}`);
  for (const name of names) node.run(pod(name, { readinessProbe: { httpGet: { port: 80 } } }));
  await until('all are ready', () => names.every((name) => node.condition(name, 'Ready') === 'True'));
  const addresses = new Set(names.map((name) => node.pod(name).status?.podIP));
  assert.equal(addresses.size, names.length);
  for (const name of names) node.api.deletePod(name);
  await until('all are gone', () => names.every((name) => node.api.find('pods', name) === undefined));
});

test('a simulated job ends after its time with its code', async () => {
  const job = pod('job', {}, { restartPolicy: 'Never' });
  const annotations = { 'keelson.dev/simulated-run-seconds': '0.2', 'keelson.dev/simulated-exit-code': '0' };
  node.run({ ...job, metadata: { ...job.metadata, annotations } });
  await node.phase('job', 'Succeeded');
});

test('a simulated load that cannot be understood is told of by an event', async () => {
  const busy = pod('busy', {});
  const annotations = { 'keelson.dev/simulated-cpu': 'lots' };
  node.run({ ...busy, metadata: { ...busy.metadata, annotations } });
  const wanted = 'annotation keelson.dev/simulated-cpu: "lots" is no quantity such as 250m or 64Mi';
  await until('it is said', () => node.messages('busy').some((message) => message.includes(wanted)));
  await until('its container waits', () => {
    const [status] = node.pod('busy').status?.containerStatuses ?? [];
    return status?.state?.waiting?.reason === 'CreateContainerError';
  });
});
