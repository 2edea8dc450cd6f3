import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject, LimitRangeItem, Pod } from '@keelson/api';
import { admitted, written } from '../../test/admission.js';
import { world } from '../../test/world.js';
import { limitRanger } from './limit-ranger.js';

let place: Awaited<ReturnType<typeof world>>;
before(async () => {
  place = await world();
});
after(() => place.close());

/** What limit ranges make of a write, or say to it. */
async function admit(
  ranges: readonly LimitRangeItem[][],
  plural: string,
  object: object,
  more: { old?: object; subresource?: string } = {},
): Promise<KubeObject | string> {
  const limits = place.collection('limitranges');
  for (const { path } of [...limits.cache.list()])
    await limits.change('default', path.split('/')[1]!, () => ({ do: 'delete' }));
  for (const [at, items] of ranges.entries()) {
    const body = { metadata: { name: `r${at}` }, spec: { limits: items } };
    await place.make('limitranges', '', body);
  }
  await place.cache.fresh();
  try {
    return await admitted([limitRanger(limits)], written(place.collection(plural).kind, object, more));
  } catch (error) {
    return (error as Error).message.replace(/^\w+ "x" is forbidden: /, '');
  }
}

const container = (requests?: object, limits?: object, more: object = {}) => ({
  name: 'c',
  image: 'i',
  ...(requests || limits ? { resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) } } : {}),
  ...more,
});
const pods = (item: LimitRangeItem, spec: object, more = {}) => admit([[item]], 'pods', { spec }, more);

test('containers get what they do not say, and the pod says what it got', async () => {
  const item = { type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } };
  const spec = {
    containers: [container({ cpu: '5m' })],
    initContainers: [container(undefined, undefined, { name: 'i' })],
  };
  const { metadata, spec: filled } = (await pods(item, spec)) as Pod;
  assert.deepEqual(filled?.containers?.[0]?.resources, {
    requests: { cpu: '5m', memory: '1Gi' },
    limits: { cpu: '1', memory: '1Gi' },
  });
  assert.equal(
    metadata.annotations?.['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: memory request for container c; cpu, memory limit for container c; cpu, memory request for init container i; cpu, memory limit for init container i',
  );
});

test('a container is held to least, most and ratio', async () => {
  const item = { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } };
  const at = async (request?: string, limit?: string) => {
    const bare = { ...item, default: {}, defaultRequest: {} };
    return pods(bare, { containers: [container(request ? { cpu: request } : {}, limit ? { cpu: limit } : {})] });
  };
  assert.equal(typeof (await at('500m', '1')), 'object');
  assert.equal(await at('50m', '100m'), 'minimum cpu usage per Container is 100m, but request is 50m');
  assert.equal(await at('1500m', '3'), 'maximum cpu usage per Container is 1, but limit is 3');
  assert.equal(
    await at('200m', '500m'),
    'cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000',
  );
});

test('a pod is held to the sum of its containers, or the most that comes before them', async () => {
  const item = { type: 'Pod', max: { cpu: '1' }, min: { cpu: '200m' } };
  const half = container({ cpu: '500m' }, { cpu: '500m' });
  assert.equal(typeof (await pods(item, { containers: [half, half] })), 'object');
  // A container without a limit adds nothing to the sum of limits.
  assert.equal(typeof (await pods(item, { containers: [half, container({ cpu: '1m' })] })), 'object');
  assert.equal(
    await pods(item, { containers: [half, half, half] }),
    'maximum cpu usage per Pod is 1, but limit is 1500m',
  );
  const first = container({ cpu: '2' }, { cpu: '2' }, { name: 'i' });
  assert.equal(
    await pods(item, { containers: [half], initContainers: [first] }),
    'maximum cpu usage per Pod is 1, but limit is 2',
  );
  const sidecar = container({ cpu: '700m' }, { cpu: '700m' }, { name: 's', restartPolicy: 'Always' });
  assert.equal(
    await pods(item, { containers: [half], initContainers: [sidecar] }),
    'maximum cpu usage per Pod is 1, but limit is 1200m',
  );
  const whole = { resources: { requests: { cpu: '100m' }, limits: { cpu: '1' } } };
  assert.equal(
    await pods(item, { containers: [half], ...whole }),
    'minimum cpu usage per Pod is 200m, but request is 100m',
  );
});

test('the first range that refuses says all it has against it', async () => {
  const one = (name: string) => ({ type: 'Pod', max: { [name]: '1', memory: '1Gi' } });
  const spec = { containers: [container({ cpu: '2' }, { cpu: '2', memory: '2Gi' })] };
  assert.equal(
    await admit([[one('cpu')], [{ type: 'Pod', max: { memory: '1' } }]], 'pods', { spec }),
    '[maximum cpu usage per Pod is 1, but limit is 2, maximum memory usage per Pod is 1Gi, but limit is 2Gi]',
  );
});

test('a pod is looked at when it is made and when it is resized, a claim whenever it is written', async () => {
  const item = { type: 'Container', max: { cpu: '1' } };
  const spec = { containers: [container({ cpu: '2' }, { cpu: '2' })] };
  assert.equal(typeof (await pods(item, spec, { old: { spec } })), 'object');
  assert.equal(typeof (await pods(item, spec, { subresource: 'eviction' })), 'object');
  assert.equal(
    await pods(item, spec, { old: { spec }, subresource: 'resize' }),
    'maximum cpu usage per Container is 1, but limit is 2',
  );
  const deleted = { spec, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };
  assert.equal(typeof (await pods(item, spec, { old: deleted, subresource: 'resize' })), 'object');
  const ofClaims = { type: 'PersistentVolumeClaim', max: { storage: '1Gi' }, min: { storage: '1Mi' } };
  const claim = (storage: string, more = {}) =>
    admit([[ofClaims]], 'persistentvolumeclaims', { spec: { resources: { requests: { storage } } } }, more);
  assert.equal(
    await claim('2Gi', { old: {} }),
    'maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
  );
  assert.equal(await claim('1k'), 'minimum storage usage per PersistentVolumeClaim is 1Mi, but request is 1k');
  assert.equal(typeof (await claim('1Gi')), 'object');
});
