import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, StatefulSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { templateOf } from '../../testing/stateful-set.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { statefulSetController } from './index.js';

const labels = { app: 'web' };
const of = (name: string) => ({ namespace: 'default', name });

function statefulSet(name = 'web', spec: Partial<NonNullable<StatefulSet['spec']>> = {}): StatefulSet {
  const template = templateOf('one');
  return {
    metadata: { name, namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: labels }, serviceName: 'web', template, ...spec },
  };
}

/** Makes pods serve as soon as they are there. */
function runPods({ client, clock, informers }: TestWorld): void {
  informers.for(resources.pods).addHandler({
    onAdd({ metadata: { name = '' } }) {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: rfc3339(clock.now()) }];
      const status = { phase: 'Running', conditions };
      void client.patch(resources.pods, of(name), 'strategic', { status }, { subresource: 'status' }).catch(() => {});
    },
  });
}

const writesOf = ({ server }: TestWorld, plural: string) =>
  server.requests.filter(({ verb, path }) => path.resource === plural && !['get', 'list', 'watch'].includes(verb));

describe('the StatefulSet controller', () => {
  it('makes, rolls, and takes away pods and claims, and comes to rest', async () => {
    const world = testWorld();
    const { client, clock, informers } = world;
    const [pods, sets] = [informers.for(resources.pods), informers.for(resources.statefulSets)];
    const claims = informers.for(resources.persistentVolumeClaims);
    runPods(world);
    await world.start(statefulSetController);
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: {} }];
    await client.create(resources.statefulSets, statefulSet('web', { volumeClaimTemplates }));
    const status = () => sets.get('default', 'web')?.status;
    await until(() => status()?.readyReplicas === 3, { clock });
    assert.deepEqual(
      pods
        .list()
        .map(({ metadata }) => metadata.name)
        .sort(),
      ['web-0', 'web-1', 'web-2'],
    );
    assert.equal(claims.list().length, 3);
    const before = status()?.currentRevision;
    await client.patch(resources.statefulSets, of('web'), 'merge', { spec: { template: templateOf('two') } });
    await until(() => status()?.currentRevision !== before && status()?.readyReplicas === 3, { clock });
    assert.ok(pods.list().every((pod) => pod.spec?.containers?.[0]?.image === 'two'));
    assert.equal(writesOf(world, 'pods').filter(({ verb }) => verb === 'create').length, 6);
    await client.patch(resources.statefulSets, of('web'), 'merge', { spec: { replicas: 1 } });
    await until(() => status()?.replicas === 1, { clock });
    assert.deepEqual(
      pods.list().map(({ metadata }) => metadata.name),
      ['web-0'],
    );
    assert.equal(claims.list().length, 3);
    const written = world.server.requests.length;
    await clock.advanceAsync(10 * 60_000);
    const late = world.server.requests.slice(written).filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
    assert.deepEqual(late, []);
    await world.stop();
  });

  it('adopts members that nobody owns, and no others, though selectors overlap', async () => {
    const world = testWorld();
    const { client, clock, informers } = world;
    const pods = informers.for(resources.pods);
    const orphan = (name: string): Pod => ({ ...{ metadata: { ...of(name), labels } }, spec: { containers: [] } });
    for (const name of ['web-0', 'web-01', 'web-x', 'other']) await client.create(resources.pods, orphan(name));
    runPods(world);
    await world.start(statefulSetController);
    await client.create(resources.statefulSets, statefulSet('web'));
    await client.create(resources.statefulSets, statefulSet('shop'));
    const owned = () =>
      pods
        .list()
        .filter(({ metadata }) => metadata.ownerReferences !== undefined)
        .map(({ metadata }) => `${metadata.name} of ${metadata.ownerReferences?.[0]?.name}`)
        .sort();
    const wanted = ['shop', 'web'].flatMap((set) => [0, 1, 2].map((index) => `${set}-${index} of ${set}`));
    await until(() => owned().length === 6, { clock });
    assert.deepEqual(owned(), wanted);
    assert.equal(pods.get('default', 'web-0')?.metadata.labels?.['apps.kubernetes.io/pod-index'], '0');
    await world.stop();
  });

  it('says whose name is taken, waits without trying, and goes on once it is free', async () => {
    const world = testWorld();
    const { client, clock, informers } = world;
    const pods = informers.for(resources.pods);
    await client.create(resources.pods, { metadata: of('web-0'), spec: { containers: [] } });
    await world.start(statefulSetController);
    await client.create(resources.statefulSets, statefulSet());
    const events = () => writesOf(world, 'events');
    await until(() => events().length > 0, { clock });
    const [event] = (await client.list(resources.events, { namespace: 'default' })).items;
    assert.deepEqual(
      [event?.reason, event?.message],
      ['FailedCreate', 'Create Pod web-0 in StatefulSet web failed error: pods "web-0" already exists'],
    );
    await clock.advanceAsync(10 * 60_000);
    assert.ok(writesOf(world, 'pods').filter(({ verb }) => verb === 'create').length <= 3);
    await client.delete(resources.pods, of('web-0'));
    await until(() => pods.get('default', 'web-0')?.metadata.ownerReferences !== undefined, { clock });
    await world.stop();
  });

  it('takes another name for a revision when that of another is the same', async () => {
    const world = testWorld();
    const { client, clock, informers } = world;
    const [revisions, sets] = [informers.for(resources.controllerRevisions), informers.for(resources.statefulSets)];
    await world.start(statefulSetController);
    await client.create(resources.statefulSets, statefulSet());
    await until(() => revisions.list().length === 1, { clock });
    const name = revisions.list()[0]?.metadata.name ?? '';
    await client.delete(resources.statefulSets, of('web'));
    await client.delete(resources.controllerRevisions, of(name));
    await client.create(resources.controllerRevisions, { metadata: of(name), data: {}, revision: 1 });
    await client.create(resources.statefulSets, statefulSet());
    await until(() => sets.get('default', 'web')?.status?.updateRevision !== undefined, { clock });
    const { collisionCount, updateRevision } = sets.get('default', 'web')!.status!;
    assert.equal(collisionCount, 1);
    assert.notEqual(updateRevision, name);
    await world.stop();
  });
});
