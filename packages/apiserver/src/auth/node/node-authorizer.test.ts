import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { ResourceCache } from '../../storage/resource-cache.js';
import { StoredObject } from '../../storage/stored-object.js';
import { fieldRequirements } from '../selector-requirements.js';
import { NodeAuthorizer } from './node-authorizer.js';

const newCache = () => new ResourceCache({ historyMax: 1 });
let pods = newCache();
let persistentVolumes = newCache();
let volumeAttachments = newCache();
let resourceSlices = newCache();
let reset: () => void = () => undefined;
let authorizer: NodeAuthorizer;

const stored = (path: string, object: object) => {
  const [name, namespace] = path.split('/').reverse();
  return new StoredObject(path, 1, { ...object, metadata: { name, namespace, ...metadataOf(object) } } as KubeObject);
};
const metadataOf = (object: object) => (object as { metadata?: object }).metadata ?? {};
const put = (cache: ResourceCache, path: string, object: object) => cache.put(stored(path, object));

const POD = {
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'account',
    containers: [{ name: 'c', env: [{ name: 'x', valueFrom: { secretKeyRef: { name: 'from-env', key: 'k' } } }] }],
    ephemeralContainers: [{ name: 'e', envFrom: [{ configMapRef: { name: 'from-debugging' } }] }],
    volumes: [
      { name: 'v', secret: { secretName: 'from-volume' } },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'scratch', ephemeral: {} },
    ],
    imagePullSecrets: [{ name: 'pull' }],
    resourceClaims: [
      { name: 'a', resourceClaimName: 'devices' },
      { name: 'b', resourceClaimTemplateName: 't' },
    ],
  },
  status: { resourceClaimStatuses: [{ name: 'b', resourceClaimName: 'p-b-xyz' }] },
};

beforeEach(() => {
  [pods, persistentVolumes, volumeAttachments, resourceSlices] = [newCache(), newCache(), newCache(), newCache()];
  put(pods, 'ns/p', POD);
  const onReset = (listener: () => void) => {
    reset = listener;
  };
  authorizer = new NodeAuthorizer({ pods, persistentVolumes, volumeAttachments, resourceSlices, onReset });
});

/** `group/resource/subresource`, where the group may be left out. */
function ask(node: string, verb: string, what: string, name = '', namespace = 'ns', fields = '') {
  const parts = what.split('/');
  const group = parts[0]!.includes('.') ? parts.shift()! : '';
  const [resource = '', subresource = ''] = parts;
  const user = { user: `system:node:${node}`, groups: ['system:nodes'] };
  const fieldSelector = fieldRequirements(fields);
  return authorizer.authorize({ user, verb, group, resource, subresource, namespace, name, fieldSelector });
}
const may = (...asked: Parameters<typeof ask>) => ask(...asked).allowed;

test('a node reads what its own pods refer to, and nothing else', () => {
  for (const name of ['from-volume', 'from-env', 'pull']) assert.ok(may('n1', 'get', 'secrets', name), name);
  assert.ok(may('n1', 'watch', 'secrets', 'pull'));
  assert.ok(may('n1', 'get', 'configmaps', 'from-debugging'));
  assert.ok(!may('n1', 'get', 'secrets', 'other'));
  assert.ok(!may('n1', 'get', 'secrets', 'pull', 'elsewhere'));
  assert.ok(!may('n1', 'list', 'secrets'));
  assert.ok(!may('n2', 'get', 'secrets', 'from-volume'));
  assert.ok(!may('n1', 'update', 'secrets', 'from-volume'));
  assert.equal(ask('n2', 'get', 'secrets', 'pull').reason, "no relationship found between node 'n2' and this object");
});

test('claims, the volumes behind them and these volumes’ secrets', () => {
  put(persistentVolumes, 'pv', {
    spec: {
      claimRef: { namespace: 'ns', name: 'claim' },
      csi: {
        nodeStageSecretRef: { namespace: 'csi', name: 'stage' },
        controllerPublishSecretRef: { namespace: 'csi', name: 'controller' },
      },
    },
  });
  for (const name of ['claim', 'p-scratch']) assert.ok(may('n1', 'get', 'persistentvolumeclaims', name), name);
  assert.ok(may('n1', 'patch', 'persistentvolumeclaims/status', 'claim'));
  assert.ok(may('n1', 'get', 'persistentvolumes', 'pv', ''));
  assert.ok(may('n1', 'get', 'secrets', 'stage', 'csi'));
  assert.ok(!may('n1', 'get', 'secrets', 'controller', 'csi'));
  assert.ok(!may('n2', 'get', 'persistentvolumes', 'pv', ''));
  assert.ok(!may('n2', 'get', 'secrets', 'stage', 'csi'));
  persistentVolumes.delete('pv', 2);
  assert.ok(!may('n1', 'get', 'secrets', 'stage', 'csi'));
});

test('claims of devices, slices, attachments', () => {
  const group = 'resource.k8s.io';
  for (const name of ['devices', 'p-b-xyz']) assert.ok(may('n1', 'get', `${group}/resourceclaims`, name), name);
  put(resourceSlices, 's1', { spec: { nodeName: 'n1' } });
  assert.ok(may('n1', 'delete', `${group}/resourceslices`, 's1', ''));
  assert.ok(!may('n2', 'delete', `${group}/resourceslices`, 's1', ''));
  assert.ok(may('n2', 'list', `${group}/resourceslices`, '', '', 'spec.nodeName=n2'));
  assert.ok(!may('n2', 'list', `${group}/resourceslices`, '', ''));
  put(volumeAttachments, 'va', { spec: { nodeName: 'n1' } });
  assert.ok(may('n1', 'get', 'storage.k8s.io/volumeattachments', 'va', ''));
  assert.ok(!may('n2', 'get', 'storage.k8s.io/volumeattachments', 'va', ''));
});

test('service accounts of its own pods, and tokens of them', () => {
  assert.ok(may('n1', 'create', 'serviceaccounts/token', 'account'));
  assert.ok(may('n1', 'get', 'serviceaccounts', 'account'));
  assert.ok(!may('n2', 'create', 'serviceaccounts/token', 'account'));
  assert.ok(!may('n1', 'create', 'serviceaccounts/token', 'default'));
  assert.ok(!may('n1', 'create', 'serviceaccounts'));
});

test('pods by its own name only', () => {
  assert.ok(may('n1', 'get', 'pods', 'p'));
  assert.ok(!may('n2', 'get', 'pods', 'p'));
  assert.ok(may('n2', 'list', 'pods', '', '', 'spec.nodeName=n2,status.phase!=Failed'));
  assert.ok(!may('n2', 'watch', 'pods', '', '', 'spec.nodeName=n1'));
  assert.ok(!may('n2', 'list', 'pods', '', '', 'spec.nodeName!=n2'));
  assert.ok(!may('n1', 'patch', 'pods', 'p'));
  assert.ok(!may('n1', 'create', 'pods/exec', 'p'));
  assert.equal(ask('n1', 'list', 'pods').reason, 'can only list/watch pods with spec.nodeName field selector');
});

test('what a pod opens ends with it, and follows it', () => {
  put(pods, 'ns/q', { spec: { nodeName: 'n1', volumes: [{ name: 'v', secret: { secretName: 'from-volume' } }] } });
  pods.delete('ns/p', 2);
  assert.ok(may('n1', 'get', 'secrets', 'from-volume'));
  assert.ok(!may('n1', 'get', 'secrets', 'pull'));
  pods.delete('ns/q', 3);
  assert.ok(!may('n1', 'get', 'secrets', 'from-volume'));
  pods.reset([stored('ns/p', POD)], 4);
  reset();
  assert.ok(may('n1', 'get', 'secrets', 'pull'));
});

test('a mirror pod opens nothing', () => {
  put(pods, 'ns/p', { ...POD, metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } });
  assert.ok(may('n1', 'get', 'pods', 'p'));
  assert.ok(!may('n1', 'get', 'secrets', 'pull'));
});

test('a node keeps its own lease and CSINode, and reads its own object', () => {
  const lease = (verb: string, name: string, namespace = 'kube-node-lease') =>
    may('n1', verb, 'coordination.k8s.io/leases', name, namespace);
  assert.ok(lease('update', 'n1'));
  assert.ok(!lease('update', 'n2'));
  assert.ok(!lease('get', 'n1', 'default'));
  assert.ok(may('n1', 'patch', 'storage.k8s.io/csinodes', 'n1', ''));
  assert.ok(!may('n1', 'patch', 'storage.k8s.io/csinodes', 'n2', ''));
  assert.ok(may('n1', 'list', 'nodes', 'n1', ''));
  assert.ok(!may('n1', 'list', 'nodes', '', ''));
  assert.ok(!may('n1', 'get', 'nodes', 'n2', ''));
  assert.ok(!may('n1', 'delete', 'nodes', 'n1', ''));
});

test('the rest is what the role system:node says, for nodes only', () => {
  assert.ok(may('n1', 'list', 'services', '', ''));
  assert.ok(!may('n1', 'create', 'apps/deployments'));
  const asked = { verb: 'get', group: '', resource: 'nodes', subresource: '', namespace: '', name: 'n1' };
  assert.ok(!authorizer.authorize({ ...asked, user: { user: 'system:node:n1', groups: [] } }).allowed);
  const unnamed = authorizer.authorize({ ...asked, user: { user: 'system:node:', groups: ['system:nodes'] } });
  assert.deepEqual(unnamed, { allowed: false, reason: 'unknown node for user "system:node:"' });
});
