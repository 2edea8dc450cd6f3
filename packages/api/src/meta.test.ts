import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, path } from './field-errors.js';
import { dnsLabelName, dnsSubdomainName, validateObjectMeta, validateObjectMetaUpdate } from './meta.js';

const rules = { namespaced: true, nameRule: dnsSubdomainName, path: path('metadata') };
const texts = (meta: Parameters<typeof validateObjectMeta>[0]) => validateObjectMeta(meta, rules).map(errorText);

test('a name and a namespace are needed and must be well-formed', () => {
  assert.deepEqual(texts({ name: 'a.b-1', namespace: 'n' }), []);
  assert.deepEqual(texts({ namespace: 'n' }), ['metadata.name: Required value: name or generateName is required']);
  assert.match(
    texts({ name: 'Upper', namespace: 'n' })[0] ?? '',
    /^metadata.name: Invalid value: "Upper": a lowercase RFC 1123 subdomain/,
  );
  assert.deepEqual(texts({ name: 'a' }), ['metadata.namespace: Required value']);
  const cluster = validateObjectMeta({ name: 'a', namespace: 'n' }, { ...rules, namespaced: false }).map(errorText);
  assert.deepEqual(cluster, ['metadata.namespace: Forbidden: not allowed on this type']);
});

test('a prefix may end in what a name may not', () => {
  assert.deepEqual(dnsLabelName('web-', true), []);
  assert.equal(dnsLabelName('web-', false).length, 1);
  assert.deepEqual(dnsLabelName('a.b', false), ['must not contain dots']);
});

test('labels and annotations follow their syntax, annotations also their size', () => {
  assert.equal(texts({ name: 'a', namespace: 'n', labels: { 'x/y/z': '' } }).length, 1);
  assert.match(
    texts({ name: 'a', namespace: 'n', labels: { ok: 'not ok' } })[0] ?? '',
    /a valid label must be an empty string or/,
  );
  const large = texts({ name: 'a', namespace: 'n', annotations: { k: 'x'.repeat(262_144) } });
  assert.deepEqual(large, ['metadata.annotations: Too long: may not be more than 262144 bytes']);
});

test('an object has one controller', () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', controller: true };
  const owners = [
    { ...owner, name: 'p', uid: '1' },
    { ...owner, name: 'q', uid: '2' },
  ];
  const [text = ''] = texts({ name: 'a', namespace: 'n', ownerReferences: owners });
  assert.match(
    text,
    /Only one reference can have Controller set to true. Found "true" in references for Pod\/p and Pod\/q$/,
  );
});

test('an update keeps identity, and a dying object gets no new finalizers', () => {
  const old = { name: 'a', namespace: 'n', uid: '1', resourceVersion: '1', finalizers: ['x.io/a'] };
  const dying = { ...old, deletionTimestamp: '2024-01-01T00:00:00Z' };
  assert.deepEqual(validateObjectMetaUpdate(old, old), []);
  assert.deepEqual(validateObjectMetaUpdate({ ...old, uid: '2' }, old).map(errorText), [
    'metadata.uid: Invalid value: "2": field is immutable',
  ]);
  assert.deepEqual(validateObjectMetaUpdate({ ...dying, finalizers: ['x.io/a', 'x.io/b'] }, dying).map(errorText), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/b"}',
  ]);
});
