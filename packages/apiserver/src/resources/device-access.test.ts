import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, Namespace } from '@keelson/api';
import { deviceAccessRules } from './device-access.js';

const namespaces = new Map<string, Namespace>([
  ['plain', { metadata: { name: 'plain' } }],
  ['marked', { metadata: { name: 'marked', labels: { 'resource.kubernetes.io/admin-access': 'true' } } }],
]);
const rules = deviceAccessRules(async (name) => namespaces.get(name));
const said = async (next: KubeObject, old?: KubeObject, part = '') =>
  (await rules.check?.(next, old, part))?.map(({ type, field }) => `${type} ${field}`);

const request = (adminAccess: boolean) => ({ name: 'r', exactly: { adminAccess, deviceClassName: 'c' } });
const claim = (namespace: string, ...access: boolean[]): KubeObject =>
  ({ metadata: { name: 'c', namespace }, spec: { devices: { requests: access.map(request) } } }) as KubeObject;
const given = (namespace: string, ...access: boolean[]): KubeObject => {
  const results = access.map((adminAccess) => ({ request: 'r', driver: 'd', pool: 'p', device: 'x', adminAccess }));
  return { metadata: { name: 'c', namespace }, status: { allocation: { devices: { results } } } } as KubeObject;
};

test('only claims of marked namespaces may ask for devices as administrators', async () => {
  assert.deepEqual(await said(claim('plain', false, true, true)), [
    'FieldValueForbidden spec.devices.requests[1].adminAccess',
  ]);
  assert.deepEqual(await said(claim('plain', false)), []);
  assert.deepEqual(await said(claim('marked', true)), []);
  assert.deepEqual(await said(claim('gone', true)), ['InternalError spec.devices.requests[0].adminAccess']);
  assert.deepEqual(await said(claim('plain', true), claim('plain', true)), [], 'a spec does not change');
});

test('a template is told as a claim is', async () => {
  const { spec, metadata } = claim('plain', true) as KubeObject & { spec: object };
  const template = { metadata, spec: { spec } } as KubeObject;
  assert.deepEqual(await said(template), ['FieldValueForbidden spec.devices.requests[0].adminAccess']);
});

test('a status gives such access in marked namespaces, and keeps what was given', async () => {
  const status = (next: KubeObject, old: KubeObject) => said(next, old, 'status');
  const refused = ['FieldValueForbidden status.allocation.devices.results[1].adminAccess'];
  assert.deepEqual(await status(given('plain', false, true), given('plain')), refused);
  assert.deepEqual(await status(given('plain', true), given('plain', true)), []);
  assert.deepEqual(await status(given('marked', true), given('marked')), []);
});
