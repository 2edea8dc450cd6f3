import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { PersistentVolume, PersistentVolumeSpec } from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { persistentVolume } from './persistent-volume.js';
import { PERSISTENT_SOURCES } from './volumes/persistent-sources.js';

const NOW = '2026-01-01T00:00:00Z';

function given(spec: PersistentVolumeSpec): PersistentVolume {
  const it: PersistentVolume = {
    metadata: { name: 'v', resourceVersion: '1' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
  };
  persistentVolume.defaults(it);
  persistentVolume.strategy.prepareForCreate(it);
  return it;
}

const problems = (spec: PersistentVolumeSpec): string[] => persistentVolume.validate(given(spec)).map(errorText);

const LOCAL_ON_NODE: PersistentVolumeSpec = {
  local: { path: '/disk' },
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } },
};

const { nodeAffinity } = LOCAL_ON_NODE;
const AFFINITY: PersistentVolumeSpec = { nodeAffinity };

/** One valid source of each kind. */
const SOURCES = {
  awsElasticBlockStore: { volumeID: 'a' },
  azureDisk: { diskName: 'a', diskURI: 'https://a' },
  azureFile: { secretName: 'a', shareName: 'a' },
  cephfs: { monitors: ['a'] },
  cinder: { volumeID: 'a' },
  csi: { driver: 'a', volumeHandle: 'a' },
  fc: { wwids: ['a'] },
  flexVolume: { driver: 'a' },
  flocker: { datasetName: 'a' },
  gcePersistentDisk: { pdName: 'a' },
  glusterfs: { endpoints: 'a', path: 'a' },
  hostPath: { path: '/a' },
  iscsi: { targetPortal: 'a', iqn: 'iqn.2024-01.a:b' },
  local: { path: '/disk' },
  nfs: { server: 'a', path: '/' },
  photonPersistentDisk: { pdID: 'a' },
  portworxVolume: { volumeID: 'a' },
  quobyte: { registry: 'a:1', volume: 'a' },
  rbd: { monitors: ['a'], image: 'a' },
  scaleIO: { gateway: 'a', system: 'a', volumeName: 'a' },
  storageos: { volumeName: 'a' },
  vsphereVolume: { volumePath: 'a' },
} satisfies PersistentVolumeSpec;

test('each source alone is a volume; of any two the later in the order is refused', () => {
  assert.deepEqual([...PERSISTENT_SOURCES].sort(), Object.keys(SOURCES));
  for (const [index, field] of PERSISTENT_SOURCES.entries()) {
    const own = SOURCES[field as keyof typeof SOURCES];
    assert.deepEqual(problems({ ...AFFINITY, [field]: own }), []);
    for (const other of PERSISTENT_SOURCES.slice(index + 1)) {
      const both: PersistentVolumeSpec = {
        ...AFFINITY,
        [field]: own,
        [other]: SOURCES[other as keyof typeof SOURCES],
      };
      const at = other === 'cephfs' ? 'cephFS' : other;
      const refused = other === 'flexVolume' ? [] : [`spec.${at}: Forbidden: may not specify more than 1 volume type`];
      assert.deepEqual(problems(both), refused, `${field} and ${other}`);
    }
  }
});

test('an empty source says what it lacks', () => {
  const lacks: Partial<Record<keyof PersistentVolumeSpec, string[]>> = {
    azureDisk: ['diskName', 'diskURI'],
    azureFile: ['secretName', 'shareName'],
    glusterfs: ['endpoints', 'path'],
    scaleIO: ['gateway', 'system', 'volumeName'],
    rbd: ['monitors', 'image'],
    iscsi: ['targetPortal', 'iqn'],
  };
  for (const [field, names] of Object.entries(lacks)) {
    const required = names.map((name) => `spec.${field}.${name}: Required value`);
    const found = problems({ [field]: {} }).filter((text) => text.endsWith('Required value'));
    assert.deepEqual(found, required);
  }
  assert.deepEqual(problems({ gcePersistentDisk: {} }), ['spec.persistentDisk.pdName: Required value']);
  assert.deepEqual(problems({}), ['spec: Required value: must specify a volume type']);
});

test('a volume of a node needs to say which; other volumes need not', () => {
  assert.deepEqual(problems({ local: { path: '../a' } }), [
    'spec.local.path: Invalid value: "../a": must not contain \'..\'',
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ]);
  assert.deepEqual(problems(LOCAL_ON_NODE), []);
  assert.deepEqual(problems({ hostPath: { path: '/a' }, nodeAffinity: {} }), [
    'spec.nodeAffinity.required: Required value: must specify required node constraints',
  ]);
});

test('names of initiators are checked by the form that they begin with', () => {
  const iqn = (value: string) => problems({ iscsi: { targetPortal: 'a', iqn: value } });
  for (const good of [
    'iqn.2024-01.com.example:disk',
    'iqn.2024-01.a:b:c',
    `eui.${'0'.repeat(16)}`,
    `naa.${'f'.repeat(32)}`,
  ])
    assert.deepEqual(iqn(good), [], good);
  for (const bad of ['a', 'iqn.2024-1.a:b', 'iqn.2024-01.a', 'iqn.2024-01.a:', 'iqn.2024-01.a:b c', 'eui.0', 'naa.0'])
    assert.deepEqual(iqn(bad), [`spec.iscsi.iqn: Invalid value: ${JSON.stringify(bad)}: must be valid format`], bad);
});

test('capacity is storage and nothing else, and more than none', () => {
  const capacity = (list: Record<string, string>) => problems({ hostPath: { path: '/a' }, capacity: list });
  assert.deepEqual(capacity({ storage: '0' }), [
    'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
  ]);
  assert.deepEqual(capacity({ storage: '-1' }), [
    'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
    'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
  ]);
  assert.deepEqual(capacity({ storage: '1', cpu: '1' }), [
    'spec.capacity: Unsupported value: {"cpu":"1","storage":"1"}: supported values: "storage"',
  ]);
});

test('the root of a machine is not recycled, however it is written', () => {
  for (const [path, isRoot] of [
    ['/', true],
    ['//', true],
    ['/.', true],
    ['/a', false],
  ] as const) {
    const found = problems({ hostPath: { path }, persistentVolumeReclaimPolicy: 'Recycle' });
    assert.equal(
      found.includes("spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"),
      isRoot,
      path,
    );
  }
});

test('old names of labels in affinity may become the new ones, and nothing else changes', () => {
  const on = (key: string, values = ['x']): PersistentVolumeSpec => ({
    hostPath: { path: '/a' },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values }] }] } },
  });
  const change = (from: PersistentVolumeSpec, to: PersistentVolumeSpec) =>
    persistentVolume.validateUpdate(given(to), given(from)).map(({ field }) => field);
  assert.deepEqual(change(on('beta.kubernetes.io/os'), on('kubernetes.io/os')), []);
  assert.deepEqual(change(on('kubernetes.io/os'), on('beta.kubernetes.io/os')), ['nodeAffinity']);
  assert.deepEqual(change(on('beta.kubernetes.io/os'), on('kubernetes.io/os', ['y'])), ['nodeAffinity']);
  assert.deepEqual(change({ hostPath: { path: '/a' } }, on('a')), []);
  assert.deepEqual(change(on('a'), { hostPath: { path: '/a' } }), ['nodeAffinity']);
  // A value that no label can have stays allowed where it was.
  const odd = on('a', ['no label']);
  assert.deepEqual(problems(odd).length, 1);
  assert.deepEqual(change(odd, { ...odd, mountOptions: ['ro'] }), []);
});

test('the secret for growing may be said later, another source may not', () => {
  const csi = { driver: 'a', volumeHandle: 'h' };
  const change = (from: PersistentVolumeSpec, to: PersistentVolumeSpec) =>
    persistentVolume.validateUpdate(given(to), given(from)).map(({ field }) => field);
  const secret = { name: 's', namespace: 'n' };
  assert.deepEqual(change({ csi }, { csi: { ...csi, controllerExpandSecretRef: secret } }), []);
  assert.deepEqual(change({ csi: { ...csi, controllerExpandSecretRef: secret } }, { csi }), [
    'spec.persistentvolumesource',
  ]);
  assert.deepEqual(change({ csi }, { csi: { ...csi, fsType: 'xfs' } }), ['spec.persistentvolumesource']);
});

test('a phase keeps the time since when it is', () => {
  const old = given({ hostPath: { path: '/a' } });
  old.status = { phase: 'Pending', lastPhaseTransitionTime: '2025-01-01T00:00:00Z' };
  const after = (status: PersistentVolume['status']) => {
    const next = { ...deepClone(old), status };
    persistentVolume.strategy.prepareForStatusUpdate(next, old, NOW);
    return next.status?.lastPhaseTransitionTime;
  };
  assert.equal(after({ phase: 'Pending' }), '2025-01-01T00:00:00Z');
  assert.equal(after({ phase: 'Bound' }), NOW);
  assert.equal(after({ ...old.status, phase: 'Bound' }), NOW);
  assert.equal(after({ phase: 'Bound', lastPhaseTransitionTime: '2025-06-01T00:00:00Z' }), '2025-06-01T00:00:00Z');
});
