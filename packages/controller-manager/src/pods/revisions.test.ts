import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ControllerRevision, encodeGoJson, type StatefulSet } from '@keelson/api';
import { resources } from '@keelson/client';
import {
  forgetRevisions,
  type RevisionKind,
  revisionData,
  revisionsOf,
  revisionWrite,
  templateOf,
} from './revisions.js';

const kind: RevisionKind<StatefulSet> = { resource: resources.statefulSets, hashLabel: 'hash' };
const template = {
  metadata: { labels: { app: 'x' } },
  spec: {
    restartPolicy: 'Always',
    containers: [{ name: 'c', image: 'i', command: ['sh', '-c', 'a && b > c'], resources: {} }],
  },
};
const owner = (more: Partial<StatefulSet> = {}): StatefulSet => ({
  metadata: { name: 'd', namespace: 'default', uid: 'u', annotations: { 'kubernetes.io/change-cause': 'why' } },
  spec: { selector: { matchLabels: { app: 'x' } }, template },
  ...more,
});

function revision(name: string, number: string, data: Record<string, unknown> = {}): ControllerRevision {
  const narrow = Number.isSafeInteger(Number(number)) ? Number(number) : (BigInt(number) as unknown as number);
  return { metadata: { name, namespace: 'default' }, data, revision: narrow };
}

it('a revision keeps the bytes that others compare: sorted fields, and what HTML minds escaped', () => {
  const wanted =
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"x"}},"spec":{"containers":' +
    '[{"command":["sh","-c","a \\u0026\\u0026 b \\u003e c"],"image":"i","name":"c","resources":{}}],"restartPolicy":"Always"}}}}';
  assert.equal(encodeGoJson(revisionData(owner())), wanted);
  assert.deepEqual(templateOf(revision('a', '1', revisionData(owner()))), template);
});

it('a revision has the name that other controllers give it', () => {
  const container = { image: 'test', imagePullPolicy: 'Always', name: 'test', resources: {} };
  const containers = [
    { ...container, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  ];
  const spec = {
    containers,
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  };
  const known = owner({
    metadata: { name: 'test', namespace: 'default', uid: 'u' },
    spec: { selector: {}, template: { metadata: { annotations: { test: 'value' }, labels: { app: 'foo' } }, spec } },
  });
  const write = revisionWrite(kind, known, revisionsOf(known, []));
  assert.equal(write?.do, 'create');
  assert.equal(write.object.metadata.name, 'test-776999688b');
  assert.deepEqual(write.object.metadata.labels, { app: 'foo', hash: '776999688b' });
});

it('numbers of revisions go on from the largest, beyond what a number holds too', () => {
  const others = [revision('a', '3546343826724305832'), revision('b', '7')];
  const made = revisionWrite(kind, owner(), revisionsOf(owner(), others));
  assert.equal(made?.do, 'create');
  const { revision: number, metadata } = made.object as ControllerRevision;
  assert.equal(String(number), '3546343826724305833');
  assert.deepEqual(metadata.annotations, { 'kubernetes.io/change-cause': 'why' });
  const mine = revision('c', '5', revisionData(owner()));
  const moved = revisionWrite(kind, owner(), revisionsOf(owner(), [...others, mine]));
  assert.equal(moved?.do, 'update');
  assert.equal(String((moved.object as ControllerRevision).revision), '3546343826724305833');
  const first = revision('d', '3546343826724305834', revisionData(owner()));
  assert.equal(revisionWrite(kind, owner(), revisionsOf(owner(), [...others, first])), undefined);
});

it('a name that is taken by another revision is counted as a collision, and leads to another name', () => {
  const made = revisionWrite(kind, owner(), revisionsOf(owner(), []));
  assert.equal(made?.do, 'create');
  assert.deepEqual(made.taken?.(made.object), []);
  const [counted] = made.taken!({ ...made.object, metadata: { ...made.object.metadata, ownerReferences: [] } });
  assert.equal(counted?.do, 'update');
  const next = counted.object as StatefulSet;
  assert.equal(next.status?.collisionCount, 1);
  const again = revisionWrite(kind, next, revisionsOf(next, []));
  assert.ok(again?.do === 'create' && again.object.metadata.name !== made.object.metadata.name);
});

it('a long name of an owner leaves room for the hash', () => {
  const long = owner({ metadata: { name: 'x'.repeat(253), namespace: 'default', uid: 'u' } });
  const made = revisionWrite(kind, long, revisionsOf(long, []));
  assert.ok((made?.object.metadata.name ?? '').length <= 253);
});

it('of revisions that nothing lives by as many stay as the limit says, the newest', () => {
  const all = ['1', '2', '3'].map((number) => revision(`r${number}`, number));
  const left = (limit: number) => {
    const limited = owner({ spec: { selector: {}, template, revisionHistoryLimit: limit } });
    return forgetRevisions(limited, all, all.length).map((it) => it.do === 'delete' && it.object.metadata.name);
  };
  assert.deepEqual(left(1), ['r1', 'r2']);
  assert.deepEqual(left(3), []);
  assert.deepEqual(left(-1), []);
  assert.deepEqual(left(0), ['r1', 'r2', 'r3']);
});
