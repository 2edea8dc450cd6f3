import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Service } from '@keelson/api';
import { containerEnv, type EnvFacts, expand } from './env.js';
import type { ReferencedObjects } from './referenced-objects.js';
import { container, podOf } from './testing.js';

const facts: EnvFacts = {
  podIP: '127.0.0.9',
  hostIP: '10.0.0.1',
  nodeName: 'n',
  nodeAllocatable: { cpu: '4', memory: '1Gi' },
  services: [],
};
const nothing = { configMap: async () => undefined, secret: async () => undefined } as unknown as ReferencedObjects;

async function env(more: Partial<Container>, use: Partial<EnvFacts> = {}): Promise<Record<string, string>> {
  const it = container('main', more);
  return Object.fromEntries(await containerEnv(podOf({ containers: [it] }), it, nothing, { ...facts, ...use }));
}

test('references to earlier variables are replaced, others stay, and $$ escapes', () => {
  const known = (name: string) => ({ A: 'a' })[name];
  assert.equal(expand('$(A)-$(B)-$$(A)-$A', known), 'a-$(B)-$(A)-$A');
});

test('a later variable may use an earlier one', async () => {
  const vars = [
    { name: 'A', value: '1' },
    { name: 'B', value: '$(A)2$(C)' },
    { name: 'C', value: '3' },
  ];
  assert.equal((await env({ env: vars }))['B'], '12$(C)');
});

test('fields and resources of the pod', async () => {
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  const resource = (name: string, divisor?: string) => ({
    valueFrom: { resourceFieldRef: { resource: name, divisor } },
  });
  const found = await env({
    resources: { requests: { cpu: '250m' } },
    env: [
      { name: 'IP', ...field('status.podIP') },
      { name: 'NODE', ...field('status.hostIP') },
      { name: 'REQ', ...resource('requests.cpu', '1m') },
      { name: 'LIM', ...resource('limits.memory', '1Mi') },
    ],
  });
  assert.deepEqual(found, { IP: '127.0.0.9', NODE: '10.0.0.1', REQ: '250', LIM: '1024' });
});

test('what is not there and not optional is an error that names it', async () => {
  const ref = (optional: boolean) => ({
    env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k', optional } } }],
  });
  await assert.rejects(env(ref(false)), /configmap "c" not found/);
  assert.deepEqual(await env(ref(true)), {});
});

test('services of the namespace and kubernetes are there as Docker links', async () => {
  const service = (namespace: string, name: string): Service => ({
    metadata: { namespace, name },
    spec: { clusterIP: '10.0.0.7', ports: [{ name: 'web', port: 80, protocol: 'TCP' }] },
  });
  const services = [
    service('default', 'my-app'),
    service('other', 'far'),
    { metadata: { namespace: 'default', name: 'headless' }, spec: { clusterIP: 'None' } },
  ];
  const found = await env({}, { services });
  assert.equal(found['MY_APP_SERVICE_HOST'], '10.0.0.7');
  assert.equal(found['MY_APP_SERVICE_PORT_WEB'], '80');
  assert.equal(found['MY_APP_PORT_80_TCP'], 'tcp://10.0.0.7:80');
  assert.ok(!Object.keys(found).some((name) => name.startsWith('FAR') || name.startsWith('HEADLESS')));
});
