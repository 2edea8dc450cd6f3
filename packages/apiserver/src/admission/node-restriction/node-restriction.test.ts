import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { after, before, test } from 'node:test';
import { allKinds, type KubeObject } from '@keelson/api';
import * as x509 from '@peculiar/x509';
import { admitted, written } from '../../../test/admission.js';
import { context, world } from '../../../test/world.js';
import type { Authorizer } from '../../auth/authorizer.js';
import type { User } from '../../auth/user.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js';
import { nodeRestriction } from './node-restriction.js';

const N1: User = { user: 'system:node:n1', groups: ['system:nodes'] };
let place: Awaited<ReturnType<typeof world>>;
let plugin: AdmissionPlugin;
/** Audiences that nodes may ask for without a volume. */
const granted = new Set<string>();

before(async () => {
  place = await world();
  const authorizer: Authorizer = {
    authorize: ({ verb, resource }) => ({
      allowed: verb === 'request-serviceaccounts-token-audience' && granted.has(resource),
      reason: '',
    }),
  };
  const collection = (plural: string, group = '') => place.collection(plural, group);
  plugin = nodeRestriction({
    pods: place.pods,
    nodes: collection('nodes'),
    persistentVolumeClaims: collection('persistentvolumeclaims'),
    persistentVolumes: collection('persistentvolumes'),
    csiDrivers: collection('csidrivers', 'storage.k8s.io'),
    authorizer,
  });
  const add = async (plural: string, namespace: string, name: string, object: object, group = '') =>
    await collection(plural, group).create(namespace, name, {
      ...object,
      metadata: { name, namespace: namespace || undefined, uid: `uid-${name}` },
    } as KubeObject);
  await add('nodes', '', 'n1', {});
  const volumes = [
    { name: 't', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    { name: 'v', projected: { sources: [{ serviceAccountToken: { audience: 'vault', path: 't' } }] } },
    { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
  ];
  await add('pods', 'ns', 'mine', { spec: { nodeName: 'n1', serviceAccountName: 'sa', volumes } });
  await add('pods', 'ns', 'other', { spec: { nodeName: 'n2' } });
  await add('persistentvolumeclaims', 'ns', 'claim', { spec: { volumeName: 'pv' } });
  await add('persistentvolumes', '', 'pv', { spec: { csi: { driver: 'd', volumeHandle: 'h' } } });
  await add('csidrivers', '', 'd', { spec: { tokenRequests: [{ audience: 'storage' }] } }, 'storage.k8s.io');
});
after(() => place.close());

/** What the plugin says to a write; undefined: nothing against it. */
async function refusal(
  what: string,
  operation: AdmissionAttributes['operation'],
  object: object,
  more: { old?: object; subresource?: string; namespace?: string; user?: User } = {},
): Promise<string | undefined> {
  const [plural = '', group = ''] = what.split('.');
  const kind = allKinds.find((it) => it.plural === plural && it.group.split('.')[0] === group)!;
  const { user = N1, ...asked } = more;
  const own = { context: { ...context, user }, operation, namespace: 'ns', ...asked };
  const bare = (part: object) => ({ metadata: {}, ...part });
  try {
    await admitted([plugin], written(kind, bare(object), { ...own, old: own.old && bare(own.old) }));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-n1', controller: true };
const mirror = (spec: object = {}, metadata: object = {}) => ({
  metadata: {
    name: 'm',
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    ownerReferences: [owner],
    ...metadata,
  },
  spec: { nodeName: 'n1', ...spec },
});

test('whoever is no node is let alone', async () => {
  const user = { user: 'system:node:n1', groups: ['others'] };
  assert.equal(await refusal('nodes', 'CREATE', { metadata: { name: 'n2' } }, { user }), undefined);
});

test('of pods a node makes mirrors of its own, which refer to nothing', async () => {
  assert.equal(await refusal('pods', 'CREATE', mirror()), undefined);
  const cases: [object, RegExp][] = [
    [{ metadata: {}, spec: { nodeName: 'n1' } }, /can only create mirror pods/],
    [mirror({ nodeName: 'n2' }), /spec.nodeName set to itself/],
    [mirror({}, { ownerReferences: [] }), /an owner reference set to itself/],
    [mirror({}, { ownerReferences: [owner, owner] }), /a single owner reference/],
    [mirror({}, { ownerReferences: [{ ...owner, controller: false }] }), /a controller owner reference/],
    [mirror({}, { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] }), /must not set blockOwnerDeletion/],
    [mirror({}, { ownerReferences: [{ ...owner, uid: 'u' }] }), /node n1 UID mismatch: expected u got uid-n1/],
    [mirror({ serviceAccountName: 'sa' }), /reference a service account/],
    [mirror({ imagePullSecrets: [{ name: 's' }] }), /reference secrets/],
    [mirror({ containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'c' } }] }] }), /reference configmaps/],
    [mirror({ volumes: [{ name: 'e', ephemeral: {} }] }), /reference persistentvolumeclaims/],
    [mirror({ resourceClaims: [{ name: 'r' }] }), /reference resourceclaims/],
    [
      mirror({ volumes: [{ name: 'b', projected: { sources: [{ clusterTrustBundle: { path: 'p' } }] } }] }),
      /reference clustertrustbundles/,
    ],
  ];
  for (const [pod, expected] of cases) assert.match((await refusal('pods', 'CREATE', pod)) ?? '', expected);
});

test('it deletes, evicts and reports on pods that are bound to it', async () => {
  const pod = (nodeName: string, more: object = {}) => ({ metadata: { name: 'p' }, spec: { nodeName }, ...more });
  assert.equal(await refusal('pods', 'DELETE', pod('n1')), undefined);
  assert.match((await refusal('pods', 'DELETE', pod('n2')))!, /can only delete pods with spec.nodeName set to itself/);
  assert.match((await refusal('pods', 'UPDATE', pod('n1'), { old: pod('n1') }))!, /unexpected operation "UPDATE"/);
  const status = (next: object, old: object) => refusal('pods', 'UPDATE', next, { old, subresource: 'status' });
  assert.equal(await status(pod('n1', { status: { phase: 'Running' } }), pod('n1')), undefined);
  assert.match((await status(pod('n1'), pod('n2')))!, /can only update pod status for pods/);
  assert.match((await status({ ...pod('n1'), metadata: { labels: { a: 'b' } } }, pod('n1')))!, /cannot update labels/);
  const claims = { status: { resourceClaimStatuses: [{ name: 'a', resourceClaimName: 'x' }] } };
  assert.match((await status(pod('n1', claims), pod('n1')))!, /cannot update resource claim/);
  const evict = (name: string) => refusal('pods', 'CREATE', { metadata: { name } }, { subresource: 'eviction' });
  assert.equal(await evict('mine'), undefined);
  assert.match((await evict('other'))!, /node n1 can only evict pods/);
  assert.match((await evict('none'))!, /pods "none" not found/);
  assert.match(
    (await refusal('pods', 'UPDATE', pod('n1'), { old: pod('n1'), subresource: 'resize' }))!,
    /unexpected pod subresource "resize"/,
  );
});

test('its own node, without labels, taints and owners that are others’ to give', async () => {
  const node = (metadata: object = {}, spec: object = {}) => ({ metadata: { name: 'n1', ...metadata }, spec });
  const update = (next: object, old: object = node()) => refusal('nodes', 'UPDATE', next, { old });
  const labels = (...keys: string[]) => ({ labels: Object.fromEntries(keys.map((key) => [key, 'x'])) });
  assert.equal(await refusal('nodes', 'CREATE', node({}, { taints: [{ key: 'a', effect: 'NoSchedule' }] })), undefined);
  assert.match((await refusal('nodes', 'CREATE', { metadata: { name: 'n2' } }))!, /not allowed to modify node "n2"/);
  assert.match(
    (await refusal('nodes', 'CREATE', node(labels('node-role.kubernetes.io/x', 'a.k8s.io/b', 'mine'))))!,
    /set the following labels: a.k8s.io\/b, node-role.kubernetes.io\/x$/,
  );
  const own = labels('kubernetes.io/hostname', 'a.node.kubernetes.io/b', 'kubelet.kubernetes.io/c', 'any.example/d');
  assert.equal(await update(node(own), node()), undefined);
  assert.match((await update(node(), node(labels('node-restriction.kubernetes.io/x'))))!, /modify labels: node-restr/);
  assert.match((await update(node({}, { taints: [{ key: 'a', effect: 'NoExecute' }] })))!, /modify taints/);
  assert.match((await update(node({ ownerReferences: [owner] })))!, /modify ownerReferences/);
  assert.match((await update(node({}, { configSource: { configMap: {} } })))!, /configSource/);
  assert.equal(await update(node({}, { unschedulable: true })), undefined);
});

test('tokens are for a pod that runs on it, and for what that pod asks for', async () => {
  const bound = { kind: 'Pod', apiVersion: 'v1', name: 'mine', uid: 'uid-mine' };
  const token = (spec: object) =>
    refusal('serviceaccounts', 'CREATE', { metadata: { name: 'sa' }, spec }, { subresource: 'token' });
  for (const audiences of [[], ['vault'], ['storage']])
    assert.equal(await token({ audiences, boundObjectRef: bound }), undefined, String(audiences));
  const cases: [object, RegExp][] = [
    [{}, /not bound to a pod/],
    [{ boundObjectRef: { ...bound, kind: 'Node', name: 'n1' } }, /not bound to a pod/],
    [{ boundObjectRef: { ...bound, uid: undefined } }, /without a uid/],
    [{ boundObjectRef: { ...bound, uid: 'x' } }, /does not match the UID in record/],
    [{ boundObjectRef: { ...bound, name: 'other', uid: 'uid-other' } }, /scheduled on a different node/],
    [{ boundObjectRef: { ...bound, name: 'none' } }, /pods "none" not found/],
    [{ boundObjectRef: bound, audiences: ['a', 'b'] }, /may only request 0 or 1 audiences/],
    [{ boundObjectRef: bound, audiences: ['bank'] }, /audience "bank" not found in pod spec volume, system:node:n1/],
  ];
  for (const [spec, expected] of cases) assert.match((await token(spec)) ?? '', expected);
  granted.add('bank');
  assert.equal(await token({ boundObjectRef: bound, audiences: ['bank'] }), undefined);
});

test('its lease, its CSINode, its slices, and of claims their size', async () => {
  const named = (name: string) => ({ metadata: { name } });
  const lease = (name: string, namespace: string) =>
    refusal('leases.coordination', 'CREATE', named(name), { namespace });
  assert.equal(await lease('n1', 'kube-node-lease'), undefined);
  assert.match((await lease('n2', 'kube-node-lease'))!, /same name as the requesting node/);
  assert.match((await lease('n1', 'ns'))!, /can only access leases in the "kube-node-lease" system namespace/);
  assert.match((await refusal('csinodes.storage', 'CREATE', named('n2')))!, /can only access CSINode/);
  const slice = { metadata: { name: 's' }, spec: { nodeName: 'n2' } };
  assert.match((await refusal('resourceslices.resource', 'CREATE', slice))!, /can only create ResourceSlice/);
  assert.match((await refusal('resourceslices.resource', 'DELETE', slice))!, /can only delete ResourceSlice/);
  const claim = (status: object, metadata: object = {}) => ({ metadata: { name: 'c', ...metadata }, status });
  const report = (next: object) =>
    refusal('persistentvolumeclaims', 'UPDATE', next, { old: claim({}), subresource: 'status' });
  assert.equal(await report(claim({ capacity: { storage: '1Gi' }, conditions: [] })), undefined);
  assert.match((await report(claim({ phase: 'Lost' })))!, /not allowed to update fields other than/);
  assert.match((await report(claim({}, { finalizers: ['x'] })))!, /not allowed to update fields other than/);
});

test('certificates in its own name', async () => {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const ask = async (name: string, signerName = 'kubernetes.io/kube-apiserver-client-kubelet') => {
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm });
    const text = Buffer.from(request.toString('pem')).toString('base64');
    return await refusal('certificatesigningrequests.certificates', 'CREATE', { spec: { signerName, request: text } });
  };
  assert.equal(await ask('O=system:nodes, CN=system:node:n1'), undefined);
  assert.match((await ask('O=system:nodes, CN=system:node:n2'))!, /can only create a node CSR with CN=system:node:n1/);
  assert.equal(await ask('CN=x', 'example.com/own'), undefined);
});
