import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { LmdbBackend } from '../backend/lmdb.js';
import { openDatabase } from '../backend/open.js';
import { Meta } from '../mvcc/meta.js';
import { type ClusterState, type Member, Membership } from './membership.js';

const member = (id: bigint, host: string, more: Partial<Member> = {}): Member => ({
  id,
  name: host,
  peerUrls: [`http://${host}:1`],
  clientUrls: [],
  isLearner: false,
  ...more,
});
const founders: ClusterState = { clusterId: 9n, members: [member(1n, 'a'), member(2n, 'b'), member(3n, 'c')] };
const learner = (id: string, host: string) => ({ id, peerUrls: [`http://${host}:1`], isLearner: true, learnersMax: 1 });

describe('membership', () => {
  let directory: string;
  let backend: LmdbBackend;
  let membership: Membership;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-members-'));
    backend = openDatabase(join(directory, 'db'));
    membership = new Membership(new Meta(backend), founders);
  });
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true });
  });

  const voters = () => membership.confState.voters;
  const again = () => new Membership(new Meta(backend), { clusterId: 0n, members: [] });

  test('is kept with the data, whatever the flags say later', () => {
    membership.add(learner('d', 'd'));
    membership.remove(1n);
    const kept = again();
    assert.equal(kept.clusterId, 9n);
    assert.deepEqual(kept.members, membership.members);
    assert.deepEqual(kept.founders, founders.members, 'how the log began');
    assert.ok(kept.wasRemoved(1n));
    assert.deepEqual(kept.confState.learners, ['d']);
  });

  test('what a release before changes of membership stored is understood', () => {
    const old = { clusterId: '9', members: founders.members.map((each) => ({ ...each, id: each.id.toString(16) })) };
    new Meta(backend).writeJson('cluster', old);
    assert.deepEqual(again().founders, founders.members);
    assert.deepEqual(again().removed, []);
  });

  test('a learner comes unstarted, and votes once it is promoted', () => {
    membership.add(learner('d', 'd'));
    assert.equal(membership.get(0xdn)?.name, '');
    assert.deepEqual(voters(), ['1', '2', '3']);
    membership.promote(0xdn);
    assert.deepEqual(voters(), ['1', '2', '3', 'd']);
    assert.throws(() => membership.promote(0xdn), /can only promote a learner member/);
  });

  test('addresses and ids are used once', () => {
    assert.throws(() => membership.add(learner('2', 'x')), /member ID already exist/);
    assert.throws(() => membership.add(learner('d', 'b')), /Peer URLs already exists/);
    assert.throws(() => membership.update(1n, ['http://b:1']), /Peer URLs already exists/);
    membership.update(1n, ['http://a:1', 'http://a:2']);
    membership.remove(2n);
    assert.throws(() => membership.add(learner('2', 'x')), /member not found/);
    membership.add(learner('d', 'b'));
    assert.throws(() => membership.add(learner('e', 'e')), /too many learner members/);
    assert.throws(() => membership.remove(2n), /member not found/);
  });

  test('a member that lost its data is replaced at its place, and remembered for what it was', () => {
    membership.replace(2n, 'd');
    assert.ok(membership.wasRemoved(2n));
    const successor = membership.get(0xdn);
    assert.deepEqual(
      [successor?.peerUrls, successor?.isLearner, successor?.replacesVoter],
      [['http://b:1'], true, true],
    );
    assert.deepEqual(voters(), ['1', '3']);
    membership.promote(0xdn);
    assert.equal(membership.get(0xdn)?.replacesVoter, false);
    assert.throws(() => membership.replace(2n, 'e'), /member not found/);
  });
});
