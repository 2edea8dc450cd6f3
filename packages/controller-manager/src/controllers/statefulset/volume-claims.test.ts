import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '@keelson/api';
import { StatefulSetModel } from '../../testing/stateful-set.js';
import { isManagedByAnother, isStale, newClaims, withOwners } from './volume-claims.js';

type Policy = 'Retain' | 'Delete';
type Retention = readonly [whenDeleted: Policy, whenScaled: Policy];

const templates = [
  { metadata: { name: 'data', labels: { own: 'x' }, annotations: { note: 'y' } }, spec: { volumeMode: 'Filesystem' } },
];

function setOf([whenDeleted, whenScaled]: Retention): StatefulSet {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'set' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {},
      volumeClaimTemplates: templates,
      persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
    },
  };
}

const pod: Pod = { metadata: { name: 'web-1', namespace: 'default', uid: 'pod' } };
const ref = (kind: string, name: string, uid: string, controller = true): OwnerReference => ({
  apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
  kind,
  name,
  uid,
  controller,
});
const claimOwnedBy = (...ownerReferences: OwnerReference[]): PersistentVolumeClaim => ({
  metadata: { name: 'data-web-1', ownerReferences },
});
const owners = (claim: PersistentVolumeClaim | undefined) =>
  claim?.metadata.ownerReferences?.map(({ kind, uid }) => `${kind}/${uid}`);

describe('a claim of a member', () => {
  it('is made of its template, with the labels of the selector, and goes with the set if it is to', () => {
    const [claim] = newClaims(setOf(['Delete', 'Retain']), 1);
    assert.deepEqual(
      [claim?.metadata.name, claim?.metadata.labels, claim?.metadata.annotations, owners(claim)],
      ['data-web-1', { own: 'x', app: 'web' }, { note: 'y' }, ['StatefulSet/set']],
    );
    assert.equal(owners(newClaims(setOf(['Retain', 'Delete']), 1)[0]), undefined);
  });

  it('has the owner that the policy wants, while its pod is wanted and once it is not', () => {
    const table: [Retention, wanted: string[], beyond: string[]][] = [
      [['Retain', 'Retain'], [], []],
      [['Delete', 'Retain'], ['StatefulSet/set'], ['StatefulSet/set']],
      [['Retain', 'Delete'], [], ['Pod/pod']],
      [['Delete', 'Delete'], ['StatefulSet/set'], ['Pod/pod']],
    ];
    const before = [
      claimOwnedBy(),
      claimOwnedBy(ref('StatefulSet', 'web', 'set')),
      claimOwnedBy(ref('Pod', 'web-1', 'pod')),
      claimOwnedBy(ref('StatefulSet', 'web', 'set', false)),
    ];
    for (const [policy, wanted, beyond] of table)
      for (const [inRange, want] of [[true, wanted] as const, [false, beyond] as const])
        for (const claim of before) {
          const next = withOwners(setOf(policy), claim, pod, inRange);
          assert.deepEqual(owners(next ?? claim), want, `${policy} ${inRange} ${owners(claim)}`);
          assert.equal(withOwners(setOf(policy), next ?? claim, pod, inRange), undefined);
        }
  });

  it('keeps owners of others, and is left to another controller', () => {
    const other = ref('Backup', 'b', 'b', false);
    assert.deepEqual(owners(withOwners(setOf(['Delete', 'Retain']), claimOwnedBy(other), pod, true)), [
      'Backup/b',
      'StatefulSet/set',
    ]);
    const controlled = claimOwnedBy(ref('Backup', 'b', 'b'), ref('StatefulSet', 'web', 'set'));
    assert.ok(isManagedByAnother(setOf(['Delete', 'Retain']), controlled, pod));
    assert.ok(!isManagedByAnother(setOf(['Retain', 'Retain']), controlled, pod));
    assert.deepEqual(owners(withOwners(setOf(['Delete', 'Retain']), controlled, pod, true)), ['Backup/b']);
  });

  it('that refers to a set or pod of before is not touched, and keeps its pod waiting', () => {
    const stale = claimOwnedBy(ref('Pod', 'web-1', 'before'));
    assert.equal(withOwners(setOf(['Delete', 'Delete']), stale, pod, true), undefined);
    assert.ok(isStale(setOf(['Retain', 'Delete']), stale, pod));
    assert.ok(!isStale(setOf(['Retain', 'Retain']), stale, pod));
    assert.ok(!isStale(setOf(['Retain', 'Delete']), claimOwnedBy(), pod));
  });
});

describe('a StatefulSet with claims', () => {
  const withClaims = (policy: Retention) => {
    const { spec } = setOf(policy);
    return new StatefulSetModel({
      replicas: 2,
      volumeClaimTemplates: templates,
      persistentVolumeClaimRetentionPolicy: spec!.persistentVolumeClaimRetentionPolicy!,
    });
  };

  it('makes them before the pods, keeps them when pods go, and uses them again', () => {
    const model = withClaims(['Retain', 'Retain']);
    model.serveAll();
    assert.deepEqual([...model.claims.keys()].sort(), ['data-web-0', 'data-web-1']);
    const [volume] = model.pods.get('web-1')!.spec!.volumes!;
    assert.deepEqual(volume, { name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } });
    model.change({ replicas: 0 });
    model.serveAll();
    assert.deepEqual([model.pods.size, model.claims.size], [0, 2]);
    model.change({ replicas: 2 });
    model.serveAll();
    assert.deepEqual([model.pods.size, model.claims.size], [2, 2]);
  });

  it('hands a claim to the pod that goes, before it goes', () => {
    const model = withClaims(['Retain', 'Delete']);
    model.serveAll();
    model.change({ replicas: 1 });
    const kinds = model.look().steps?.flatMap((step) => step.map((it) => it.do));
    assert.deepEqual(kinds, ['update', 'delete']);
    model.settle();
    const uid = model.pods.get('web-1')?.metadata.uid;
    assert.deepEqual(owners(model.claims.get('data-web-1')), [`Pod/${uid}`]);
    model.take('web-1');
    model.change({ replicas: 2 });
    model.settle();
    assert.ok(!model.pods.has('web-1'), 'its claim is on its way out still');
    model.claims.delete('data-web-1');
    model.settle();
    assert.ok(model.pods.has('web-1'));
  });

  it('makes a claim again that a pending pod waits for, and says so of one on its way out', () => {
    const model = withClaims(['Retain', 'Retain']);
    model.settle();
    model.claims.delete('data-web-0');
    model.settle();
    assert.ok(model.claims.has('data-web-0'));
    model.pods.delete('web-0');
    const claim = model.claims.get('data-web-0')!;
    model.claims.set('data-web-0', {
      ...claim,
      metadata: { ...claim.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    const told = model
      .look()
      .steps?.flatMap((step) => step.flatMap((it) => (it.do === 'tell' ? [it.message] : [it.do])));
    assert.deepEqual(told, ['Create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted']);
  });
});
