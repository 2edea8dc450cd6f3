import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, path } from '../../../field-errors.js';
import type { Volume } from '../../../gen/types.js';
import { validateVolumes } from './volumes.js';

const AT = path('v');
const problems = (volumes: Volume[], podName = ''): string[] =>
  validateVolumes(volumes, AT, { podName }).errors.map(errorText);
const of = (volume: Volume): string[] => problems([{ name: 'a', ...volume }]);
const CLAIM = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

test('a volume with an error is none that a mount may name, nor takes its name from another', () => {
  const { errors, valid } = validateVolumes(
    [
      { name: 'a', nfs: {} },
      { name: 'a', emptyDir: {} },
    ],
    AT,
  );
  assert.equal(
    errors.some(({ type }) => type === 'FieldValueDuplicate'),
    false,
  );
  assert.deepEqual([...valid.values()], [{ name: 'a', emptyDir: {} }]);
  assert.deepEqual(
    problems([
      { name: 'a', emptyDir: {} },
      { name: 'a', emptyDir: {} },
    ]),
    ['v[1].name: Duplicate value: "a"'],
  );
});

test('places where upstream points are kept', () => {
  assert.deepEqual(of({ emptyDir: {}, cephfs: { monitors: ['a'] } }), [
    'v[0].cephFS: Forbidden: may not specify more than 1 volume type',
  ]);
  assert.deepEqual(of({ emptyDir: {}, downwardAPI: {} }), [
    'v[0].downwarAPI: Forbidden: may not specify more than 1 volume type',
  ]);
  assert.deepEqual(of({ gcePersistentDisk: {} }), ['v[0].persistentDisk.pdName: Required value']);
});

test('a session of an initiator is named after volume and portal, in 64 bytes', () => {
  const iscsi = { targetPortal: 'p'.repeat(62), iqn: 'iqn.2024-01.a:b', initiatorName: 'iqn.2024-01.a:c' };
  assert.deepEqual(of({ iscsi }), []);
  const long = { ...iscsi, targetPortal: 'p'.repeat(63) };
  const text =
    'v[0].name: Invalid value: "a": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
  assert.deepEqual(of({ iscsi: long }), [text]);
  // Even where the source is refused.
  assert.deepEqual(of({ emptyDir: {}, iscsi: long }), [
    'v[0].iscsi: Forbidden: may not specify more than 1 volume type',
    text,
  ]);
});

test('a claim that is made for a volume is nobody else’s, and has a name', () => {
  const ephemeral = { volumeClaimTemplate: { spec: CLAIM } };
  assert.deepEqual(
    problems(
      [
        { name: 'a', ephemeral },
        { name: 'b', persistentVolumeClaim: { claimName: 'p-a' } },
      ],
      'p',
    ),
    [
      'v[1].persistentVolumeClaim.claimName: Invalid value: "p-a": must not reference a PVC that gets created for an ephemeral volume',
    ],
  );
  assert.deepEqual(problems([{ name: 'a', ephemeral }], 'p'.repeat(253)).length, 1);
  assert.deepEqual(
    of({ ephemeral: { volumeClaimTemplate: { metadata: { name: 'x', uid: 'u', labels: { a: 'b' } }, spec: CLAIM } } }),
    [
      'v[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
      'v[0].ephemeral.volumeClaimTemplate.metadata.uID: Forbidden: cannot be set',
    ],
  );
});

test('no two sources of one volume write the same file', () => {
  const items = [{ key: 'k', path: 'f' }];
  assert.deepEqual(
    of({ projected: { sources: [{ secret: { name: 's', items } }, { configMap: { name: 'c', items } }] } }),
    ['v[0].projected: Invalid value: "c": conflicting duplicate paths'],
  );
  assert.deepEqual(of({ projected: { sources: [{ secret: { name: 's' }, configMap: { name: 'c' } }] } }), [
    'v[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source',
  ]);
  assert.deepEqual(of({ projected: { sources: [{ serviceAccountToken: { path: '..a', expirationSeconds: 599 } }] } }), [
    'v[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    'v[0].projected.path: Invalid value: "..a": must not start with \'..\'',
  ]);
});

test('hosts with ports are split as Go splits them', () => {
  const quobyte = (registry: string) => of({ quobyte: { registry, volume: 'v' } }).length === 0;
  for (const good of ['a:1', ':', 'a:', '[::1]:80', 'a:1,b:2']) assert.equal(quobyte(good), true, good);
  for (const bad of ['a', 'a:1:2', '[::1]', '[::1:80', '::1]:80', 'a[b]:1', 'a:1,'])
    assert.equal(quobyte(bad), false, bad);
});

test('options of a driver are not named as Kubernetes’ own', () => {
  const flex = (key: string) => of({ flexVolume: { driver: 'd', options: { [key]: '' } } }).length === 0;
  for (const good of ['a', 'example.com/kubernetes.io', 'notkubernetes.io/a']) assert.equal(flex(good), true, good);
  for (const bad of ['kubernetes.io', 'K8S.io/a', 'a.k8s.io/b']) assert.equal(flex(bad), false, bad);
});
