import { gzipSync } from 'node:zlib';
import { encodeProtobuf, type Kind, PATCH_TYPES } from '@keelson/api';
import { type Chooser, hostileString, hostileValue, KEYS, schemaValue } from './hostile.js';

export interface Body {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly encoding?: string;
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const OTHER_TYPES = [
  ...['', 'text/plain', 'application/cbor', 'application/json; charset=utf-16', 'application/json;', '*/*', 'x'],
  ...['multipart/form-data; boundary=x', 'application/octet-stream', `${PROTOBUF_TYPE};stream=watch`],
];

/** Texts that no reader of JSON should choke on. */
const JSON_TEXTS: readonly ((choose: Chooser) => string)[] = [
  () => '',
  () => '{',
  () => '[]',
  () => 'null',
  () => '{"a":1,"a":2}',
  () => '{"metadata":{"name":"a","name":"b"}}',
  () => '\ufeff{}',
  () => '{"kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":{"x":1},"constructor":"y"}}',
  () => '{"__proto__":{"polluted":true}}',
  () => `{"data":{"a":${'9'.repeat(400)}}}`,
  () => '{"metadata":{"generation":1e400}}',
  (choose) => '['.repeat(choose.of([50, 1_000, 20_000, 200_000])),
  (choose) => `${'{"a":'.repeat(choose.of([100, 5_000, 60_000]))}1`,
  (choose) => `{"data":{${Array.from({ length: choose.of([100, 60_000]) }, (_, at) => `"k${at}":""`).join()}}}`,
  () => `{"metadata":{"name":"a","labels":{"a":"${'x'.repeat(300_000)}"}}}`,
  () => '{"data":{"a":"\\ud800","b":"\\u0000"}}',
];
const YAML_TEXTS: readonly ((choose: Chooser) => string)[] = [
  () =>
    'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d]\n',
  () => 'a: &a {b: *a}\n',
  () => '<<: *x\n',
  () => '--- !!js/function "x"\n',
  () => '? {a: b}\n: c\n',
  () => '{}\n---\n{}\n',
  () => '\tx: 1\n',
  () => 'a: !!binary "####"\n',
  () => '%YAML 9.9\n---\n{}\n',
  (choose) => '- '.repeat(choose.of([100, 3_000])),
  (choose) => `${'['.repeat(choose.of([400, 10_000]))}`,
  () => 'metadata: {name: 0o17, labels: {y: yes, n: ~, t: 2026-01-01}}\n',
];

/** An object of a kind, as a client would send it, or nearly so. */
export function objectOf(kind: Kind, namespace: string, name: string, choose: Chooser): Record<string, unknown> {
  choose.hostility = choose.of([0, 0.02, 0.1]);
  const object = schemaValue(kind.schema, choose) as Record<string, unknown>;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return { a: object };
  if (choose.chance(0.9)) {
    object['apiVersion'] = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    object['kind'] = kind.kind;
    const more = choose.chance(0.3) ? (object['metadata'] as object | undefined) : undefined;
    object['metadata'] = { ...more, name, ...(kind.scope === 'Namespaced' ? { namespace } : {}) };
  }
  return object;
}

/** The body of a create or an update. */
export function objectBody(kind: Kind, namespace: string, name: string, choose: Chooser): Body {
  const hostile = choose.upTo(99);
  if (hostile < 8) return { mediaType: JSON_TYPE, bytes: Buffer.from(choose.of(JSON_TEXTS)(choose)) };
  if (hostile < 14) return { mediaType: YAML_TYPE, bytes: Buffer.from(choose.of(YAML_TEXTS)(choose)) };
  if (hostile < 17) return { mediaType: choose.of([JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE]), bytes: noise(choose) };
  const json = Buffer.from(JSON.stringify(objectOf(kind, namespace, name, choose)));
  if (hostile < 19) return { mediaType: JSON_TYPE, bytes: gzipSync(json), encoding: 'gzip' };
  if (hostile < 20) return { mediaType: JSON_TYPE, bytes: gzipSync(Buffer.alloc(20_000_000)), encoding: 'gzip' };
  if (hostile < 26) return { mediaType: choose.of(OTHER_TYPES), bytes: json };
  if (hostile < 32) return { mediaType: JSON_TYPE, bytes: damaged(json, choose) };
  if (hostile < 44) return protobuf(JSON.parse(json.toString()) as object, choose);
  return { mediaType: choose.of([JSON_TYPE, JSON_TYPE, JSON_TYPE, YAML_TYPE]), bytes: json };
}

function protobuf(object: object, choose: Chooser): Body {
  let bytes: Buffer;
  try {
    bytes = encodeProtobuf(object as Parameters<typeof encodeProtobuf>[0]);
  } catch {
    bytes = Buffer.concat([Buffer.from('k8s\u0000'), noise(choose)]);
  }
  return { mediaType: PROTOBUF_TYPE, bytes: choose.chance(0.6) ? damaged(bytes, choose) : bytes };
}

function noise(choose: Chooser): Buffer {
  return choose.random.bytes(choose.of([1, 5, 50, 3_000]));
}

/** Some bytes are others, or some are missing. */
export function damaged(bytes: Buffer, choose: Chooser): Buffer {
  const made = Buffer.from(bytes);
  if (made.length === 0) return made;
  for (let times = choose.upTo(4); times >= 0; times--) made[choose.random.integer(made.length)] = choose.upTo(255);
  return choose.chance(0.3) ? made.subarray(0, choose.upTo(made.length)) : made;
}

const POINTERS = [
  ...[
    '',
    '/',
    '/metadata',
    '/metadata/name',
    '/metadata/labels/a',
    '/data/a',
    '/spec',
    '/spec/containers/0',
    '/spec/x',
  ],
  ...['/spec/containers/-', '/metadata/managedFields', '/__proto__/x', '/constructor/prototype/x', '/a~2b', '/~', 'a'],
  ...['/spec/containers/99999999999', '/spec/containers/-1', '/spec/containers/1e3', '/metadata/finalizers/-', '//'],
];

function jsonPatch(choose: Chooser): unknown {
  if (choose.chance(0.1)) return hostileValue(choose);
  return choose.many(6, () => ({
    op: choose.of(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x', '']),
    path: choose.of(POINTERS),
    ...(choose.chance(0.5) ? { from: choose.of(POINTERS) } : {}),
    ...(choose.chance(0.8) ? { value: hostileValue(choose) } : {}),
  }));
}

const DIRECTIVES = ['$patch', '$retainKeys', '$deleteFromPrimitiveList/finalizers', '$setElementOrder/containers'];

function strategic(kind: Kind, namespace: string, name: string, choose: Chooser): unknown {
  const patch = objectOf(kind, namespace, name, choose);
  const at = choose.of([patch, patch['spec'], patch['metadata']]) as Record<string, unknown> | undefined;
  if (typeof at === 'object' && at !== null)
    at[choose.of(DIRECTIVES)] = choose.chance(0.4)
      ? choose.of(['replace', 'delete', 'merge', 'x'])
      : hostileValue(choose);
  return patch;
}

export function patchBody(kind: Kind, namespace: string, name: string, choose: Chooser): Body {
  const type = choose.of(Object.keys(PATCH_TYPES) as (keyof typeof PATCH_TYPES)[]);
  const mediaType = choose.chance(0.05) ? choose.of([...OTHER_TYPES, JSON_TYPE]) : PATCH_TYPES[type];
  if (choose.chance(0.08)) return { mediaType, bytes: Buffer.from(choose.of([...JSON_TEXTS, ...YAML_TEXTS])(choose)) };
  const value =
    type === 'json'
      ? jsonPatch(choose)
      : type === 'strategic'
        ? strategic(kind, namespace, name, choose)
        : objectOf(kind, namespace, name, choose);
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, bytes: choose.chance(0.1) ? damaged(bytes, choose) : bytes };
}

/** DeleteOptions, or what may be taken for some. */
export function deletionBody(choose: Chooser): Body | undefined {
  if (choose.chance(0.5)) return undefined;
  const options = {
    ...(choose.chance(0.5) ? { gracePeriodSeconds: choose.of([0, -1, 30, 1.5, 2 ** 63, 'x']) } : {}),
    ...(choose.chance(0.5) ? { propagationPolicy: choose.of(['Orphan', 'Foreground', 'Background', 'x', 5]) } : {}),
    ...(choose.chance(0.3) ? { preconditions: hostileValue(choose) } : {}),
    ...(choose.chance(0.3) ? { dryRun: choose.of([['All'], 'All', ['x'], [5]]) } : {}),
    ...(choose.chance(0.2) ? { [choose.of(KEYS)]: hostileValue(choose) } : {}),
    ...(choose.chance(0.2) ? { kind: hostileString(choose), apiVersion: 'v1' } : {}),
  };
  return { mediaType: JSON_TYPE, bytes: Buffer.from(JSON.stringify(options)) };
}
