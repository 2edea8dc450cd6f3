import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { APIService } from '@keelson/api';
import type { ApiClient, ObjectKey, Resource } from '@keelson/client';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { API_SERVICE, Registration, SERVICE } from '../src/registration.js';

function registration() {
  const clock = new ManualClock();
  const applied: string[] = [];
  const objects = new Map<string, APIService>();
  let refuses = 0;
  const patch = async ({ kind }: Resource, key: ObjectKey, type: string, object: APIService) => {
    if (refuses-- > 0) throw new Error('not now');
    applied.push(`${type} ${kind} ${key.name}`);
    objects.set(kind, object);
  };
  const it = new Registration(
    { host: '10.0.0.9', port: 4443, ca: Buffer.from('PEM') },
    { client: { patch } as unknown as ApiClient, clock, logger: silentLogger },
  );
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  const begin = async () => {
    running = it.run(stop.signal);
    await turn();
  };
  const turn = async (ms = 0) => {
    clock.advance(ms);
    for (let left = 20; left > 0; left--) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const end = async () => {
    stop.abort(new Error('the end'));
    await running;
  };
  const refuse = (times: number) => {
    refuses = times;
  };
  return { it, applied, objects, begin, turn, end, refuse };
}

const leadingTo = (name: string): APIService => ({
  metadata: { name: API_SERVICE },
  spec: { service: { namespace: 'kube-system', name } },
});
const ALL = [
  `apply Service ${SERVICE.name}`,
  `apply APIService ${API_SERVICE}`,
  'apply ClusterRole system:aggregated-metrics-reader',
];

test('it registers at once, so that kubectl apply can take its place, and again when that fails', async () => {
  const { applied, objects, begin, turn, end, refuse } = registration();
  refuse(1);
  await begin();
  await turn(2_000);
  assert.deepEqual(applied, ALL);
  const { spec, metadata } = objects.get('APIService')!;
  assert.deepEqual(spec?.service, { ...SERVICE, port: 4443 });
  assert.equal(spec?.caBundle, Buffer.from('PEM').toString('base64'));
  const last = metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? '';
  assert.deepEqual(JSON.parse(last).spec, spec);
  await end();
});

test('it stands by while another serves the API, and takes it up a while after that is gone', async () => {
  const { it, applied, begin, turn, end } = registration();
  it.see(leadingTo('metrics-server'));
  await begin();
  assert.deepEqual([it.holder, applied], ['another', []]);
  it.see(undefined);
  await turn();
  await turn(29_000);
  assert.deepEqual(applied, [], 'there is time to put another in its place');
  await turn(1_000);
  await turn();
  assert.deepEqual(applied, ALL);
  it.see(leadingTo(SERVICE.name));
  await turn();
  assert.deepEqual([it.holder, applied.length], ['this', ALL.length]);
  await end();
});

test('what is its own from before is brought up to date once', async () => {
  const { it, applied, begin, turn, end } = registration();
  it.see(leadingTo(SERVICE.name));
  await begin();
  assert.deepEqual(applied, ALL);
  it.see(leadingTo(SERVICE.name));
  await turn(100_000);
  assert.equal(applied.length, ALL.length);
  await end();
});
