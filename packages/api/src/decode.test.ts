import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from './decode.js';
import { encodeJson } from './exact-json.js';
import { parseJson } from './json.js';
import type { Kind } from './kind.js';
import { deployment } from './kinds/apps/deployment.js';
import { certificateSigningRequest } from './kinds/certificates/certificate-signing-request.js';
import { configMap } from './kinds/core/config-map.js';
import { pod } from './kinds/core/pod.js';
import { service } from './kinds/core/service/service.js';
import { decodeProtobuf, encodeProtobuf } from './protobuf/index.js';
import { readSchemaFile, typeSchema } from './schema.js';

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
  assert.throws(() => decodeObject(pod, value, { ...strict, faults: ['duplicate field "metadata.name"'] }), {
    message:
      /strict decoding error: duplicate field "metadata.name", unknown field "spec.containers\[0\].ports\[0\].odd"$/,
  });
});

/** What strict decoding says of a text. */
function strictly(text: string, kind: Kind): string {
  const { value, notes } = parseJson(text);
  try {
    decodeObject(kind, value, { ...strict, notes });
  } catch (error) {
    return (error as Error).message.replace(/^.*? cannot be handled as an? \w+: (strict decoding error: )?/, '');
  }
  return '';
}

test('unknown fields and those given twice are told in the order of the text', () => {
  const text = `{"metadata":{"name":"x","zz":1,"name":"y","10":1,"9":{"name":"","name":""}},"odd":1,
    "data":{"k":"1","k":"2","2":"","k":"3"},"data":{"k":"4"},"odd":2,"kind":"ConfigMap"}`;
  assert.deepEqual(strictly(text, configMap).split(', '), [
    'unknown field "metadata.zz"',
    'duplicate field "metadata.name"',
    'unknown field "metadata.10"',
    'unknown field "metadata.9"',
    'unknown field "odd"',
    'duplicate field "data.k"',
    'duplicate field "data"',
  ]);
});

test('no more than a hundred faults are told', () => {
  const fields = Array.from({ length: 300 }, (_, index) => `"f${index}":1`).join(',');
  assert.equal(strictly(`{"metadata":{"name":"x"},${fields}}`, configMap).split(', ').length, 100);
});

test('what is given again fills structs and lists further, and takes the place of everything else', () => {
  const { value, notes } = parseJson(`{"metadata":{"name":"x","labels":{"a":"1"}},
    "spec":{"replicas":1,"selector":{"matchLabels":{"a":"1"}},"template":{"spec":{"containers":[{"name":"c","image":"i"}]}}},
    "metadata":{"labels":{"b":"2"},"name":null},
    "spec":{"replicas":null,"paused":true,"template":{"spec":{"containers":[{"name":"d"},{"name":"e"}]}}}}`);
  const { object } = decodeObject(deployment, value, { fieldValidation: 'Ignore', notes });
  assert.deepEqual(object.metadata, { name: 'x', labels: { a: '1', b: '2' } });
  assert.deepEqual(object.spec, {
    selector: { matchLabels: { a: '1' } },
    paused: true,
    template: { spec: { containers: [{ name: 'd', image: 'i' }, { name: 'e' }] } },
  });
});

test('the first value of a wrong type is told, but a time or quantity that is none ends it before that', () => {
  const bad =
    '{"metadata":{"name":1},"spec":{"replicas":"x","template":{"metadata":{"creationTimestamp":"2001-13-01T00:00:00Z"}}}}';
  assert.equal(strictly(bad, deployment), 'parsing time "2001-13-01T00:00:00Z": month out of range');
  assert.match(strictly('{"metadata":{"name":1},"spec":{"replicas":"x"}}', deployment), /ObjectMeta.metadata.name of/);
  const embedded = '{"metadata":{"name":"p"},"spec":{"volumes":[{"name":"v","hostPath":{"path":1}}]}}';
  assert.match(strictly(embedded, pod), /HostPathVolumeSource.spec.volumes.VolumeSource.hostPath.path of type string$/);
});

test('a number that is not written as an integer is none', () => {
  for (const literal of ['1.0', '1e1', '2147483648', '9223372036854775808'])
    assert.equal(
      strictly(`{"metadata":{"name":"x"},"spec":{"replicas":${literal}}}`, deployment),
      `json: cannot unmarshal number ${literal} into Go struct field DeploymentSpec.spec.replicas of type int32`,
    );
  const grace = (literal: string) => `{"metadata":{"name":"x"},"spec":{"terminationGracePeriodSeconds":${literal}}}`;
  assert.equal(strictly(grace('9223372036854775807'), pod), '');
  assert.match(
    strictly(grace('9223372036854775808'), pod),
    /number 9223372036854775808 into Go struct.* of type int64$/,
  );
  const { value } = parseJson(grace('9223372036854775807'));
  const { object } = decodeObject(pod, value, strict);
  assert.equal(encodeJson(object.spec), '{"terminationGracePeriodSeconds":9223372036854775807}');
  const bytes = encodeProtobuf({ ...object, apiVersion: 'v1', kind: 'Pod' });
  assert.equal(encodeJson(decodeProtobuf(bytes)['spec']), encodeJson({ ...object.spec, containers: undefined }));
});

test('types that have names of their own in Go are told by them', () => {
  const podSpec = (spec: object) => strictly(JSON.stringify({ metadata: { name: 'p' }, spec }), pod);
  const container = (fields: object) => podSpec({ containers: [{ name: 'c', ...fields }] });
  const cases: [string, string][] = [
    [podSpec({ restartPolicy: 1 }), 'number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy'],
    [podSpec({ overhead: [] }), 'array into Go struct field PodSpec.spec.overhead of type v1.ResourceList'],
    [
      podSpec({ volumes: [{ name: 'v', hostPath: { type: {} } }] }),
      'object into Go struct field HostPathVolumeSource.spec.volumes.VolumeSource.hostPath.type of type v1.HostPathType',
    ],
    [
      container({ securityContext: { capabilities: { add: 'x' } } }),
      'string into Go struct field Capabilities.spec.containers.securityContext.capabilities.add of type []v1.Capability',
    ],
    [
      container({ securityContext: { capabilities: { add: ['x', 5] } } }),
      'number into Go struct field Capabilities.spec.containers.securityContext.capabilities.add of type v1.Capability',
    ],
    [container({ command: [1] }), 'number into Go struct field Container.spec.containers.command of type string'],
    [
      strictly('{"metadata":{"uid":5}}', configMap),
      'number into Go struct field ObjectMeta.metadata.uid of type types.UID',
    ],
    [
      strictly('{"spec":{"extra":{"k":5}}}', certificateSigningRequest),
      'number into Go struct field CertificateSigningRequestSpec.spec.extra of type v1.ExtraValue',
    ],
    [
      strictly('{"spec":{"extra":{"k":["a",{}]}}}', certificateSigningRequest),
      'object into Go struct field CertificateSigningRequestSpec.spec.extra of type string',
    ],
  ];
  for (const [found, wanted] of cases) assert.equal(found, `json: cannot unmarshal ${wanted}`);
});

test('every type that is told by a name of its own stands in the schema, with lists and maps where it has them', () => {
  const told = readSchemaFile<Record<string, Record<string, string>>>('go-types.json');
  for (const [type, fields] of Object.entries(told)) {
    for (const [field, text] of Object.entries(fields)) {
      const schema = typeSchema(type).properties?.[field];
      assert.ok(schema, `${type} ${field}`);
      if (text.startsWith('[]')) assert.equal(schema.type, 'array', `${type} ${field}`);
      if (text.startsWith('map[')) assert.equal(schema.type, 'object', `${type} ${field}`);
    }
  }
});

test('bytes are text in base64, or a list of numbers', () => {
  const binary = (k: string) => `{"metadata":{"name":"b"},"binaryData":{"k":${k}}}`;
  const { value } = parseJson(binary('[104,105,null,255]'));
  assert.deepEqual(decodeObject(configMap, value, strict).object.binaryData, { k: 'aGkA/w==' });
  const into = 'into Go struct field ConfigMap.binaryData of type';
  assert.equal(strictly(binary('["a"]'), configMap), `json: cannot unmarshal string ${into} uint8`);
  assert.equal(strictly(binary('[1,256,-1]'), configMap), `json: cannot unmarshal number 256 ${into} uint8`);
  assert.equal(strictly(binary('{}'), configMap), `json: cannot unmarshal object ${into} []uint8`);
  assert.equal(strictly(binary('"a"'), configMap), 'illegal base64 data at input byte 0');
});

test('what a patch made is read in other words, and what reads itself in its own', () => {
  const read = (kind: Kind, value: object): string => {
    try {
      return JSON.stringify(kind.read(value, { unstructured: true }).object);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const spec = (fields: object) => read(pod, { spec: fields });
  assert.equal(spec({ restartPolicy: 1 }), 'cannot convert int64 to v1.RestartPolicy');
  assert.equal(spec({ nodeName: 1 }), 'cannot convert int64 to string');
  assert.equal(spec({ restartPolicy: true }), 'unrecognized type: string');
  assert.equal(spec({ priority: 1.5 }), 'cannot convert float64 to int32');
  const probe = (port: unknown) => spec({ containers: [{ name: 'c', livenessProbe: { tcpSocket: { port } } }] });
  assert.equal(probe(true), 'json: cannot unmarshal bool into Go value of type int32');
  assert.equal(probe(2 ** 31), 'json: cannot unmarshal number 2147483648 into Go value of type int32');
  const created = (creationTimestamp: unknown) => read(configMap, { metadata: { creationTimestamp } });
  assert.equal(created({}), 'json: cannot unmarshal object into Go value of type string');
  assert.equal(
    read(configMap, { binaryData: { k: 'a' } }),
    'error decoding from json: illegal base64 data at input byte 0',
  );
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
