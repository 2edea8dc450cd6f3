import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { options, ServerUnderTest } from './server-under-test.js';

let first: ServerUnderTest;
let second: ServerUnderTest;
const ADMIN = { cert: 'admin' };

before(async () => {
  first = await ServerUnderTest.start();
  second = await ServerUnderTest.beside(first, '--enable-admission-plugins', 'NamespaceAutoProvision,AlwaysPullImages');
});
after(async () => {
  await second.stop();
  await first.stop();
});

async function quotaIn(namespace: string, hard: Record<string, string>): Promise<string> {
  await first.call('POST', '/api/v1/namespaces', ADMIN, { metadata: { name: namespace } });
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
  await first.call('POST', path, ADMIN, { metadata: { name: 'q' }, spec: { hard } });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  const body = { metadata: { name: 'q' }, spec: { hard }, status: { hard, used } };
  const set = await first.call('PUT', `${path}/q/status`, ADMIN, body);
  assert.equal(set.status, 200);
  // The other server learns of it a moment later.
  for (;;) {
    const seen = await second.call('GET', `${path}/q?resourceVersion=0`, ADMIN);
    if ((seen.body as { status?: { used?: object } }).status?.used !== undefined) break;
  }
  return `${path}/q`;
}

function resourcesOf(server: ServerUnderTest) {
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => server.read(name));
  const connection = connect(`127.0.0.1:${server.ports.grpc}`, {
    clock: systemClock(),
    tls: { ca: ca!, cert: cert!, key: key! },
  });
  return { resources: connection.service(keelson.ResourcesService), close: () => connection.close() };
}

const usedOf = async (path: string) =>
  ((await first.call('GET', path, ADMIN)).body as unknown as { status: { used: object } }).status.used;

test('of writers at both doors of two servers no more pass than the quota has room for', options, async () => {
  for (const [round, room] of [1, 1, 1, 5].entries()) {
    const namespace = `race-${round}`;
    const path = await quotaIn(namespace, { configmaps: String(room) });
    const doors = [first, second].map(resourcesOf);
    const rest = (server: ServerUnderTest, name: string) =>
      server
        .call('POST', `/api/v1/namespaces/${namespace}/configmaps`, ADMIN, { metadata: { name } })
        .then(({ status, body }) => (status === 201 ? 'made' : body.message));
    const grpc = (door: (typeof doors)[number], name: string) =>
      door.resources
        .create({
          type: { group: '', version: 'v1', resource: 'configmaps' },
          namespace,
          object: Buffer.from(JSON.stringify({ metadata: { name } })),
        })
        .then(
          () => 'made',
          (error: Error) => error.message,
        );
    const answers = await Promise.all(
      Array.from({ length: 3 }, (_, at) => [
        ...[first, second].map((server, of) => rest(server, `r${at}-${of}`)),
        ...doors.map((door, of) => grpc(door, `g${at}-${of}`)),
      ]).flat(),
    );
    assert.equal(answers.filter((it) => it === 'made').length, room);
    const refused = answers.filter((it) => it !== 'made');
    assert.ok(
      refused.every((it) => it?.includes('exceeded quota: q, requested: configmaps=1')),
      String(refused),
    );
    assert.deepEqual(await usedOf(path), { configmaps: String(room) });
    for (const { close } of doors) close();
  }
});

test('both doors refuse and warn in the same words', options, async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'restricted' };
  await first.call('POST', '/api/v1/namespaces', ADMIN, { metadata: { name: 'secure', labels } });
  await first.call('POST', '/api/v1/namespaces/secure/serviceaccounts', ADMIN, { metadata: { name: 'default' } });
  const { resources, close } = resourcesOf(first);
  const pod = (name: string, more: object) => ({
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'i' }], ...more },
  });
  const rest = (name: string, more: object) =>
    first.call('POST', '/api/v1/namespaces/secure/pods', ADMIN, pod(name, more));
  const grpc = (name: string, more: object) =>
    resources.create({
      type: { group: '', version: 'v1', resource: 'pods' },
      namespace: 'secure',
      object: Buffer.from(JSON.stringify(pod(name, more))),
    });
  const refused = await rest('p', { hostPID: true });
  assert.equal(refused.status, 403);
  assert.match(refused.body.message ?? '', /violates PodSecurity "baseline:latest": host namespaces \(hostPID=true\)$/);
  await assert.rejects(grpc('p', { hostPID: true }), (error: Error) => {
    assert.ok(error.message.includes(refused.body.message!), error.message);
    return true;
  });
  const warned = await rest('a', {});
  const { warnings } = await grpc('b', {});
  assert.equal(warnings.length, 1);
  assert.equal(warned.warning, `299 - ${JSON.stringify(warnings[0])}`);
  close();
});

test('a server asks the plugins that its flags choose', options, async () => {
  const made = await second.call('POST', '/api/v1/namespaces/new/configmaps', ADMIN, { metadata: { name: 'a' } });
  assert.equal(made.status, 201);
  const refused = await first.call('POST', '/api/v1/namespaces/other/configmaps', ADMIN, { metadata: { name: 'a' } });
  assert.equal(refused.status, 404);
});

test('a server that is configured by files does not start with wrong ones', options, async () => {
  writeFileSync(first.file('admission.yaml'), 'apiVersion: v1\nkind: Nope\n');
  const { status, output } = first.tryFlags('--admission-control-config-file', first.file('admission.yaml'));
  assert.notEqual(status, 0);
  assert.match(output, /--admission-control-config-file: .*admission.yaml: it must be a AdmissionConfiguration/);
  const named = first.tryFlags('--disable-admission-plugins', 'Nope');
  assert.equal(named.status, 2);
  assert.match(named.output, /^error: --disable-admission-plugins: "Nope" is not one of AlwaysAdmit, /);
});
