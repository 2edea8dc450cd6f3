import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeProtobuf, encodeProtobuf } from './envelope.js';

function roundTrip(object: object): unknown {
  return decodeProtobuf(encodeProtobuf(object));
}

test('a known message has the bytes that upstream writes', () => {
  const bytes = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } });
  assert.equal(
    bytes.toString('hex'),
    Buffer.concat([
      Buffer.from('k8s\0'),
      Buffer.from([10, 15, 10, 2]),
      Buffer.from('v1'),
      Buffer.from([18, 9]),
      Buffer.from('ConfigMap'),
      Buffer.from([18, 13, 10, 3, 10, 1]),
      Buffer.from('a'),
      Buffer.from([18, 6, 10, 1]),
      Buffer.from('k'),
      Buffer.from([18, 1]),
      Buffer.from('v'),
    ]).toString('hex'),
  );
});

test('every shape of field survives', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', creationTimestamp: '2024-01-01T00:00:00Z', labels: { a: 'b' } },
    spec: {
      replicas: -1,
      paused: true,
      strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
      template: {
        spec: {
          volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 420 } }],
          containers: [
            {
              name: 'c',
              env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'n', key: 'k' } } }],
              livenessProbe: { httpGet: { port: 'web' }, periodSeconds: 3 },
              resources: { limits: { cpu: '500m' } },
            },
          ],
        },
      },
    },
  };
  assert.deepEqual(roundTrip(deployment), deployment);
});

test('values that are raw JSON stay what they are', () => {
  const revision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {},
    data: { a: [1, 'x', null] },
    revision: 3,
  };
  assert.deepEqual(roundTrip(revision), revision);
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {},
    spec: { renewTime: '2024-01-01T00:00:00.123456Z' },
  };
  assert.deepEqual(roundTrip(lease), lease);
});

test('all data of config maps and secrets survives', () => {
  const data = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,5}$/),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
  );
  fc.assert(
    fc.property(data, fc.string({ unit: 'grapheme' }), (values, text) => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { annotations: { text } },
        type: text,
        data: values,
      };
      const expected = Object.keys(values).length === 0 ? { ...secret, data: undefined } : secret;
      assert.deepEqual(roundTrip(secret), JSON.parse(JSON.stringify(expected)));
    }),
  );
});

test('what is no message is refused, whatever the bytes', () => {
  assert.throws(() => decodeProtobuf(Buffer.from('{}')), { name: 'ProtobufError' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const body = Buffer.concat([Buffer.from('k8s\0'), bytes]);
      try {
        decodeProtobuf(body, { group: '', version: 'v1', kind: 'Pod' });
      } catch (error) {
        assert.match((error as Error).name, /^(ProtobufError|JsonSyntaxError|RangeError)$/);
      }
    }),
  );
});

test('schemas in schemas survive, and no depth of them ends the program', () => {
  const crd = (depth: number) => {
    let schema: object = { type: 'string', enum: ['a', 1, null], default: { a: [true] } };
    for (let level = 0; level < depth; level += 1) {
      const items = { type: 'array', items: schema, 'x-kubernetes-list-type': 'set', additionalProperties: true };
      schema = { type: 'object', properties: { p: items }, $ref: '#', dependencies: { d: ['x'] } };
    }
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }];
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {},
      spec: { versions },
    };
  };
  assert.deepEqual(roundTrip(crd(40)), crd(40));
  assert.throws(() => roundTrip(crd(400)), /message is nested too deeply/);
});

test('a length is put before its message wherever the room that there is ends', () => {
  for (let size = 900; size < 1100; size += 1) {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'n' },
      data: { k: 'v'.repeat(size), l: 'w' },
    };
    assert.deepEqual(roundTrip(object), object);
  }
});

test('a length that goes beyond what it is in is an error', () => {
  const good = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'abc' }, data: { k: 'v' } });
  const name = good.indexOf('abc');
  for (const length of [4, 100, 255]) {
    const bad = Buffer.from(good);
    bad[name - 1] = length;
    assert.throws(() => decodeProtobuf(bad), /unexpected EOF|illegal|overflow/);
  }
});
