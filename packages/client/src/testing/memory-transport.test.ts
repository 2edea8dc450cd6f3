import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConfigMap, isApiError, type Pod } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { ApiClient } from '../api-client.js';
import { resources } from '../resource.js';
import { MemoryTransport } from './memory-transport.js';

const KEY = { namespace: 'default', name: 'a' };

function world() {
  const server = new MemoryTransport({ clock: new ManualClock() });
  return { server, client: new ApiClient(server) };
}

describe('MemoryTransport', () => {
  it('refuses a write of an old version and takes one without version', async () => {
    const { client } = world();
    const old = await client.create<ConfigMap>(resources.configMaps, { metadata: KEY });
    await client.update(resources.configMaps, { ...old, data: { a: '1' } });
    await assert.rejects(client.update(resources.configMaps, { ...old, data: { a: '2' } }), (it) =>
      isApiError(it, 'Conflict'),
    );
    await assert.rejects(client.create(resources.configMaps, { metadata: KEY }), (it) =>
      isApiError(it, 'AlreadyExists'),
    );
    const next = await client.update<ConfigMap>(resources.configMaps, { metadata: KEY, data: { a: '3' } });
    assert.equal(next.data?.['a'], '3');
  });

  it('keeps spec and status apart', async () => {
    const { client } = world();
    await client.create<Pod>(resources.pods, { metadata: KEY, spec: { containers: [], nodeName: 'n' } });
    const patch = { spec: { nodeName: 'x' }, status: { phase: 'Running' } };
    const patched = await client.patch<Pod>(resources.pods, KEY, 'strategic', patch, { subresource: 'status' });
    assert.equal(patched.spec?.nodeName, 'n');
    assert.equal(patched.status?.phase, 'Running');
    assert.equal(patched.metadata.generation, 1);
  });

  it('holds a deleted object until its last finalizer is gone', async () => {
    const { client } = world();
    await client.create<ConfigMap>(resources.configMaps, { metadata: { ...KEY, finalizers: ['x/y'] } });
    await client.delete(resources.configMaps, KEY);
    const held = await client.get<ConfigMap>(resources.configMaps, KEY);
    assert.notEqual(held.metadata.deletionTimestamp, undefined);
    await client.patch(resources.configMaps, KEY, 'merge', { metadata: { finalizers: null } });
    await assert.rejects(client.get(resources.configMaps, KEY), (it) => isApiError(it, 'NotFound'));
  });

  it('answers a watch from before a compaction with 410', async () => {
    const { client, server } = world();
    await client.create<ConfigMap>(resources.configMaps, { metadata: KEY });
    server.compact();
    const events = client.watch(resources.configMaps, { resourceVersion: '100' })[Symbol.asyncIterator]();
    await assert.rejects(events.next(), (it) => isApiError(it) && it.code === 410);
  });
});
