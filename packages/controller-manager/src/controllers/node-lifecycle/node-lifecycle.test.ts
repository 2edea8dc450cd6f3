import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lease, Node } from '@keelson/api';
import { Heartbeats, lostConditions } from './heartbeats.js';
import { taintsFor } from './taints.js';
import { evictionRates } from './zones.js';

const NOW = '2026-01-01T00:00:00Z';

function node(ready: string, zone = 'a', lastHeartbeatTime = NOW): Node {
  return {
    metadata: { name: 'n1', uid: 'u1', labels: { 'topology.kubernetes.io/zone': zone } },
    status: { conditions: [{ type: 'Ready', status: ready, lastHeartbeatTime }] },
  };
}

const lease = (renewTime: string): Lease => ({ metadata: { name: 'n1' }, spec: { renewTime } });

describe('heartbeats', () => {
  it('takes a report or a renewed lease for a sign of life, by our clock', () => {
    const heartbeats = new Heartbeats();
    assert.equal(heartbeats.silence(node('True'), lease('1'), 0), 0);
    assert.equal(heartbeats.silence(node('True'), lease('1'), 40), 40);
    assert.equal(heartbeats.silence(node('True'), lease('2'), 50), 0);
    assert.equal(heartbeats.silence(node('True', 'a', 'later'), lease('2'), 90), 0);
  });

  it('does not take our own report of silence for a sign of life', () => {
    const heartbeats = new Heartbeats();
    heartbeats.silence(node('True'), lease('1'), 0);
    const lost = { ...node('True'), status: { conditions: lostConditions(node('True'), NOW) ?? [] } };
    assert.equal(heartbeats.silence(lost, lease('1'), 60), 60);
    assert.equal(heartbeats.silence(node('True', 'a', 'later'), lease('1'), 61), 0);
  });

  it('says once that a node is lost', () => {
    const conditions = lostConditions(node('True'), NOW) ?? [];
    assert.deepEqual(
      conditions.map((it) => [it.type, it.status]),
      ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => [type, 'Unknown']),
    );
    assert.equal(lostConditions({ ...node('True'), status: { conditions } }, NOW), undefined);
  });
});

describe('eviction rates', () => {
  const nodes = (zone: string, ready: number, lost: number) => [
    ...Array.from({ length: ready }, () => node('True', zone)),
    ...Array.from({ length: lost }, () => node('Unknown', zone)),
  ];
  const rates = (...all: Node[][]) => Object.fromEntries(evictionRates(all.flat()));

  it('evicts at the usual rate where few nodes are lost', () => {
    assert.deepEqual(rates(nodes('a', 9, 1)), { '/a': 0.1 });
  });

  it('stops where every zone is lost: it is us who are cut off', () => {
    assert.deepEqual(rates(nodes('a', 0, 2), nodes('b', 0, 5)), { '/a': 0, '/b': 0 });
  });

  it('empties a zone that is lost as a whole while others live', () => {
    assert.deepEqual(rates(nodes('a', 0, 3), nodes('b', 5, 0)), { '/a': 0.1, '/b': 0.1 });
  });

  it('goes slowly in a large zone of which most is lost, and not at all in a small one', () => {
    assert.deepEqual(rates(nodes('large', 20, 40), nodes('small', 2, 4)), { '/large': 0.01, '/small': 0 });
  });
});

describe('taints', () => {
  const keys = (it: Node, evict: boolean | undefined) =>
    (taintsFor(it, evict, NOW) ?? []).map((taint) => `${taint.key?.split('/')[1] ?? ''}:${taint.effect}`);

  it('says what is wrong, and evicts only when told to', () => {
    assert.deepEqual(keys(node('False'), undefined), ['not-ready:NoSchedule']);
    assert.deepEqual(keys(node('Unknown'), true), ['unreachable:NoSchedule', 'unreachable:NoExecute']);
  });

  it('takes its own taints back and leaves others', () => {
    const healed = node('True');
    const taints = [...(taintsFor(node('Unknown'), true, NOW) ?? []), { key: 'mine/x', effect: 'NoSchedule' }];
    assert.deepEqual(keys({ ...healed, spec: { taints } }, false), ['x:NoSchedule']);
  });

  it('gives the same list back when nothing changes', () => {
    const taints = [...(taintsFor(node('False'), undefined, NOW) ?? [])];
    assert.equal(taintsFor({ ...node('False'), spec: { taints } }, undefined, 'later'), undefined);
    assert.equal(taintsFor(node('True'), false, NOW), undefined);
  });
});
