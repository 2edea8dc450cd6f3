import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { DamagedError } from '../errors.js';
import { initialCluster } from './bootstrap.js';
import type { ClusterInfo } from './cluster-info.js';
import { findFounders, found, joinCluster } from './join.js';
import type { Member } from './membership.js';

const CLUSTER = 'a=http://a:1,b=http://b:1,c=http://c:1';
const flags = (name: string, text = CLUSTER) => ({
  name,
  initialCluster: text,
  token: 't',
  advertisePeerUrls: [`http://${name}:1`],
});
const { cluster } = initialCluster(flags('a'));

const running = (change: (members: Member[]) => Member[] = (members) => members): ClusterInfo => ({
  clusterId: cluster.clusterId,
  members: change(cluster.members.map((each) => ({ ...each, clientUrls: ['http://x:2'] }))),
  founders: cluster.members,
  removed: [],
  hasLeader: true,
});
const unstarted = (name: string): Member => ({
  id: 77n,
  name: '',
  peerUrls: [`http://${name}:1`],
  clientUrls: [],
  isLearner: true,
});

/** The others, by address; those that are not there do not answer. */
const dependencies = (others: Record<string, ClusterInfo>, clock = new ManualClock()) => ({
  clock: { ...clock, monotonic: () => clock.monotonic(), sleep: async (ms: number) => clock.advance(ms) } as never,
  ask: async (url: string) => {
    const info = others[url];
    if (!info) throw new Error('no answer');
    return info;
  },
});
const options = { patienceMs: 1_000, retryMs: 100 };

describe('a member that founds a cluster', () => {
  test('needs no answer from the others', async () => {
    const { cluster: made, self } = await found(flags('a'), dependencies({}));
    assert.equal(made.clusterId, cluster.clusterId);
    assert.equal(self.name, 'a');
  });

  test('must not have served before: its data would be gone', async () => {
    await assert.rejects(found(flags('a'), dependencies({ 'http://b:1': running() })), (error) => {
      assert.ok(error instanceof DamagedError);
      assert.match(error.message, /has already been bootstrapped, and its data are not here/);
      return true;
    });
    const removed = { ...running(), removed: [cluster.members[0]!.id] };
    await assert.rejects(
      found(flags('a'), dependencies({ 'http://c:1': removed })),
      /has been removed from the cluster/,
    );
  });

  test('is told when its flags are not those of the cluster that runs', async () => {
    const others = dependencies({ 'http://b:1': running((members) => members.slice(1)) });
    await assert.rejects(found(flags('a', `${CLUSTER},d=http://d:1`), others), /give the same --initial-cluster/);
  });
});

describe('a member that joins', () => {
  const others = { 'http://c:1': running((members) => [...members, unstarted('d')]) };
  const withD = `${CLUSTER},d=http://d:1`;

  test('gets its id from whoever knows its address', async () => {
    const { cluster: joined, self } = await joinCluster(flags('d', withD), options, dependencies(others));
    assert.deepEqual([self.id, joined.clusterId, joined.members], [77n, cluster.clusterId, cluster.members]);
  });

  test('is refused when nobody answers, nobody knows it, or it was there before', async () => {
    const join = (name: string, text: string, infos: Record<string, ClusterInfo>) =>
      joinCluster(flags(name, text), options, dependencies(infos));
    await assert.rejects(join('d', withD, {}), /no other member of --initial-cluster answers/);
    await assert.rejects(
      join('e', `${CLUSTER},e=http://e:1`, others),
      /no member of the cluster has the peer addresses/,
    );
    await assert.rejects(join('a', CLUSTER, others), /has already been bootstrapped/);
  });

  test('that has a log already asks only how it began', async () => {
    const founders = await findFounders(flags('d', withD), 'existing', dependencies(others));
    assert.deepEqual(founders.members, cluster.members);
    assert.deepEqual(await findFounders(flags('a'), 'new', dependencies({})), cluster);
  });
});
