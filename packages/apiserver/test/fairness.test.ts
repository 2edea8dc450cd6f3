import assert from 'node:assert/strict';
import { Agent, request as httpsRequest } from 'node:https';
import { after, before, test } from 'node:test';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { options, ServerUnderTest } from './server-under-test.js';

let world: ServerUnderTest;
const call: ServerUnderTest['call'] = (...request) => world.call(...request);

const GROUP = '/apis/flowcontrol.apiserver.k8s.io/v1';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

before(async () => {
  world = await ServerUnderTest.start('--max-requests-inflight=20', '--max-mutating-requests-inflight=10');
  if (options.skip) return;
  await grant('jane', 'tom');
  const names = Array.from({ length: 800 }, (_, index) => `c${index}`);
  const agent = agentOf('admin');
  const make = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop())
      await ask(agent, 'POST', CONFIG_MAPS, { metadata: { name }, data: { v: 'x'.repeat(500) } });
  };
  await Promise.all(Array.from({ length: 8 }, make));
  agent.destroy();
});
after(() => world.stop());

async function grant(...users: string[]): Promise<void> {
  for (const name of users) {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const body = { metadata: { name }, roleRef, subjects: [{ kind: 'User', name }] };
    await call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { cert: 'admin' }, body);
  }
}

function agentOf(cert: string): Agent {
  const [ca, own, key] = ['ca.crt', `${cert}.crt`, `${cert}.key`].map((name) => world.read(name));
  return new Agent({ ca: ca!, cert: own!, key: key!, keepAlive: true });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function ask(agent: Agent, method: string, path: string, body?: object, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const target = { agent, host: '127.0.0.1', port: world.ports.rest, method, path };
    const more = { 'content-type': 'application/json', ...headers };
    const request = httpsRequest({ ...target, headers: more }, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** A level with one seat and room for one to wait, and all of a user's requests in it. */
async function confine(user: string): Promise<{ schemaUid: string; levelUid: string }> {
  const limitResponse = { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 1 } };
  const limited = { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse };
  const level = { metadata: { name: `only-${user}` }, spec: { type: 'Limited', limited } };
  const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }];
  const spec = {
    priorityLevelConfiguration: { name: `only-${user}` },
    matchingPrecedence: 300,
    rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules }],
  };
  const schema = { metadata: { name: `only-${user}` }, spec };
  const uid = (reply: { body: unknown }) => (reply.body as { metadata: { uid: string } }).metadata.uid;
  const schemaUid = uid(await call('POST', `${GROUP}/flowschemas`, { cert: 'admin' }, schema));
  await condition(`only-${user}`, 'True', 'NotFound');
  const levelUid = uid(await call('POST', `${GROUP}/prioritylevelconfigurations`, { cert: 'admin' }, level));
  await condition(`only-${user}`, 'False', 'Found');
  return { schemaUid, levelUid };
}

/** Waits until a schema says so of its level. */
async function condition(schema: string, status: string, reason: string): Promise<void> {
  const end = Date.now() + 40_000;
  for (;;) {
    const { body } = await call('GET', `${GROUP}/flowschemas/${schema}`, { cert: 'admin' });
    const { conditions = [] } = (body as { status?: { conditions?: { type: string }[] } }).status ?? {};
    const found = conditions.find(({ type }) => type === 'Dangling') as { status: string; reason: string } | undefined;
    if (found?.status === status && found.reason === reason) return;
    assert.ok(Date.now() < end, `${schema} is still ${JSON.stringify(conditions)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Lists over and over until it is told to stop; what it was answered. */
function flood(agent: Agent, count: number) {
  const answers: Answer[] = [];
  let isOver = false;
  const one = async () => {
    while (!isOver) {
      const answer = await ask(agent, 'GET', CONFIG_MAPS);
      answers.push(answer);
      if (answer.status === 429) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const all = Promise.all(Array.from({ length: count }, one));
  const stop = () => {
    isOver = true;
    return all;
  };
  return { answers, stop };
}

test('a flood is refused in its own level, while others and kubelets go on', options, async () => {
  const { schemaUid, levelUid } = await confine('jane');
  const [jane, tom, admin] = ['jane', 'tom', 'admin'].map(agentOf) as [Agent, Agent, Agent];
  const { answers, stop } = flood(jane, 10);
  const node = { 'impersonate-user': 'system:node:a', 'impersonate-group': 'system:nodes' };
  const lease = (renewTime: string) => ({ metadata: { name: 'a' }, spec: { holderIdentity: 'a', renewTime } });
  const first = await ask(admin, 'POST', LEASES, lease('2020-01-01T00:00:00.000000Z'), node);
  assert.equal(first.status, 201, first.text);
  const refused = () => answers.filter(({ status }) => status === 429);
  const served = () => answers.filter(({ status }) => status === 200);
  for (let turn = 0; turn < 20 || refused().length < 20 || served().length < 5; turn++) {
    assert.equal((await ask(tom, 'GET', `${CONFIG_MAPS}/c1`)).status, 200);
    const { text } = await ask(admin, 'GET', `${LEASES}/a`, undefined, node);
    const renewed = { ...JSON.parse(text), ...lease(`2020-01-01T00:00:00.0${10_000 + (turn % 10_000)}Z`) };
    renewed.metadata = JSON.parse(text).metadata;
    assert.equal((await ask(admin, 'PUT', `${LEASES}/a`, renewed, node)).status, 200);
  }
  await stop();
  const [{ headers, text }] = refused() as [Answer];
  assert.equal(text, 'Too many requests, please try again later.\n');
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  assert.ok(Number(headers['retry-after']) >= 1);
  for (const answer of answers) {
    assert.equal(answer.headers['x-kubernetes-pf-flowschema-uid'], schemaUid);
    assert.equal(answer.headers['x-kubernetes-pf-prioritylevel-uid'], levelUid);
  }
  const page = await ask(admin, 'GET', '/debug/api_priority_and_fairness/dump_priority_levels');
  const row = page.text.split('\n').find((line) => line.startsWith('only-jane'));
  const [, , isIdle, isQuiescing, waiting, executing, , rejected] = row?.split(/, */) ?? [];
  assert.deepEqual([isIdle, isQuiescing, waiting, executing], ['true', 'false', '0', '0']);
  assert.equal(Number(rejected), refused().length);
  const metrics = await ask(admin, 'GET', '/metrics');
  const counted = 'rejected_requests_total{priority_level="only-jane",flow_schema="only-jane",reason="queue-full"}';
  assert.ok(metrics.text.includes(`apiserver_flowcontrol_${counted} ${refused().length}`));
  const leases = 'dispatched_requests_total{priority_level="node-high",flow_schema="system-node-high"}';
  assert.ok(metrics.text.includes(`apiserver_flowcontrol_${leases}`));
  for (const agent of [jane, tom, admin]) agent.destroy();
});

test('watches take seats only to begin, and a caller over gRPC is told of the same limits', options, async () => {
  await confine('tom');
  const tls = Object.fromEntries(['ca', 'tom'].map((name) => [name, world.read(`${name}.crt`)]));
  const connection = connect(`127.0.0.1:${world.ports.grpc}`, {
    clock: systemClock(),
    tls: { ca: tls['ca']!, cert: tls['tom']!, key: world.read('tom.key') },
  });
  const resources = connection.service(keelson.ResourcesService);
  const type = { group: '', version: 'v1', resource: 'configmaps' };
  const list = () => resources.list({ type, namespace: 'default' });
  const { object } = await list();
  const { resourceVersion } = JSON.parse(object.toString()).metadata;
  const streams: { cancel(): void }[] = [];
  for (let turn = 0; turn < 50; turn++) {
    const stream = resources.watch({ type, namespace: 'default', resourceVersion });
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('metadata', resolve));
    streams.push(stream);
  }
  const codes: (number | 'served')[] = [];
  const attempt = async () => {
    try {
      await list();
      codes.push('served');
    } catch (error) {
      const { code, details } = error as { code: number; details: string };
      assert.match(details, /Too many requests, please try again later\./);
      codes.push(code);
    }
  };
  while (codes.filter((code) => code === 8).length < 5) await Promise.all(Array.from({ length: 20 }, attempt));
  assert.ok(codes.includes('served'));
  for (const stream of streams) stream.cancel();
  connection.close();
});

test('what is missing of the server’s own objects is made again by the next one that starts', options, async () => {
  const path = `${GROUP}/flowschemas/global-default`;
  const annotation = 'apf.kubernetes.io/autoupdate-spec';
  const spec = { matchingPrecedence: 9_800 };
  const merge = 'application/merge-patch+json';
  assert.equal((await call('PATCH', path, { cert: 'admin' }, { spec }, merge)).status, 200);
  const keep = { metadata: { annotations: { [annotation]: 'false' } }, spec: { matchingPrecedence: 8_000 } };
  await call('PATCH', `${GROUP}/flowschemas/service-accounts`, { cert: 'admin' }, keep, merge);
  await call('DELETE', `${GROUP}/prioritylevelconfigurations/workload-high`, { cert: 'admin' });
  const old = { metadata: { name: 'old', annotations: { [annotation]: 'true' } } };
  const level = { name: 'exempt' };
  await call(
    'POST',
    `${GROUP}/flowschemas`,
    { cert: 'admin' },
    { ...old, spec: { priorityLevelConfiguration: level } },
  );
  await world.killServer();
  await world.startServer();
  type Shown = { spec?: { matchingPrecedence?: number } };
  const precedence = async (name: string) => {
    const { status, body } = await call('GET', `${GROUP}/flowschemas/${name}`, { cert: 'admin' });
    return status === 200 ? (body as Shown).spec?.matchingPrecedence : status;
  };
  assert.equal(await precedence('global-default'), 9_900);
  assert.equal(await precedence('service-accounts'), 8_000);
  assert.equal(await precedence('old'), 404);
  const made = await call('GET', `${GROUP}/prioritylevelconfigurations/workload-high`, { cert: 'admin' });
  assert.equal(made.status, 200);
  const own = await call('DELETE', `${GROUP}/flowschemas/catch-all`, { cert: 'admin' });
  assert.equal(own.status, 200);
});
