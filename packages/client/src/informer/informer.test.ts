import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError, allKinds, apiErrors, type ConfigMap, KindRegistry } from '@keelson/api';
import { seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { ApiClient } from '../api-client.js';
import { resources } from '../resource.js';
import { MemoryTransport, until } from '../testing/index.js';
import { Informer } from './informer.js';
import { InformerFactory } from './informer-factory.js';

function map(name: string, value = ''): ConfigMap {
  return { metadata: { name, namespace: 'default' }, data: { value } };
}

/** A running informer of config maps that notes what its handlers hear. */
function world(options: { pageSize?: number; streamList?: boolean; watchSeconds?: number } = {}) {
  const clock = new ManualClock();
  const server = new MemoryTransport({ clock });
  const client = new ApiClient(server);
  const heard: string[] = [];
  const dependencies = { client, clock, random: seededRandom(1), logger: silentLogger };
  const informer = new Informer<ConfigMap>(resources.configMaps, options, dependencies);
  informer.addHandler({
    onAdd: (it) => void heard.push(`add ${it.metadata.name}`),
    onUpdate: (it, old) => void heard.push(`update ${it.metadata.name} ${old.data?.['value']}>${it.data?.['value']}`),
    onDelete: (it) => void heard.push(`delete ${it.metadata.name}`),
  });
  const stop = new AbortController();
  return { clock, server, client, heard, informer, stop, signal: stop.signal };
}

describe('Informer', () => {
  it('lists what is there and then follows each change', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    await client.create(resources.configMaps, map('a', '1'));
    informer.start(stop.signal);
    await informer.synced();
    await until(() => server.watchCount === 1, { clock });
    await client.update(resources.configMaps, map('a', '2'));
    await client.create(resources.configMaps, map('b'));
    await client.delete(resources.configMaps, { namespace: 'default', name: 'a' });
    await until(() => heard.length === 4, { clock });
    assert.deepEqual(heard, ['add a', 'update a 1>2', 'add b', 'delete a']);
    assert.deepEqual(
      informer.list('default').map((it) => it.metadata.name),
      ['b'],
    );
    stop.abort();
  });

  it('lists again when its version is too old, and tells of what was deleted meanwhile', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    for (const name of ['stays', 'changes', 'goes']) await client.create(resources.configMaps, map(name, '1'));
    informer.start(stop.signal);
    await informer.synced();
    await until(() => server.watchCount === 1, { clock });
    heard.length = 0;
    server.endWatches();
    await until(() => server.watchCount === 0);
    await client.update(resources.configMaps, map('changes', '2'));
    await client.delete(resources.configMaps, { namespace: 'default', name: 'goes' });
    server.compact();
    await until(() => heard.length === 2, { clock });
    assert.deepEqual(heard, ['delete goes', 'update changes 1>2']);
    stop.abort();
  });

  it('takes an object of the same name and another uid for another object', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    await client.create(resources.configMaps, map('a', '1'));
    informer.start(stop.signal);
    await informer.synced();
    await until(() => server.watchCount === 1, { clock });
    heard.length = 0;
    server.endWatches();
    await until(() => server.watchCount === 0);
    await client.delete(resources.configMaps, { namespace: 'default', name: 'a' });
    await client.create(resources.configMaps, map('a', '2'));
    server.compact();
    await until(() => heard.length === 2, { clock });
    assert.deepEqual(heard, ['delete a', 'add a']);
    stop.abort();
  });

  it('goes on when the server cannot be reached for a while', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    let refused = 0;
    server.intercept = ({ verb }) =>
      (verb === 'list' || verb === 'watch') && refused++ < 4 ? apiErrors.serviceUnavailable('not yet') : undefined;
    await client.create(resources.configMaps, map('a'));
    informer.start(stop.signal);
    await until(() => informer.hasSynced && server.watchCount === 1, { clock });
    assert.deepEqual(heard, ['add a']);
    stop.abort();
  });

  it('keeps telling others when a handler fails', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    informer.addHandler({
      onAdd() {
        throw new Error('a mistake');
      },
    });
    const later: string[] = [];
    informer.addHandler({ onAdd: (it) => void later.push(it.metadata.name ?? '') });
    informer.start(stop.signal);
    await until(() => server.watchCount === 1, { clock });
    for (const name of ['a', 'b']) await client.create(resources.configMaps, map(name));
    await until(() => later.length === 2, { clock });
    assert.deepEqual(heard, ['add a', 'add b']);
    stop.abort();
  });

  it('tells a handler that comes late of all that is there', async () => {
    const { client, informer, stop } = world();
    await client.create(resources.configMaps, map('a'));
    informer.start(stop.signal);
    await informer.synced();
    const seen: string[] = [];
    informer.addHandler({ onAdd: (it) => void seen.push(it.metadata.name ?? '') });
    assert.deepEqual(seen, ['a']);
    stop.abort();
  });

  it('reads a long collection page by page after its version was too old', async () => {
    const { client, informer, server, clock, stop } = world({ pageSize: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await client.create(resources.configMaps, map(name));
    informer.start(stop.signal);
    await until(() => server.watchCount === 1, { clock });
    server.endWatches();
    await client.create(resources.configMaps, map('f'));
    server.compact();
    const before = server.requests.length;
    await until(() => informer.list().length === 6, { clock });
    const lists = server.requests.slice(before).filter(({ verb }) => verb === 'list');
    assert.deepEqual(
      lists.map(({ options }) => [options.limit, options.continueToken]),
      [
        [2, undefined],
        [2, '2'],
        [2, '4'],
      ],
    );
    stop.abort();
  });

  it('gives up waiting for the first list when told to', async () => {
    const { informer, stop } = world();
    const waiting = informer.synced(stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
  });

  it('tells of nothing and asks for nothing any more once it is stopped', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    informer.start(stop.signal);
    await until(() => server.watchCount === 1, { clock });
    informer.stop();
    await until(() => server.watchCount === 0, { clock });
    await client.create(resources.configMaps, map('a'));
    const before = server.requests.length;
    await clock.advanceAsync(60_000);
    assert.deepEqual([heard, server.requests.length], [[], before]);
    stop.abort();
  });

  it('says that it will not sync when it was stopped before', async () => {
    const { informer } = world();
    const waiting = informer.synced();
    informer.stop();
    await assert.rejects(waiting, /the informer of configmaps was stopped/);
    await assert.rejects(informer.synced(), /was stopped/);
  });
});

describe('InformerFactory', () => {
  it('keeps no more than metadata for those who need no more, unless the whole is there anyway', async () => {
    const { client, clock, stop } = world();
    const factory = new InformerFactory({ client, clock, random: seededRandom(1), logger: silentLogger });
    const whole = factory.for(resources.secrets);
    assert.equal(factory.metadataFor(resources.secrets), whole);
    assert.equal(factory.endMetadata(resources.secrets), false);
    const reduced = factory.metadataFor(resources.configMaps);
    assert.equal(factory.metadataFor(resources.configMaps), reduced);
    const { metadata, ...rest } = map('a', 'long');
    await client.create(resources.configMaps, {
      metadata: { ...metadata, annotations: { a: 'b' }, labels: { c: 'd' } },
      ...rest,
    });
    await factory.start(stop.signal);
    const [kept] = reduced.list();
    assert.deepEqual(
      [Object.keys(kept ?? {}).sort(), kept?.metadata.annotations],
      [['apiVersion', 'kind', 'metadata'], undefined],
    );
    assert.deepEqual(kept?.metadata.labels, { c: 'd' });
    assert.equal(factory.endMetadata(resources.configMaps), true);
    assert.notEqual(factory.metadataFor(resources.configMaps), reduced);
    stop.abort();
  });

  for (const streamsLists of ['yes', 'refuses', 'ignores'] as const) {
    it(`has the collection streamed to it (the server: ${streamsLists})`, async () => {
      const { client, heard, informer, server, clock, stop } = world({ streamList: true });
      server.streamsLists = streamsLists;
      for (const name of ['a', 'b']) await client.create(resources.configMaps, map(name, '1'));
      informer.start(stop.signal);
      await until(() => informer.hasSynced, { clock });
      await until(() => server.watchCount === 1, { clock });
      await client.update(resources.configMaps, map('a', '2'));
      await until(() => heard.length === 3, { clock });
      assert.deepEqual(heard, ['add a', 'add b', 'update a 1>2']);
      assert.equal(informer.version, Number(informer.get('default', 'a')?.metadata.resourceVersion));
      const lists = server.requests.filter(({ verb }) => verb === 'list').length;
      assert.equal(lists, streamsLists === 'yes' ? 0 : 1);
      heard.length = 0;
      server.endWatches();
      await until(() => server.watchCount === 0);
      await client.delete(resources.configMaps, { namespace: 'default', name: 'b' });
      server.compact();
      await until(() => heard.length === 1, { clock });
      assert.deepEqual(heard, ['delete b']);
      stop.abort();
    });
  }

  it('begins again where a page of the list fails', async () => {
    const { client, heard, informer, server, clock, stop } = world({ pageSize: 1 });
    for (const name of ['a', 'b']) await client.create(resources.configMaps, map(name));
    server.intercept = ({ verb, options }) => {
      if (verb === 'list' && options.resourceVersion === '0') return apiErrors.expired('begin with pages');
      if (options.continueToken === undefined) return undefined;
      server.intercept = () => undefined;
      return apiErrors.serverTimeout({ group: '', plural: 'configmaps' }, 'list', 1);
    };
    informer.start(stop.signal);
    await until(() => informer.hasSynced, { clock });
    assert.deepEqual(heard, ['add a', 'add b']);
    stop.abort();
  });

  it('asks for no version that a restored server has not come to', async () => {
    const { client, heard, informer, server, clock, stop } = world();
    informer.start(stop.signal);
    await until(() => server.watchCount === 1, { clock });
    await client.create(resources.configMaps, map('a'));
    await until(() => heard.length === 1, { clock });
    server.intercept = ({ options }) =>
      Number(options.resourceVersion) > 0
        ? new ApiError({
            ...{ code: 504, reason: 'Timeout', message: 'Timeout: Too large resource version' },
            details: { causes: [{ reason: 'ResourceVersionTooLarge', message: '' }] },
          })
        : undefined;
    server.endWatches();
    const before = server.requests.length;
    await until(() => server.requests.slice(before).some(({ verb }) => verb === 'list'), { clock });
    assert.equal(server.requests.slice(before).find(({ verb }) => verb === 'list')?.options.resourceVersion, '');
    stop.abort();
  });

  it('leaves a watch that the server has forgotten', async () => {
    const { informer, server, clock, stop } = world({ watchSeconds: 60 });
    informer.start(stop.signal);
    await until(() => server.watchCount === 1, { clock });
    const watches = () => server.requests.filter(({ verb }) => verb === 'watch').length;
    const before = watches();
    await clock.advanceAsync(160_000);
    await until(() => watches() > before && server.watchCount === 1, { clock });
    stop.abort();
  });

  it('takes what the server does not know for empty, and finds it once it is there', async () => {
    const clock = new ManualClock();
    const kinds = new KindRegistry(allKinds.filter(({ kind }) => kind !== 'ConfigMap'));
    const server = new MemoryTransport({ clock, kinds });
    const client = new ApiClient(server);
    const factory = new InformerFactory({ client, clock, random: seededRandom(1), logger: silentLogger });
    const informer = factory.for(resources.configMaps);
    const stop = new AbortController();
    let started = false;
    void factory.start(stop.signal).then(() => {
      started = true;
    });
    await until(() => started, { clock });
    kinds.add(allKinds.find(({ kind }) => kind === 'ConfigMap')!);
    await client.create(resources.configMaps, map('a'));
    await until(() => informer.list().length === 1, { clock });
    stop.abort();
  });
});
