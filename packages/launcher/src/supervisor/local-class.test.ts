import assert from 'node:assert/strict';
import { it } from 'node:test';
import { allKinds, KindRegistry } from '@keelson/api';
import { ApiClient, resources } from '@keelson/client';
import { MemoryTransport } from '@keelson/client/testing';
import { ManualClock } from '@keelson/service/testing';
import { ensureLocalClass } from './local-class.js';

const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const clientOf = () =>
  new ApiClient(new MemoryTransport({ clock: new ManualClock(), kinds: new KindRegistry(allKinds) }));

it('a cluster with nodes has a class of directories, the default one if nobody made another', async () => {
  for (const name of ['other', undefined]) {
    const client = clientOf();
    if (name !== undefined)
      await client.create(resources.storageClasses, {
        metadata: { name, annotations: { [IS_DEFAULT]: 'true' } },
        provisioner: 'example.com/p',
      });
    for (let n = 0; n < 2; n += 1) await ensureLocalClass(client);
    const { items } = await client.list(resources.storageClasses);
    const local = items.find(({ metadata }) => metadata.name === 'local');
    assert.equal(items.length, name === undefined ? 1 : 2);
    assert.equal(local?.provisioner, 'keelson.dev/local');
    assert.equal(local?.metadata.annotations?.[IS_DEFAULT], name === undefined ? 'true' : undefined);
  }
});
