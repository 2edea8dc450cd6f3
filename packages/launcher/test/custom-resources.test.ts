import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  allKinds,
  type ConfigMap,
  type CustomResourceDefinition,
  isApiError,
  type KubeObject,
  type OwnerReference,
  type ResourceQuota,
} from '@keelson/api';
import { ApiClient, type Resource, RestTransport, resources } from '@keelson/client';
import { systemClock } from '@keelson/service';
import { ClusterUnderTest, eventually, run } from './cluster-under-test.js';

const builtIn = <T extends KubeObject>(name: string): Resource<T> => {
  const { group, version, plural, kind, scope } = allKinds.find((it) => it.kind === name)!;
  return { group, version, plural, kind, namespaced: scope === 'Namespaced' };
};
const KEELCTL = fileURLToPath(new URL('../../../cli/dist/src/main.js', import.meta.url));
const definitions = builtIn<CustomResourceDefinition>('CustomResourceDefinition');
const quotas = builtIn<ResourceQuota>('ResourceQuota');
const group = 'kitchen.example.com';
const cups: Resource = { group, version: 'v1', plural: 'cups', kind: 'Cup', namespaced: true };

const definition: CustomResourceDefinition = {
  metadata: { name: `cups.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Cup', plural: 'cups' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

describe('controllers of a cluster with custom resources', () => {
  const cluster = new ClusterUnderTest();
  let server: RestTransport;
  let client: ApiClient;

  before(async () => {
    await cluster.up('--stores', '1', '--nodes', '0', '--disable', 'scheduler');
    const pki = (name: string) => readFileSync(join(cluster.dataDir, 'pki', name));
    const tls = { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
    server = new RestTransport({ server: `https://127.0.0.1:${cluster.portBase}`, tls }, { clock: systemClock() });
    client = new ApiClient(server);
    await client.create(definitions, definition);
    await eventually(async () => void (await client.list(cups)), 10_000);
  });
  after(async () => {
    server.close();
    await cluster.remove();
  });

  const makeCup = (namespace: string, name: string, more: object = {}) =>
    client.create(cups, { apiVersion: `${group}/v1`, kind: 'Cup', metadata: { namespace, name, ...more } });
  const referenceTo = ({ apiVersion = '', kind = '', metadata }: KubeObject): OwnerReference => ({
    apiVersion,
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
  });
  const isGone = (resource: Resource, namespace: string, name: string) =>
    eventually(async () => {
      const found = await client.get(resource, { namespace, name }).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
      assert.equal(found, undefined);
    }, 30_000);

  test('what a custom resource owns goes with it, and what it owned among others stays without it', async () => {
    const owner = await makeCup('default', 'owner');
    const other = await makeCup('default', 'other');
    const child = await makeCup('default', 'child', { ownerReferences: [referenceTo(owner)] });
    await makeCup('default', 'shared', { ownerReferences: [referenceTo(owner), referenceTo(other)] });
    const map: ConfigMap = { metadata: { namespace: 'default', name: 'map', ownerReferences: [referenceTo(child)] } };
    await client.create(resources.configMaps, map);
    await client.delete(cups, { namespace: 'default', name: 'owner' });
    await isGone(cups, 'default', 'child');
    await isGone(resources.configMaps, 'default', 'map');
    await eventually(async () => {
      const { metadata } = await client.get(cups, { namespace: 'default', name: 'shared' });
      assert.deepEqual(metadata.ownerReferences, [referenceTo(other)]);
    }, 30_000);
    await client.delete(cups, { namespace: 'default', name: 'other' }, { propagationPolicy: 'Foreground' });
    await isGone(cups, 'default', 'shared');
    await isGone(cups, 'default', 'other');
  });

  test('a quota counts them, refuses one too many and takes back what goes', async () => {
    const namespace = 'counted';
    const name = `count/cups.${group}`;
    await client.create(resources.namespaces, { metadata: { name: namespace } });
    await client.create(quotas, { metadata: { namespace, name: 'q' }, spec: { hard: { [name]: '1' } } });
    const uses = (value: string) =>
      eventually(async () => {
        assert.equal((await client.get(quotas, { namespace, name: 'q' })).status?.used?.[name], value);
      }, 30_000);
    await uses('0');
    await makeCup(namespace, 'a');
    await assert.rejects(makeCup(namespace, 'b'), /exceeded quota: q, requested: count\/cups/);
    await client.delete(cups, { namespace, name: 'a' });
    await uses('0');
    await makeCup(namespace, 'b');
  });

  test('a namespace goes when they are gone, and says which are left until then', async () => {
    const namespace = 'leaving';
    await client.create(resources.namespaces, { metadata: { name: namespace } });
    // A kind that is defined a moment before the namespace goes.
    const plural = 'plates';
    const plates: Resource = { ...cups, plural, kind: 'Plate' };
    await client.create(definitions, {
      metadata: { name: `${plural}.${group}` },
      spec: { ...definition.spec, names: { kind: 'Plate', plural } },
    });
    await eventually(
      () => client.create(plates, { apiVersion: `${group}/v1`, kind: 'Plate', metadata: { namespace, name: 'late' } }),
      10_000,
    );
    await makeCup(namespace, 'plain');
    await makeCup(namespace, 'held', { finalizers: ['example.com/held'] });
    await client.delete(resources.namespaces, { name: namespace });
    await eventually(async () => {
      const { status } = await client.get(resources.namespaces, { name: namespace });
      const told = Object.fromEntries((status?.conditions ?? []).map((it) => [it.type, it.message]));
      assert.deepEqual(
        [told['NamespaceContentRemaining'], told['NamespaceFinalizersRemaining']],
        [
          `Some resources are remaining: cups.${group} has 1 resource instances`,
          'Some content in the namespace has finalizers remaining: example.com/held in 1 resource instances',
        ],
      );
    }, 30_000);
    await client.patch(cups, { namespace, name: 'held' }, 'merge', { metadata: { finalizers: null } });
    await isGone(resources.namespaces, '', namespace);
    assert.deepEqual((await client.list(plates)).items, []);
  });

  test('what goes with its definition takes along what it owned', async () => {
    const owner = await makeCup('default', 'last');
    const map: ConfigMap = { metadata: { namespace: 'default', name: 'held', ownerReferences: [referenceTo(owner)] } };
    await client.create(resources.configMaps, map);
    await client.delete(definitions, { name: `cups.${group}` });
    await isGone(resources.configMaps, 'default', 'held');
    await isGone(definitions, '', `cups.${group}`);
  });

  test('keelctl takes a definition and its objects in one file, from their creation to their end', async () => {
    const file = join(cluster.dataDir, 'bowls.json');
    const properties = { spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } };
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: 'object', properties } },
    };
    const bowls = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `bowls.${group}` },
      spec: { ...definition.spec, names: { kind: 'Bowl', plural: 'bowls', shortNames: ['bo'] }, versions: [version] },
    };
    const bowl = { apiVersion: `${group}/v1`, kind: 'Bowl', metadata: { name: 'b' }, spec: { size: 2 } };
    const write = (...items: object[]) =>
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    write(bowls, bowl);
    const keelctl = async (...args: string[]) =>
      (await run(process.execPath, [KEELCTL, '--kubeconfig', cluster.kubeconfig, ...args])).stdout;
    const told = (done: string) =>
      `customresourcedefinition.apiextensions.k8s.io/bowls.${group} ${done}\nbowl.${group}/b ${done}\n`;
    assert.equal(await keelctl('apply', '-f', file), told('created'));
    assert.equal(await keelctl('apply', '-f', file), told('unchanged'));
    assert.equal(await keelctl('replace', '-f', file), told('replaced'));
    assert.equal(await keelctl('get', 'bo', '-o', 'name'), `bowl.${group}/b\n`);
    assert.match(await keelctl('explain', 'bowls.spec'), /size\t<integer> -required-/);
    // A definition takes its objects with it: asked for after it, they may be gone.
    write(bowl, bowls);
    assert.match(await keelctl('delete', '-f', file), /bowl\.kitchen\.example\.com "b" deleted/);
    assert.equal(await keelctl('get', 'crd', `bowls.${group}`, '--ignore-not-found'), '');
  });
});
