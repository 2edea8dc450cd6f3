import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Endpoint, EndpointSlice, Service } from '@keelson/api';
import fc from 'fast-check';
import { planSlices } from './slices.js';

const service: Service = { metadata: { name: 's', namespace: 'default', uid: 's', labels: { team: 'x' } }, spec: {} };
const ports = [{ name: '', port: 80, protocol: 'TCP' }];

const endpoint = (id: number): Endpoint => ({ addresses: [`10.0.0.${id}`], targetRef: { uid: String(id) } });
const group = (ids: number[]) => (ids.length === 0 ? [] : [{ ports, endpoints: ids.map(endpoint) }]);
const idsOf = (it: EndpointSlice) => (it.endpoints ?? []).map((one) => Number(one.targetRef?.uid));

/** The slices after the plan was carried out. */
function apply(existing: EndpointSlice[], ids: number[], max: number): EndpointSlice[] {
  const { create, update, remove } = planSlices(service, group(ids), existing, max, 'IPv4');
  const gone = new Set(remove.map((it) => it.metadata.name));
  const changed = new Map(update.map((it) => [it.metadata.name, it]));
  const kept = existing.filter((it) => !gone.has(it.metadata.name));
  let next = Math.max(0, ...existing.map((it) => Number(it.metadata.name)));
  const named = create.map((it) => ({ ...it, metadata: { ...it.metadata, name: String(++next) } }));
  return [...kept.map((it) => changed.get(it.metadata.name) ?? it), ...named];
}

describe('planSlices', () => {
  it('holds each endpoint once, in slices that are not too full, and then has nothing more to do', () => {
    const ids = fc.uniqueArray(fc.nat(30));
    fc.assert(
      fc.property(fc.array(ids, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 5 }), (wishes, max) => {
        let slices: EndpointSlice[] = [];
        for (const wanted of wishes) {
          const before = new Map(slices.flatMap((it) => idsOf(it).map((id) => [id, it.metadata.name] as const)));
          slices = apply(slices, wanted, max);
          const found = slices.flatMap(idsOf).sort((a, b) => a - b);
          assert.deepEqual(
            found,
            [...wanted].sort((a, b) => a - b),
          );
          for (const it of slices) {
            assert.ok(idsOf(it).length <= max, 'a slice is too full');
            for (const id of idsOf(it)) assert.equal(before.get(id) ?? it.metadata.name, it.metadata.name, 'it moved');
          }
          assert.ok(slices.length >= 1, 'no slice is left');
          const again = planSlices(service, group(wanted), slices, max, 'IPv4');
          assert.deepEqual([again.create, again.update, again.remove], [[], [], []]);
        }
      }),
    );
  });

  it('says with an empty slice that there is nobody', () => {
    const { create } = planSlices(service, [], [], 100, 'IPv4');
    assert.deepEqual(
      create.map((it) => [it.endpoints, it.metadata.generateName, it.metadata.labels?.['team']]),
      [[[], 's-', 'x']],
    );
  });

  it('fills up slices of a hundred', () => {
    const all = Array.from({ length: 250 }, (_, id) => id);
    assert.deepEqual(
      apply([], all, 100).map((it) => idsOf(it).length),
      [100, 100, 50],
    );
  });
});
