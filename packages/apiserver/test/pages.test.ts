import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { options, ServerUnderTest } from './server-under-test.js';

let world: ServerUnderTest;
before(async () => {
  world = await ServerUnderTest.start();
});
after(() => world.stop());

const get = async (path: string, who: { cert?: string } = { cert: 'admin' }) => {
  const { status, body } = await world.call('GET', path, who);
  return { status, text: String(body['text'] ?? JSON.stringify(body)) };
};

test('pages are for whom roles let see them', options, async () => {
  for (const path of ['/metrics', '/metrics/slis', '/statusz', '/flagz', '/readyz/etcd', '/livez/ping']) {
    assert.equal((await get(path)).status, 200, path);
    assert.equal((await get(path, { cert: 'jane' })).status, 403, path);
  }
  for (const path of ['/livez', '/readyz', '/healthz', '/version'])
    assert.equal((await get(path, {})).status, 200, path);
  for (const path of ['/metrics/x', '/statusz/x', '/livez/none']) assert.equal((await get(path)).status, 404, path);
});

test('flags are told as they are in force', options, async () => {
  const { text } = await get('/flagz');
  assert.match(text, new RegExp(`^secure-port: ${world.ports.rest}$`, 'm'));
  assert.match(text, /^audit-log-maxsize: 100$/m);
});

test('what was asked is counted under upstream’s names', options, async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  await world.call('POST', path, { cert: 'admin' }, { metadata: { name: 'counted' } });
  await world.call('POST', path, { cert: 'admin' }, { metadata: { name: 'counted' } });
  await world.call('GET', path, { cert: 'jane' });
  await world.call('GET', path, { token: 'bad' });
  const { text } = await get('/metrics');
  const has = (line: RegExp) => assert.match(text, new RegExp(`^${line.source}$`, 'm'));
  has(/apiserver_request_total\{verb="POST",group="",version="v1",resource="configmaps",.*code="201"\} 1/);
  has(/apiserver_request_total\{verb="POST",.*resource="configmaps",.*code="409"\} 1/);
  has(/apiserver_request_total\{verb="LIST",.*resource="configmaps",subresource="",scope="namespace",.*code="403"\} 1/);
  has(/apiserver_request_total\{verb="LIST",.*code="401"\} 1/);
  has(/apiserver_request_duration_seconds_bucket\{le="0.05",verb="POST",.*\} \d/);
  has(
    /apiserver_admission_step_admission_duration_seconds_count\{operation="CREATE",rejected="false",type="admit"\} .*/,
  );
  has(
    /apiserver_admission_controller_admission_duration_seconds_bucket\{le="\+Inf",name="NamespaceLifecycle",operation="CREATE",rejected="false",type="admit"\} [1-9]\d*/,
  );
  has(/authentication_attempts\{result="failure"\} 1/);
  has(/authorization_attempts_total\{result="allowed"\} \d+/);
  has(/apiserver_resource_objects\{group="",resource="namespaces"\} [1-9]/);
  has(/apiserver_storage_objects\{resource="clusterroles.rbac.authorization.k8s.io"\} [1-9]\d*/);
  has(/apiserver_current_inflight_requests\{request_kind="mutating"\} 0/);
  has(/kubernetes_build_info\{major="1",minor="36",.*\} 1/);
  has(/process_cpu_seconds_total .*/);
});
