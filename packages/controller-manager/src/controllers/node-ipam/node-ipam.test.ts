import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import fc from 'fast-check';
import { testWorld } from '../../testing/world.js';
import { nodeIpam, poolsOf } from './index.js';
import { RangePool } from './range-pool.js';

const settings = {
  clusterCidrs: ['10.244.0.0/22', 'fd00::/62'],
  serviceCidrs: ['10.244.1.0/24'],
  maskSize: { ipv4: 24, ipv6: 64 },
};

describe('a pool of ranges', () => {
  it('gives each block once, goes round, and takes back', () => {
    const pool = new RangePool('10.0.0.0/22', 24);
    const all = [pool.take(), pool.take(), pool.take(), pool.take()];
    assert.deepEqual(all, ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24']);
    assert.equal(pool.take(), undefined);
    pool.release('10.0.1.0/24');
    pool.release('10.0.0.0/24');
    assert.equal(pool.take(), '10.0.0.0/24');
  });

  it('marks every block that a range touches, and none for one that lies elsewhere', () => {
    const pool = new RangePool('10.0.0.0/22', 24);
    for (const range of ['10.0.2.128/25', '11.0.0.0/8', 'fd00::/64', 'nonsense']) pool.occupy(range);
    assert.equal(pool.free, 3);
    pool.occupy('10.0.0.0/8');
    assert.equal(pool.free, 0);
  });

  it('never gives what is occupied', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(63), { maxLength: 80 }), fc.nat(70), (occupied, count) => {
        const pool = new RangePool('fd00:1::/58', 64);
        const text = (at: number) => `fd00:1:0:${at.toString(16)}::/64`;
        for (const at of occupied) pool.occupy(text(at).replace(':0:0::', '::'));
        const given = Array.from({ length: count }, () => pool.take()).filter((it) => it !== undefined);
        assert.equal(new Set(given).size, given.length);
        assert.equal(given.length, Math.min(count, 64 - new Set(occupied).size));
      }),
    );
  });

  it('says what is wrong with a range', () => {
    assert.throws(() => new RangePool('10.0.0.0', 24), /"10.0.0.0" is not a range/);
    assert.throws(() => new RangePool('10.0.0.0/24', 16), /a node's mask of 16 bits does not fit/);
    assert.throws(() => new RangePool('10.0.0.0/8', 28), /at most 24/);
    assert.throws(
      () => poolsOf({ ...settings, clusterCidrs: ['10.0.0.0/16', '10.1.0.0/16'] }),
      /one range of each family/,
    );
  });
});

describe('nodes', () => {
  it('have ranges of their own in both families, keep those they come with, and wait when there are none', async () => {
    const world = testWorld();
    const { client, informers, clock } = world;
    const node = (name: string, podCIDRs?: string[]): Node => ({
      metadata: { name },
      spec: podCIDRs === undefined ? {} : { podCIDR: podCIDRs[0], podCIDRs },
    });
    await client.create(resources.nodes, node('old', ['10.244.0.0/24']));
    await world.start(nodeIpam(settings));
    await client.create(resources.nodes, node('a'));
    await client.create(resources.nodes, node('b'));
    const nodes = informers.for(resources.nodes);
    const rangesOf = (name: string) => nodes.get('', name)?.spec?.podCIDRs;
    await until(() => rangesOf('a') !== undefined && rangesOf('b') !== undefined, { clock });
    assert.deepEqual([rangesOf('a')?.[0], rangesOf('b')?.[0]].sort(), ['10.244.2.0/24', '10.244.3.0/24']);
    assert.equal(nodes.get('', 'a')?.spec?.podCIDR, rangesOf('a')?.[0]);
    await client.create(resources.nodes, node('late'));
    await clock.advanceAsync(300_000);
    assert.equal(rangesOf('late'), undefined);
    const events = (await client.list(resources.events)).items;
    assert.ok(events.some((it) => it.reason === 'CIDRNotAvailable' && it.involvedObject?.name === 'late'));
    await client.delete(resources.nodes, { name: 'a' });
    await until(() => rangesOf('late') !== undefined, { clock });
    await world.stop();
  });
});
