import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from './decode.js';
import { deployment } from './kinds/apps/deployment.js';
import { configMap } from './kinds/core/config-map.js';
import { pod } from './kinds/core/pod.js';
import { service } from './kinds/core/service.js';

const strict = { fieldValidation: 'Strict' } as const;
const meta = { name: 'x' };

test('type and version may be left out, but not be others', () => {
  assert.equal(decodeObject(configMap, { metadata: meta }, strict).object.kind, 'ConfigMap');
  assert.throws(() => decodeObject(configMap, { kind: 'Secret', apiVersion: 'v1', metadata: meta }, strict), {
    message:
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  });
  assert.throws(
    () => decodeObject(configMap, { kind: 'Nope', apiVersion: 'v1' }, strict),
    /no kind "Nope" is registered/,
  );
});

test('unknown fields are refused, told or dropped', () => {
  const value = { metadata: { ...meta, nope: 1 }, data: { k: 'v' }, extra: null };
  const words = ['unknown field "metadata.nope"', 'unknown field "extra"'];
  assert.throws(() => decodeObject(configMap, value, strict), {
    code: 400,
    message: `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ${words.join(', ')}`,
  });
  const warned = decodeObject(configMap, value, { fieldValidation: 'Warn' });
  assert.deepEqual(warned.warnings, words);
  assert.deepEqual(warned.object, { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { k: 'v' } });
  assert.deepEqual(decodeObject(configMap, value, { fieldValidation: 'Ignore' }).warnings, []);
});

test('a path names list items; duplicates count as errors too', () => {
  const container = { name: 'c', image: 'i', ports: [{ containerPort: 80, odd: 1 }] };
  const value = { metadata: meta, spec: { containers: [container] } };
  assert.throws(() => decodeObject(pod, value, { ...strict, duplicates: ['metadata.name'] }), {
    message:
      /strict decoding error: duplicate field "metadata.name", unknown field "spec.containers\[0\].ports\[0\].odd"$/,
  });
});

test('values of the wrong type are refused in the words of Go', () => {
  const cases: [object, RegExp][] = [
    [
      { replicas: '3' },
      /json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/,
    ],
    [{ replicas: 1.5 }, /cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32$/],
    [{ paused: 'yes' }, /cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool$/],
    [
      { template: [] },
      /cannot unmarshal array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec$/,
    ],
  ];
  for (const [spec, message] of cases) {
    assert.throws(() => decodeObject(deployment, { metadata: meta, spec }, strict), { code: 400, message });
  }
  const ports = { metadata: meta, spec: { ports: [{ port: 80, targetPort: true }] } };
  assert.throws(() => decodeObject(service, ports, strict), /ServicePort.spec.ports.targetPort of type int32$/);
  assert.throws(
    () => decodeObject(configMap, { metadata: meta, binaryData: { x: 'AA=' } }, strict),
    /illegal base64 data at input byte 3$/,
  );
});

test('quantities come out canonical, times in UTC and whole seconds', () => {
  const limits = { cpu: 1, memory: '1024Mi' };
  const value = {
    metadata: { ...meta, creationTimestamp: '2024-01-01T02:00:00.9+02:00' },
    spec: { containers: [{ name: 'c', resources: { limits } }] },
  };
  const { object } = decodeObject(pod, value, strict);
  assert.deepEqual(object.spec?.containers?.[0]?.resources?.limits, { cpu: '1', memory: '1Gi' });
  assert.equal(object.metadata.creationTimestamp, '2024-01-01T00:00:00Z');
});

test('an owner named twice stays once, with a warning', () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '1' };
  const { object, warnings } = decodeObject(
    configMap,
    { metadata: { ...meta, ownerReferences: [owner, owner] } },
    strict,
  );
  assert.deepEqual(object.metadata.ownerReferences, [owner]);
  assert.match(warnings[0] ?? '', /duplicate UID\(s\) observed: 1$/);
});
