import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { freePorts, options, ServerUnderTest } from './server-under-test.js';

interface Event {
  readonly level: string;
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { username?: string; groups?: string[] };
  readonly impersonatedUser?: { username: string; groups: string[] };
  readonly sourceIPs: string[];
  readonly userAgent?: string;
  readonly objectRef?: Record<string, string>;
  readonly responseStatus?: { code: number; status?: string; reason?: string; message?: string };
  readonly requestObject?: { kind?: string; metadata?: { name?: string; managedFields?: object }; data?: object };
  readonly responseObject?: { kind?: string; metadata?: { uid?: string; managedFields?: object }; items?: object[] };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Record<string, string>;
}

const directory = mkdtempSync(join(tmpdir(), 'keelson-audit-'));
const log = join(directory, 'audit.log');
const MAPS = '/api/v1/namespaces/default/configmaps';
let world: ServerUnderTest;
let receiverPort = 0;

before(async () => {
  [receiverPort = 0] = await freePorts.take(1);
  const policy = join(directory, 'policy.yaml');
  writeFileSync(
    policy,
    `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- { level: None, nonResourceURLs: ["/readyz*"] }
- level: RequestResponse
  omitManagedFields: true
  resources: [{ group: "", resources: [configmaps] }]
- { level: Metadata, omitStages: [RequestReceived] }
`,
  );
  const kubeconfig = join(directory, 'receiver.kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: '' } }],
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${receiverPort}/events` } }],
    }),
  );
  world = await ServerUnderTest.start(
    ...['--audit-policy-file', policy, '--audit-log-path', log],
    ...['--audit-webhook-config-file', kubeconfig, '--audit-webhook-initial-backoff', '500ms'],
    ...['--audit-webhook-batch-max-wait', '50ms', '--audit-webhook-batch-throttle-qps', '100'],
  );
});
after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What the log has of a request, in its order. */
function eventsOf(id: string): Event[] {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Event).filter(({ auditID }) => auditID === id);
}

/** The event that ends a request; it comes last, and nothing comes twice. */
function endOf(id: string): Event {
  const events = eventsOf(id);
  const stages = events.map(({ stage }) => stage);
  assert.equal(new Set(stages).size, stages.length, stages.join());
  assert.equal(stages.at(-1), 'ResponseComplete', stages.join());
  return events.at(-1)!;
}

async function eventually<T>(look: () => T | undefined): Promise<T> {
  const end = Date.now() + 40_000;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < end, `never found: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const as = (id: string, more: Record<string, string> = {}) => ({ 'audit-id': id, ...more });
const admin = { cert: 'admin' };
const map = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more });

test('a write is told whole, and its answer waits for that', options, async () => {
  const headers = as('create', {
    'user-agent': 'kubectl/v1.36',
    'x-forwarded-for': '10.1.2.3, x',
    'x-real-ip': '10.1.2.4',
  });
  const { status } = await world.call(
    'POST',
    `${MAPS}?fieldManager=me`,
    admin,
    map('a', { data: { k: 'v' } }),
    undefined,
    headers,
  );
  assert.equal(status, 201);
  const [received, complete] = eventsOf('create');
  assert.deepEqual([received?.stage, complete?.stage], ['RequestReceived', 'ResponseComplete']);
  assert.equal(received?.requestObject, undefined);
  assert.equal(received?.responseStatus, undefined);
  const event = endOf('create');
  assert.equal(event.level, 'RequestResponse');
  assert.equal(event.verb, 'create');
  assert.equal(event.requestURI, `${MAPS}?fieldManager=me`);
  assert.equal(event.user.username, 'admin');
  assert.deepEqual(event.user.groups, ['system:masters', 'system:authenticated']);
  assert.deepEqual(event.sourceIPs, ['10.1.2.3', '10.1.2.4', '127.0.0.1']);
  assert.equal(event.userAgent, 'kubectl/v1.36');
  assert.deepEqual(event.objectRef, { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' });
  assert.deepEqual(event.responseStatus, { metadata: {}, code: 201 });
  assert.deepEqual(event.requestObject?.data, { k: 'v' });
  assert.equal(event.responseObject?.kind, 'ConfigMap');
  assert.ok(event.responseObject?.metadata?.uid);
  assert.equal(event.responseObject.metadata.managedFields, undefined);
  assert.match(event.requestReceivedTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.ok(event.stageTimestamp > event.requestReceivedTimestamp);
  assert.equal(event.annotations?.['authorization.k8s.io/decision'], 'allow');
  assert.equal(event.annotations['authorization.k8s.io/reason'], '');
});

test('patches, updates, deletions and lists', options, async () => {
  const patch = (id: string, body: object, type: string) =>
    world.call('PATCH', `${MAPS}/a?fieldManager=me`, admin, body, type, as(id));
  await patch('patch', { data: { k: 'w' } }, 'application/merge-patch+json');
  assert.deepEqual(endOf('patch').requestObject, { data: { k: 'w' } });
  await patch('apply', map('a', { data: { l: '1' } }), 'application/apply-patch+yaml');
  assert.equal(endOf('apply').requestObject?.kind, 'ConfigMap');
  const live = (await world.call('GET', `${MAPS}/a`, admin)).body;
  await world.call('PUT', `${MAPS}/a`, admin, live, undefined, as('update'));
  const { uid = '', resourceVersion = '' } = live.metadata ?? {};
  const ref = { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' };
  assert.deepEqual(endOf('update').objectRef, { ...ref, uid, resourceVersion });
  assert.equal(endOf('update').requestObject?.metadata?.managedFields, undefined);
  const gently = { gracePeriodSeconds: 5 };
  const length = String(JSON.stringify(gently).length);
  await world.call('DELETE', `${MAPS}/a`, admin, gently, undefined, as('delete', { 'content-length': length }));
  assert.deepEqual(endOf('delete').requestObject, gently);
  await world.call('GET', `${MAPS}?fieldSelector=metadata.name%3Da`, admin, undefined, undefined, as('list'));
  const list = endOf('list');
  assert.deepEqual([list.verb, list.objectRef, list.responseObject?.kind], ['list', ref, 'ConfigMapList']);
});

test('less is told of what the policy wants less of', options, async () => {
  await world.call('GET', '/readyz', admin, undefined, undefined, as('none'));
  await world.call('GET', '/api/v1/namespaces/default', admin, undefined, undefined, as('metadata'));
  assert.deepEqual(eventsOf('none'), []);
  const events = eventsOf('metadata');
  assert.deepEqual(
    events.map(({ stage, level }) => `${stage} ${level}`),
    ['ResponseComplete Metadata'],
  );
  assert.equal(events[0]?.responseObject, undefined);
  await world.call('GET', '/version', admin, undefined, undefined, as('path'));
  assert.deepEqual(
    [endOf('path').verb, endOf('path').objectRef, endOf('path').requestURI],
    ['get', undefined, '/version'],
  );
});

test('refusals are told as well', options, async () => {
  const status = async (id: string, who: object, method: string, path: string, body?: object) => {
    const reply = await world.call(method, path, who, body, undefined, as(id));
    return reply.status;
  };
  assert.equal(await status('unknown', { token: 'bad' }, 'GET', MAPS), 401);
  const [unknown, ...more] = eventsOf('unknown');
  assert.deepEqual([unknown?.stage, unknown?.user, more], ['ResponseStarted', {}, []]);
  assert.deepEqual([unknown?.responseStatus?.code, unknown?.responseStatus?.reason], [401, 'Unauthorized']);
  assert.equal(await status('forbidden', { cert: 'jane' }, 'GET', '/api/v1/nodes'), 403);
  const { annotations, responseStatus } = endOf('forbidden');
  assert.equal(annotations?.['authorization.k8s.io/decision'], 'forbid');
  assert.deepEqual(
    [responseStatus?.code, responseStatus?.status, responseStatus?.reason],
    [403, 'Failure', 'Forbidden'],
  );
  assert.equal(await status('missing', admin, 'GET', `${MAPS}/none`), 404);
  assert.equal(endOf('missing').responseStatus?.reason, 'NotFound');
  assert.equal(endOf('missing').responseObject?.kind, 'Status');
  assert.equal(await status('invalid', admin, 'POST', MAPS, map('Bad!')), 422);
  assert.equal(endOf('invalid').responseStatus?.code, 422);
  assert.equal(await status('broken', admin, 'GET', `${MAPS}?limit=x`), 400);
  assert.equal(endOf('broken').responseStatus?.code, 400);
  assert.equal(await status('method', admin, 'OPTIONS', MAPS), 405);
  assert.deepEqual([endOf('method').verb, endOf('method').responseStatus?.code], ['', 405]);
});

test('a body that is too large is refused, and that is told', options, async () => {
  const body = map('large', { data: { k: 'x'.repeat(4 * 1024 * 1024) } });
  await world.call('POST', MAPS, admin, body, undefined, as('large')).catch(() => {});
  const event = await eventually(() => eventsOf('large').find(({ stage }) => stage === 'ResponseComplete'));
  assert.equal(event.responseStatus?.code, 413);
});

test('who acts as another is told of beside that one', options, async () => {
  const headers = as('acting', { 'impersonate-user': 'tom', 'impersonate-group': 'devs' });
  await world.call('GET', MAPS, admin, undefined, undefined, headers);
  const { user, impersonatedUser, annotations, responseStatus } = endOf('acting');
  assert.deepEqual([user.username, responseStatus?.code], ['admin', 403]);
  assert.deepEqual(impersonatedUser, { username: 'tom', groups: ['devs', 'system:authenticated'] });
  assert.equal(annotations?.['authorization.k8s.io/decision'], 'forbid');
});

test('a watch is told of when it begins and when it ends', options, async () => {
  const watching = httpsRequest({
    ...{ host: '127.0.0.1', port: world.ports.rest, path: `${MAPS}?watch=1`, headers: as('watch'), agent: false },
    ...{ ca: world.read('ca.crt'), cert: world.read('admin.crt'), key: world.read('admin.key') },
  });
  watching.on('error', () => {});
  await new Promise((resolve) => watching.on('response', resolve).end());
  assert.deepEqual(
    eventsOf('watch').map(({ stage }) => stage),
    ['RequestReceived', 'ResponseStarted'],
  );
  watching.destroy();
  const event = await eventually(() => eventsOf('watch').find(({ stage }) => stage === 'ResponseComplete'));
  assert.deepEqual([event.verb, event.responseStatus], ['watch', { metadata: {}, code: 200 }]);
});

test('what is deprecated is marked', options, async () => {
  await world.call('GET', '/api/v1/namespaces/default/endpoints', admin, undefined, undefined, as('deprecated'));
  assert.equal(endOf('deprecated').annotations?.['k8s.io/deprecated'], 'true');
});

test('a request that has to be recorded and cannot be is not served', options, async () => {
  const policy = join(directory, 'strict.yaml');
  const rules = '[{ level: None, nonResourceURLs: ["/readyz", "/metrics"] }, { level: Metadata }]';
  writeFileSync(policy, `{ apiVersion: audit.k8s.io/v1, kind: Policy, rules: ${rules} }`);
  const strict = ['--audit-log-path', '/dev/full', '--audit-log-mode', 'blocking-strict'];
  const other = await ServerUnderTest.beside(world, '--audit-policy-file', policy, ...strict);
  try {
    const { status, body } = await other.call('POST', MAPS, admin, map('unrecorded'));
    assert.deepEqual([status, body.message], [500, 'Internal error occurred: failed to store audit event']);
    assert.equal((await world.call('GET', `${MAPS}/unrecorded`, admin)).status, 404);
    const metrics = String((await other.call('GET', '/metrics', admin)).body['text']);
    assert.match(metrics, /^apiserver_audit_requests_rejected_total 1$/m);
    assert.match(metrics, /^apiserver_audit_error_total\{plugin="log"\} [2-9]$/m);
  } finally {
    await other.stop();
  }
});

test('a bad policy ends the process and names the field', options, () => {
  const policy = join(directory, 'bad.yaml');
  writeFileSync(policy, '{ apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{ level: All }] }');
  const { status, output } = world.tryFlags('--audit-policy-file', policy, '--audit-log-path', log);
  assert.equal(status, 1);
  assert.match(output, /error: --audit-policy-file: .*bad.yaml: rules\[0\].level: Unsupported value: "All"/);
  const flag = world.tryFlags('--audit-webhook-config-file', policy, '--audit-webhook-batch-max-size', '0');
  assert.match(flag.output, /--audit-webhook-batch-max-size: 0 is not a positive number/);
});

test('an id is made where none comes, and told in the answer', options, async () => {
  const id = await new Promise<string>((resolve, reject) => {
    const target = {
      host: '127.0.0.1',
      port: world.ports.rest,
      path: '/version',
      ca: world.read('ca.crt'),
      agent: false,
    };
    const call = httpsRequest(target, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.headers['audit-id'])));
    });
    call.on('error', reject).end();
  });
  assert.equal(endOf(id).user.username, 'system:anonymous');
});

test('the gRPC door tells the same', options, async () => {
  const tls = { ca: world.read('ca.crt'), cert: world.read('admin.crt'), key: world.read('admin.key') };
  const connection = connect(`127.0.0.1:${world.ports.grpc}`, { clock: systemClock(), tls });
  try {
    const client = connection.service(keelson.ResourcesService);
    const type = { group: '', version: 'v1', resource: 'configmaps' };
    const metadata = (id: string) => {
      const made = new Metadata();
      made.set('audit-id', id);
      return made;
    };
    const object = Buffer.from(JSON.stringify(map('g', { data: { k: 'v' } })));
    await client.create({ type, namespace: 'default', object }, { metadata: metadata('grpc') });
    const event = endOf('grpc');
    assert.deepEqual([event.verb, event.responseStatus?.code, event.user.username], ['create', 201, 'admin']);
    assert.equal(event.requestURI, '/keelson.v1.Resources/Create');
    assert.deepEqual(event.sourceIPs, ['127.0.0.1']);
    assert.deepEqual(event.requestObject?.data, { k: 'v' });
    assert.equal(event.responseObject?.metadata?.managedFields, undefined);
    assert.deepEqual(event.objectRef, { resource: 'configmaps', namespace: 'default', name: 'g', apiVersion: 'v1' });
    const missing = client.get({ type, namespace: 'default', name: 'none' }, { metadata: metadata('grpc-missing') });
    await assert.rejects(missing);
    assert.equal(endOf('grpc-missing').responseStatus?.reason, 'NotFound');
    const stop = new AbortController();
    const watch = client.watch(
      { type, namespace: 'default' },
      { metadata: metadata('grpc-watch'), signal: stop.signal },
    );
    await eventually(() => eventsOf('grpc-watch').find(({ stage }) => stage === 'ResponseStarted'));
    watch.on('error', () => {});
    stop.abort();
    await eventually(() => eventsOf('grpc-watch').find(({ stage }) => stage === 'ResponseComplete'));
    endOf('grpc-watch');
  } finally {
    connection.close();
  }
});

test('a receiver that was down gets what happened meanwhile, each event once', options, async () => {
  const wanted = new Set(readFileSync(log, 'utf8').trimEnd().split('\n'));
  const seen: Event[] = [];
  const receiver = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const list = JSON.parse(text) as { kind: string; apiVersion: string; items: Event[] };
    assert.deepEqual([list.kind, list.apiVersion], ['EventList', 'audit.k8s.io/v1']);
    seen.push(...list.items);
    response.end();
  });
  await world.call('GET', '/version', admin, undefined, undefined, as('while-down'));
  await new Promise<void>((resolve) => receiver.listen(receiverPort, '127.0.0.1', resolve));
  try {
    await world.call('GET', '/version', admin, undefined, undefined, as('while-up'));
    const has = (id: string) => seen.some(({ auditID }) => auditID === id);
    await eventually(() => (has('while-down') && has('while-up') ? true : undefined));
    assert.equal(seen.filter(({ auditID }) => auditID === 'while-down').length, 1);
    const metrics = String((await world.call('GET', '/metrics', admin)).body['text']);
    assert.match(metrics, /^apiserver_audit_level_total\{level="RequestResponse"\} \d+$/m);
    const total = Number(/^apiserver_audit_event_total (\d+)$/m.exec(metrics)?.[1]);
    assert.ok(total >= wanted.size, `${total} of ${wanted.size}`);
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});
