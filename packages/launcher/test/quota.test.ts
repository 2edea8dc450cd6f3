import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { allKinds, type ConfigMap, isApiError, type ResourceQuota } from '@keelson/api';
import { ApiClient, type Resource, RestTransport, resources } from '@keelson/client';
import { systemClock } from '@keelson/service';
import { ClusterUnderTest, eventually } from './cluster-under-test.js';

const ROUNDS = 12;
const WRITERS = 8;
const { group, version, plural, kind } = allKinds.find((it) => it.kind === 'ResourceQuota')!;
const quotas: Resource<ResourceQuota> = { group, version, plural, kind, namespaced: true };
const namespace = 'tight';

describe('a quota while things come and go', () => {
  const cluster = new ClusterUnderTest();
  const servers: RestTransport[] = [];
  let clients: ApiClient[] = [];

  before(async () => {
    await cluster.up('--stores', '1', '--apiservers', '2', '--nodes', '0', '--disable', 'scheduler');
    const pki = (name: string) => readFileSync(join(cluster.dataDir, 'pki', name));
    const tls = { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
    for (const offset of [0, 2]) {
      const server = `https://127.0.0.1:${cluster.portBase + offset}`;
      servers.push(new RestTransport({ server, tls }, { clock: systemClock() }));
    }
    clients = servers.map((it) => new ApiClient(it));
  });
  after(async () => {
    for (const it of servers) it.close();
    await cluster.remove();
  });

  test('never holds more than it is for, through two servers and whoever gives back', async () => {
    const [client] = clients as [ApiClient, ApiClient];
    await client.create(resources.namespaces, { metadata: { name: namespace } });
    // The namespace's own one and one more.
    const quota = { metadata: { namespace, name: 'q' }, spec: { hard: { configmaps: '2' } } };
    await client.create(quotas, quota);
    const used = async () => (await client.get(quotas, { namespace, name: 'q' })).status?.used?.['configmaps'];
    const isUsed = (value: string) => eventually(async () => assert.equal(await used(), value), 30_000);
    await isUsed('1');
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const made = await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          const name = `c-${round}-${writer}`;
          try {
            return await clients[writer % 2]!.create(resources.configMaps, {
              metadata: { namespace, name },
            } as ConfigMap);
          } catch (error) {
            assert.ok(isApiError(error, 'Forbidden'), String(error));
            assert.match(
              (error as Error).message,
              /exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited/,
            );
            refused += 1;
            return undefined;
          }
        }),
      );
      const names = made.flatMap((it) => it?.metadata.name ?? []);
      // While the first is deleted, others come: what is given back is taken once.
      await client.delete(resources.configMaps, { namespace, name: names[0]! });
      const { items } = await client.list(resources.configMaps, { namespace });
      assert.ok(items.length <= 2, `${items.length} at once`);
      assert.equal(names.length, 1, `round ${round}: ${names}`);
      await isUsed('1');
    }
    assert.equal(refused, ROUNDS * (WRITERS - 1));
  });

  test('what comes while others go is never more than there is room for', async () => {
    const [client] = clients as [ApiClient, ApiClient];
    let most = 0;
    let passed = 0;
    const churn = async (writer: number) => {
      for (let turn = 0; turn < ROUNDS; turn++) {
        const name = `d-${writer}-${turn}`;
        try {
          await clients[writer % 2]!.create(resources.configMaps, { metadata: { namespace, name } } as ConfigMap);
        } catch (error) {
          assert.ok(isApiError(error, 'Forbidden'), String(error));
          await new Promise((resolve) => setTimeout(resolve, 20));
          continue;
        }
        passed += 1;
        most = Math.max(most, (await client.list(resources.configMaps, { namespace })).items.length);
        await client.delete(resources.configMaps, { namespace, name });
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => churn(writer)));
    assert.ok(passed > 1, 'nothing was given back while others came');
    assert.equal(most, 2);
  });
});
