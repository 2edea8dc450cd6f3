import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allKinds, KindRegistry, type KubeObject } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { admitted, written } from '../../test/admission.js';
import { world } from '../../test/world.js';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import { Admission } from './admission.js';
import { builtInPlugins } from './built-in.js';

let cluster: Awaited<ReturnType<typeof world>>;
let admission: Admission;
const collections = new Map<string, ReturnType<typeof cluster.collection>>();
const asked: AuthorizationAttributes[] = [];
const grants = new Set<string>();

const collection = (group: string, plural: string) => {
  const key = `${group}/${plural}`;
  const known = collections.get(key) ?? cluster.collection(plural, group);
  collections.set(key, known);
  return known;
};
const make = async (group: string, plural: string, object: object) => {
  await cluster.make(plural, group, object);
  await cluster.cache.fresh();
};

before(async () => {
  cluster = await world();
  const authorizer = {
    authorize: (attributes: AuthorizationAttributes) => {
      asked.push(attributes);
      return { allowed: grants.has(`${attributes.verb} ${attributes.name}`), reason: '' };
    },
  };
  const cache = (plural: string) => collection('rbac.authorization.k8s.io', plural).cache;
  const rbac = new RbacAuthorizer({
    roles: cache('roles'),
    roleBindings: cache('rolebindings'),
    clusterRoles: cache('clusterroles'),
    clusterRoleBindings: cache('clusterrolebindings'),
  });
  const kinds = new KindRegistry(allKinds);
  const collectionOf = ({ group, plural }: { group: string; plural: string }) => collection(group, plural);
  const hookClient = { ask: () => Promise.reject(new Error('nobody is there')) };
  const parts = { collection, kinds, authorizer, rbac, clock: cluster.clock, random: seededRandom(1) };
  admission = new Admission(builtInPlugins({ ...parts, makeNamespace: async () => {}, hookClient, collectionOf }));
  await make('', 'namespaces', { metadata: { name: 'default' } });
  await make('', 'serviceaccounts', { metadata: { name: 'default' } });
  await make('node.k8s.io', 'runtimeclasses', {
    metadata: { name: 'heavy' },
    handler: 'heavy',
    overhead: { podFixed: { cpu: '100m' } },
    scheduling: { nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'a', operator: 'Exists' }] },
  });
  await make('scheduling.k8s.io', 'priorityclasses', {
    metadata: { name: 'calm' },
    value: 7,
    preemptionPolicy: 'Never',
  });
  for (const [name, marks] of Object.entries({
    plain: {},
    growing: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  }))
    await make('storage.k8s.io', 'storageclasses', {
      metadata: { name, annotations: marks },
      provisioner: 'p',
      allowVolumeExpansion: name === 'growing',
    });
});
after(() => cluster.close());

async function admit(
  group: string,
  plural: string,
  object: object,
  more: { old?: object; subresource?: string } = {},
): Promise<never> {
  return (await admitted(admission, written(collection(group, plural).kind, object, more))) as never;
}
const pod = (spec: object) => admit('', 'pods', { spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });

test('stored things are protected from their first moment, once', async () => {
  const finalizers = async (group: string, plural: string, object: object) =>
    ((await admit(group, plural, object)) as KubeObject).metadata.finalizers;
  assert.deepEqual(await finalizers('', 'persistentvolumes', {}), ['kubernetes.io/pv-protection']);
  const metadata = { name: 'x', finalizers: ['a/b', 'kubernetes.io/pvc-protection'] };
  assert.deepEqual(await finalizers('', 'persistentvolumeclaims', { metadata, spec: {} }), metadata.finalizers);
  assert.equal(await finalizers('', 'configmaps', {}), undefined);
});

test('a runtime class gives pods its overhead and its place, and nobody else has overhead', async () => {
  const { spec } = (await pod({ runtimeClassName: 'heavy', nodeSelector: { a: 'b' } })) as {
    spec: { overhead: object; nodeSelector: object; tolerations: { key?: string }[] };
  };
  assert.deepEqual(spec.overhead, { cpu: '100m' });
  assert.deepEqual(spec.nodeSelector, { a: 'b', disk: 'ssd' });
  assert.ok(spec.tolerations.some(({ key }) => key === 'a'));
  await assert.rejects(pod({ runtimeClassName: 'none' }), /pod rejected: RuntimeClass "none" not found/);
  await assert.rejects(pod({ runtimeClassName: 'heavy', nodeSelector: { disk: 'hdd' } }), /conflict: .*\[disk\] = hdd/);
  await assert.rejects(pod({ runtimeClassName: 'heavy', overhead: { cpu: '1' } }), /doesn't match RuntimeClass's/);
  await assert.rejects(pod({ overhead: { cpu: '1' } }), /Pod Overhead set without corresponding RuntimeClass/);
  await assert.rejects(pod({ overhead: {} }), /Pod Overhead set without corresponding RuntimeClass/);
  await assert.rejects(pod({ runtimeClassName: 'a/b' }), {
    code: 500,
    message: `invalid resource name "a/b": [may not contain '/']`,
  });
});

test('priority and preemption policy are what the class says', async () => {
  const { spec } = (await pod({ priorityClassName: 'calm' })) as {
    spec: { priority: number; preemptionPolicy: string };
  };
  assert.deepEqual([spec.priority, spec.preemptionPolicy], [7, 'Never']);
  await assert.rejects(
    pod({ priorityClassName: 'calm', priority: 8 }),
    /integer value of priority \(8\) .* computed 7/,
  );
  await assert.rejects(
    pod({ preemptionPolicy: 'Never' }),
    /PreemptionPolicy \(Never\) .* computed PreemptLowerPriority/,
  );
});

test('a claim gets the default class, and grows only where that can', async () => {
  const claim = (spec: object) =>
    admit('', 'persistentvolumeclaims', { spec }) as Promise<{ spec: { storageClassName?: string } }>;
  assert.equal((await claim({})).spec.storageClassName, 'growing');
  assert.equal((await claim({ storageClassName: '' })).spec.storageClassName, '');
  const sized = (storage: string, storageClassName: string) => ({
    resources: { requests: { storage } },
    storageClassName,
  });
  const grow = (storageClassName: string, phase = 'Bound', storage = '2Gi') =>
    admit(
      '',
      'persistentvolumeclaims',
      { spec: sized(storage, storageClassName) },
      { old: { metadata: { name: 'x' }, spec: sized('1Gi', storageClassName), status: { phase } } },
    );
  await grow('growing');
  await grow('plain', 'Bound', '1024Mi');
  await assert.rejects(grow('plain'), /storageclass that provisions the pvc must support resize/);
  await assert.rejects(grow(''), /only dynamically provisioned pvc can be resized/);
  await assert.rejects(grow('growing', 'Pending'), /Only bound persistent volume claims can be expanded/);
});

test('who approves or signs must be allowed to for the signer', async () => {
  const old = { metadata: { name: 'x' }, spec: { signerName: 'a.io/b' } };
  const change = (subresource: string, status: object) =>
    admit('certificates.k8s.io', 'certificatesigningrequests', { spec: old.spec, status }, { old, subresource });
  await assert.rejects(change('approval', {}), /not permitted to approve requests with signerName "a.io\/b"/);
  grants.add('approve a.io/*');
  await change('approval', {});
  await change('status', {});
  await assert.rejects(change('status', { certificate: 'eA==' }), /not permitted to sign requests/);
  grants.add('sign a.io/b');
  await change('status', { certificate: 'eA==' });
  assert.ok(asked.every(({ resource }) => resource === 'signers'));
});
