import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allKinds, KindRegistry, type KubeObject, type Toleration } from '@keelson/api';
import { type Asked, admitted, written } from '../../test/admission.js';
import { context, world } from '../../test/world.js';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import type { AdmissionPlugin } from './admission.js';
import { alwaysDeny } from './always.js';
import { alwaysPullImages } from './always-pull-images.js';
import { limitPodHardAntiAffinityTopology } from './anti-affinity-topology.js';
import { clusterTrustBundleAttest } from './certificate-signers.js';
import { denyServiceExternalIps } from './deny-service-external-ips.js';
import { eventRateLimit } from './event-rate-limit.js';
import { extendedResourceToleration } from './extended-resource-toleration.js';
import { namespaceAutoProvision } from './namespace-auto-provision.js';
import { namespaceExists } from './namespace-exists.js';
import { ownerReferencesPermissionEnforcement } from './owner-references.js';
import { podNodeSelector } from './pod-node-selector.js';
import { podTolerationRestriction } from './pod-toleration-restriction.js';
import { podTopologyLabels } from './pod-topology-labels.js';

let place: Awaited<ReturnType<typeof world>>;
const NS = {
  'scheduler.alpha.kubernetes.io/node-selector': 'disk=ssd, zone=a',
  'scheduler.alpha.kubernetes.io/defaultTolerations': '[{"key":"a","operator":"Exists"}]',
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[{"key":"a","operator":"Exists"},{"key":"b","value":"1"}]',
};
before(async () => {
  place = await world();
  const make = (plural: string, metadata: object) => place.make(plural, '', { metadata });
  await make('namespaces', { name: 'default' });
  await make('namespaces', { name: 'told', annotations: NS });
  await make('nodes', { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z', other: 'o' } });
  await place.cache.fresh();
});
after(() => place.close());

/** What a plugin makes of a write. */
async function admit(plugin: AdmissionPlugin, plural: string, object: object, more: Asked = {}): Promise<KubeObject> {
  return await admitted([plugin], written(allKinds.find((it) => it.plural === plural)!, object, more));
}
type Spec = { spec: Record<string, unknown> & { tolerations?: Toleration[] } };
const specOf = async (...asked: Parameters<typeof admit>) => ((await admit(...asked)) as KubeObject & Spec).spec;

test('a namespace must be there, or is made', async () => {
  const exists = namespaceExists(place.namespaces);
  await admit(exists, 'secrets', {});
  await assert.rejects(admit(exists, 'secrets', {}, { namespace: 'none' }), /namespaces "none" not found/);
  const made: string[] = [];
  const provision = namespaceAutoProvision(place.namespaces, async (name) => void made.push(name));
  await admit(provision, 'secrets', {}, { namespace: 'none' });
  await admit(provision, 'secrets', {}, { namespace: 'dry', dryRun: true });
  await admit(provision, 'secrets', {});
  assert.deepEqual(made, ['none']);
});

test('pods keep others off their node and no more', async () => {
  const pod = (topologyKey: string) => ({
    spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } } },
  });
  await admit(limitPodHardAntiAffinityTopology, 'pods', pod('kubernetes.io/hostname'));
  await assert.rejects(
    admit(limitPodHardAntiAffinityTopology, 'pods', pod('zone')),
    /has TopologyKey zone but only key kubernetes.io\/hostname is allowed/,
  );
});

test('images are always pulled, but where an update brings none', async () => {
  const pod = (image: string) => ({
    spec: { containers: [{ image, imagePullPolicy: 'Never' }], volumes: [{ image: { pullPolicy: 'Never' } }] },
  });
  assert.deepEqual(await specOf(alwaysPullImages, 'pods', pod('a')), {
    containers: [{ image: 'a', imagePullPolicy: 'Always' }],
    volumes: [{ image: { pullPolicy: 'Always' } }],
  });
  assert.deepEqual(await specOf(alwaysPullImages, 'pods', pod('a'), { old: pod('a') }), pod('a').spec);
});

test('pods tolerate the taints of the devices that they ask for', async () => {
  const containers = [{ resources: { requests: { cpu: '1', 'example.com/gpu': '1' } } }];
  const { tolerations } = await specOf(extendedResourceToleration, 'pods', { spec: { containers } });
  assert.deepEqual(tolerations, [{ key: 'example.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
});

test('services take no new addresses from outside', async () => {
  const service = (...externalIPs: string[]) => ({ spec: { externalIPs } });
  await admit(denyServiceExternalIps, 'services', service());
  await admit(denyServiceExternalIps, 'services', service('1.1.1.1'), { old: service('1.1.1.1', '2.2.2.2') });
  const refused = /Use of external IPs is denied by admission control/;
  await assert.rejects(admit(denyServiceExternalIps, 'services', service('1.1.1.1')), refused);
  const more = { old: service('1.1.1.1') };
  await assert.rejects(admit(denyServiceExternalIps, 'services', service('1.1.1.1', '2.2.2.2'), more), refused);
});

test('a pod and its binding get the labels of where their node is', async () => {
  const plugin = podTopologyLabels(place.collection('nodes'));
  const zone = { 'topology.kubernetes.io/zone': 'z' };
  assert.deepEqual((await admit(plugin, 'pods', { spec: { nodeName: 'n' } })).metadata.labels, zone);
  const bound = { target: { kind: 'Node', name: 'n' } };
  assert.deepEqual((await admit(plugin, 'pods', bound, { subresource: 'binding' })).metadata.labels, zone);
  const own = { metadata: { name: 'x', labels: { 'topology.kubernetes.io/zone': 'mine' } }, spec: { nodeName: 'n' } };
  assert.deepEqual((await admit(plugin, 'pods', own)).metadata.labels, own.metadata.labels);
  assert.equal((await admit(plugin, 'pods', { spec: { nodeName: 'gone' } })).metadata.labels, undefined);
});

test('pods go to the nodes that their namespace is for', async () => {
  const plugin = podNodeSelector(place.namespaces, { clusterDefaultNodeSelector: 'a=b', default: 'a=b,c=d' });
  const told = { namespace: 'told' };
  assert.deepEqual(await specOf(plugin, 'pods', { spec: { nodeSelector: { x: 'y' } } }, told), {
    nodeSelector: { disk: 'ssd', zone: 'a', x: 'y' },
  });
  assert.deepEqual(await specOf(plugin, 'pods', { spec: {} }), { nodeSelector: { a: 'b' } });
  await assert.rejects(
    admit(plugin, 'pods', { spec: { nodeSelector: { disk: 'hdd' } } }, told),
    /conflicts with its namespace node label selector/,
  );
  await assert.rejects(
    admit(plugin, 'pods', { spec: { nodeSelector: { other: 'd' } } }),
    /labels conflict with its namespace whitelist/,
  );
});

test('pods tolerate what their namespace says, and nothing beyond what it allows', async () => {
  const plugin = podTolerationRestriction(place.namespaces, { default: [{ key: 'c', operator: 'Exists' }] });
  const told = { namespace: 'told' };
  const pod = (...tolerations: Toleration[]) => ({ spec: { containers: [{}], tolerations } });
  const spec = await specOf(plugin, 'pods', pod({ key: 'b', value: '1' }), told);
  assert.deepEqual(spec.tolerations, [
    { key: 'a', operator: 'Exists' },
    { key: 'b', value: '1' },
  ]);
  assert.deepEqual((await specOf(plugin, 'pods', pod())).tolerations, [{ key: 'c', operator: 'Exists' }]);
  await assert.rejects(
    admit(plugin, 'pods', pod({ key: 'b', value: '2' }), told),
    /conflict with its namespace whitelist/,
  );
});

test('events come no faster than they may, each kind of sender by itself', async () => {
  const plugin = eventRateLimit(place.clock, {
    limits: [
      { type: 'Server', qps: 10, burst: 3 },
      { type: 'SourceAndObject', qps: 1, burst: 2, cacheSize: 2 },
    ],
  });
  const event = (name: string) => admit(plugin, 'events', { involvedObject: { name }, source: { component: 'c' } });
  await event('a');
  await event('a');
  await assert.rejects(event('a'), { code: 429, message: /limit reached on type SourceAndObject for key ca/ });
  await assert.rejects(event('b'), { code: 429, message: /limit reached on type Server for key / });
  await place.clock.advance(100);
  await event('b');
  await admit(plugin, 'events', {}, { dryRun: true });
});

test('whoever gives an object an owner may delete it, and hold the owner back', async () => {
  const asked: string[] = [];
  const grants = new Set<string>();
  const authorizer = {
    authorize({ verb, resource, subresource, name }: AuthorizationAttributes) {
      const right = [verb, resource, subresource, name].filter((it) => it !== '').join(' ');
      asked.push(right);
      return { allowed: grants.has(right), reason: 'no' };
    },
  };
  const plugin = ownerReferencesPermissionEnforcement({ authorizer, kinds: new KindRegistry(allKinds) });
  const owned = (more: object = {}, apiVersion = 'apps/v1') => ({
    metadata: { name: 'x', ownerReferences: [{ apiVersion, kind: 'Deployment', name: 'd', uid: 'u', ...more }] },
  });
  await admit(plugin, 'secrets', {});
  await assert.rejects(
    admit(plugin, 'secrets', owned()),
    /cannot set an ownerRef on a resource you can't delete: no, <nil>/,
  );
  grants.add('delete secrets x');
  await admit(plugin, 'secrets', owned());
  await assert.rejects(
    admit(plugin, 'secrets', owned({ blockOwnerDeletion: true })),
    /refers to a resource you can't set finalizers on: no, <nil>/,
  );
  grants.add('update deployments finalizers d');
  await admit(plugin, 'secrets', owned({ blockOwnerDeletion: true }));
  await assert.rejects(
    admit(plugin, 'secrets', owned({ blockOwnerDeletion: true }, 'x/v1')),
    /cannot find RESTMapping/,
  );
  asked.length = 0;
  await admit(plugin, 'secrets', owned(), { old: owned() });
  assert.deepEqual(asked, []);
});

test('who says which certificates a signer’s clients trust must be allowed to for the signer', async () => {
  const grants = new Set<string>();
  const plugin = clusterTrustBundleAttest({
    authorize: ({ verb, name }) => ({ allowed: grants.has(`${verb} ${name}`), reason: '' }),
  });
  const kind = { ...allKinds[0]!, group: 'certificates.k8s.io', plural: 'clustertrustbundles' };
  const attest = (signerName: string, old?: object) =>
    plugin.validate?.({
      operation: old === undefined ? 'CREATE' : 'UPDATE',
      object: { metadata: { name: 'b', finalizers: ['a/b'] }, spec: { signerName } } as KubeObject,
      old: old as KubeObject | undefined,
      ...{ kind, namespace: '', subresource: '', context, dryRun: false, write: {} },
    });
  await attest('');
  await assert.rejects(async () => attest('a.io/b'), /user not permitted to attest for signerName "a.io\/b"/);
  await attest('a.io/b', { metadata: { name: 'b' }, spec: { signerName: 'a.io/b' } });
  grants.add('attest a.io/*');
  await attest('a.io/b');
});

test('everything may be refused', async () => {
  const generated = { metadata: { generateName: 'g-' } };
  await assert.rejects(
    admit(alwaysDeny, 'secrets', generated),
    /secrets "g-" is forbidden: admission control is denying/,
  );
});
