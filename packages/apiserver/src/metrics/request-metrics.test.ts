import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, KindRegistry } from '@keelson/api';
import { Registry } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { attributesOf, pathAttributes } from '../registry/attributes.js';
import { RequestMetrics } from './request-metrics.js';

const nobody = { user: '', groups: [] };
const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'a', subresource: '' };

function counting() {
  const registry = new Registry();
  const clock = new ManualClock();
  const metrics = new RequestMetrics(registry, { kinds: new KindRegistry(allKinds), clock });
  const request = (
    method: string,
    verb: Parameters<typeof attributesOf>[0]['verb'],
    path: object,
    more: { mediaType?: string; dryRun?: string[]; long?: boolean } = {},
  ) => {
    const attributes = attributesOf({ verb, path: { ...pods, ...path } }, nobody);
    const { mediaType = '', dryRun = [], long = false } = more;
    return metrics.begin({ method, attributes, mediaType, dryRun }, long);
  };
  return { registry, clock, metrics, request, text: () => registry.metrics() };
}

const series = (text: string, name: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => line.slice(name.length).replace(/,?component="apiserver"/, ''));

test('requests are told apart as upstream does it', async () => {
  const { request, text } = counting();
  request('GET', 'get', {})(200, 1_500);
  request('GET', 'list', { name: '' })(200, 20);
  request('GET', 'watch', { name: '', namespace: '' })(200, 0);
  request('PATCH', 'patch', {}, { mediaType: 'application/apply-patch+yaml', dryRun: ['All'] })(201, 0);
  request('DELETE', 'deletecollection', { name: '' })(403, 0);
  request('POST', 'create', { subresource: 'exec' })(101, 0);
  const verbs = series(await text(), 'apiserver_request_total').map((line) => {
    const value = (label: string) => new RegExp(`${label}="([^"]*)"`).exec(line)?.[1];
    return ['verb', 'resource', 'subresource', 'scope', 'dry_run', 'code'].map(value).join(' ');
  });
  assert.deepEqual(verbs, [
    'GET pods  resource  200',
    'LIST pods  namespace  200',
    'WATCH pods  cluster  200',
    'APPLY pods  resource All 201',
    'DELETE pods  namespace  403',
    'CONNECT pods exec resource  101',
  ]);
  const sizes = series(await text(), 'apiserver_response_sizes_sum');
  assert.deepEqual(
    sizes.map((line) => line.split(' ').at(-1)),
    ['1500', '20'],
  );
});

test('whatever is asked, labels have no other values than what is served', async () => {
  const { metrics, request, text } = counting();
  for (let at = 0; at < 50; at++) {
    request('GET', 'get', { resource: `r${at}`, group: `g${at}` })(404, 0);
    request('GET', 'get', { subresource: `s${at}` })(404, 0);
    const attributes = pathAttributes('get', `/path${at}`, nobody);
    metrics.begin({ method: `METHOD${at}`, attributes, dryRun: [`${at}`] }, false)(404, 0);
  }
  assert.equal(series(await text(), 'apiserver_request_total').length, 3);
});

test('times, and what is open', async () => {
  const { clock, request, text } = counting();
  const end = request('GET', 'watch', { name: '' }, { long: true });
  assert.match(await text(), /apiserver_longrunning_requests\{verb="WATCH".*\} 1/);
  clock.advance(2_000);
  end(200, 0);
  assert.match(await text(), /apiserver_longrunning_requests\{verb="WATCH".*\} 0/);
  assert.match(await text(), /apiserver_request_duration_seconds_sum\{.*\} 2\n/);
});
