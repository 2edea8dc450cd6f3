import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, type ProcessMember, until } from './processes.js';
import { Writer } from './writer.js';

const key = (text: string) => Buffer.from(text);
const EVERYTHING = { key: Buffer.of(0), rangeEnd: Buffer.of(0) };

describe('the members of a live cluster', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;

  beforeEach(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, [
      '--snapshot-count',
      '50',
      '--snapshot-catchup-entries',
      '20',
    ]);
    client = cluster.client();
  });
  afterEach(async () => {
    client?.close();
    await cluster?.stop();
  });

  const members = async () => (await client.cluster.memberList({ linearizable: true })).members;
  const idOf = async (member: ProcessMember) => {
    const found = (await members()).find((each) => each.peerURLs.includes(member.peerUrl));
    return found?.ID ?? 0n;
  };
  /** Members that have just met do not count as healthy yet. */
  const add = async (member: ProcessMember, isLearner: boolean) =>
    await until(
      async () => await client.cluster.memberAdd({ peerURLs: [member.peerUrl], isLearner }),
      'a member added',
    );
  const promote = async (member: ProcessMember) => {
    const ID = await idOf(member);
    await until(async () => await client.cluster.memberPromote({ ID }), 'a learner promoted');
  };
  /** Whoever asks while a connection breaks does not learn what became of it: asked again, the member may be gone. */
  const removeId = async (ID: bigint) =>
    await until(async () => {
      if ((await members()).every((member) => member.ID !== ID)) return true;
      return await client.cluster.memberRemove({ ID });
    }, 'a member removed');
  const remove = async (member: ProcessMember) => await removeId(await idOf(member));
  const put = async (name: string, value: string) =>
    await until(async () => await client.kv.put({ key: key(name), value: key(value) }), `${name} is put`);
  /** What the cluster, not a connection that just broke, has against it. */
  const isRefused = async (call: () => Promise<unknown>, why: RegExp) => {
    const answer = async () =>
      await call().then(
        () => 'it was done',
        (error: Error) => (why.test(error.message) ? error.message : undefined),
      );
    assert.match(await until(answer, `refused: ${why}`), why);
  };
  const sameEverywhere = async (running: readonly ProcessMember[]) => {
    const { header } = await client.kv.range({ ...EVERYTHING, countOnly: true });
    const direct = cluster.client(running.map((member) => member.clientUrl));
    await until(async () => {
      const hashes = await Promise.all(running.map((member) => direct.hashKV(header!.revision, member.clientUrl)));
      return new Set(hashes.map((each) => each.hash)).size === 1;
    }, 'equal data');
    direct.close();
  };

  test('a dead member is replaced while clients write, and nothing acknowledged is lost', async () => {
    const writer = new Writer(client, 'k/');
    await writer.progress(200);
    const dead = cluster.members[0]!;
    const deadId = await idOf(dead);
    await cluster.kill(dead);
    await writer.progress(20);
    await removeId(deadId);
    const fresh = await cluster.spare('fresh');
    await add(fresh, true);
    await cluster.start(fresh);
    await cluster.said(fresh, /installed a snapshot/);
    await promote(fresh);
    await writer.progress(50);
    // The new member counts: with another of the old ones gone, it and the last make a quorum.
    const gone = cluster.members[1]!;
    await cluster.kill(gone);
    await writer.progress(50);
    await writer.stop();
    await cluster.start(gone);
    await sameEverywhere([gone, cluster.members[2]!, fresh]);
    const { kvs } = await client.kv.range({ key: key('k/'), rangeEnd: key('k0'), keysOnly: true });
    const stored = new Set(kvs.map((kv) => kv.key.toString()));
    for (const name of writer.acknowledged) assert.ok(stored.has(name), `${name} was acknowledged and is not there`);
  });

  test('a learner serves only what etcd’s does, does not count, and is promoted when it has caught up', async () => {
    const learner = await cluster.spare('learner');
    const { member } = await add(learner, true);
    assert.deepEqual([member?.name, member?.isLearner], ['', true]);
    const other = await cluster.spare('other');
    await assert.rejects(
      client.cluster.memberAdd({ peerURLs: [other.peerUrl], isLearner: true }),
      /etcdserver: too many learner members in cluster/,
    );
    await assert.rejects(client.cluster.memberPromote({ ID: member!.ID }), /which is in sync with leader/);
    await cluster.start(learner);
    await client.kv.put({ key: key('x'), value: key('y') });
    const direct = cluster.client([learner.clientUrl]);
    const refused = /etcdserver: rpc not supported for learner/;
    await assert.rejects(direct.kv.range({ key: key('x') }), refused);
    await assert.rejects(direct.kv.put({ key: key('x'), value: key('z') }), refused);
    await assert.rejects(direct.memberList(), refused);
    const read = async () => (await direct.kv.range({ key: key('x'), serializable: true })).kvs[0]?.value.toString();
    await until(async () => (await read()) === 'y', 'the learner has the write');
    assert.equal((await direct.status(learner.clientUrl)).isLearner, true);
    await promote(learner);
    await until(async () => (await direct.kv.range({ key: key('x') })).count === 1, 'the member serves what voters do');
    await assert.rejects(client.cluster.memberPromote({ ID: member!.ID }), /can only promote a learner member/);
    direct.close();
  });

  test('a removed leader hands over and ends; so does a member that was away; neither comes back', async () => {
    const leader = await cluster.leader();
    await remove(leader);
    // Who asks the removed member while it ends is sent away, and asks another.
    await put('after', 'removal');
    await cluster.ended(leader);
    assert.match(leader.output, /has been removed from the cluster: it serves no more/);
    assert.match(leader.output, /"steppedDown":"removed"/);
    assert.match(
      await cluster.startToEnd(leader),
      /error: member [0-9a-f]+ has been removed from the cluster and cannot/,
    );

    const away = cluster.members.find((member) => member.process?.exitCode === null)!;
    await cluster.kill(away);
    // With the other of the two down there is no quorum: it comes back, and is removed by the leader that then is.
    await cluster.start(away);
    await remove(away);
    await cluster.ended(away);
    assert.equal((await members()).length, 1);
    await put('alone', 'still');
  });

  test('one that was removed while it was away learns it from the others', async () => {
    const [away] = cluster.members;
    const ID = await idOf(away!);
    await cluster.kill(away!);
    await removeId(ID);
    assert.match(await cluster.startToEnd(away!), /has been removed from the cluster and cannot come back/);
  });

  test('membership outlives restarts and the flags that it began with', async () => {
    const fourth = await cluster.spare('fourth');
    await add(fourth, true);
    await cluster.start(fourth);
    await promote(fourth);
    await remove(cluster.members[0]!);
    await cluster.ended(cluster.members[0]!);
    const rest = cluster.members.slice(1);
    await Promise.all(rest.map((member) => cluster.kill(member)));
    await Promise.all(rest.map((member) => cluster.start(member)));
    const names = (await members()).map((member) => member.name).sort();
    assert.deepEqual(names, ['fourth', 'm2', 'm3']);
    await sameEverywhere(rest);
  });

  test('a peer address is changed', async () => {
    const moved = cluster.members[2]!;
    const ID = await idOf(moved);
    const { peerUrl } = await cluster.spare('unused');
    cluster.members.pop();
    await until(async () => await client.cluster.memberUpdate({ ID, peerURLs: [peerUrl] }), 'an address changed');
    assert.deepEqual((await members()).find((member) => member.ID === ID)?.peerURLs, [peerUrl]);
    await assert.rejects(
      client.cluster.memberUpdate({ ID: await idOf(cluster.members[0]!), peerURLs: [peerUrl] }),
      /etcdserver: Peer URLs already exists/,
    );
    await cluster.kill(moved);
    cluster.members[2] = { ...moved, peerUrl };
    await cluster.start(cluster.members[2]);
    await cluster.kill(cluster.members[0]!);
    await put('moved', 'and found');
  });

  test('whoever is not expected, or has lost its data, does not get in', async () => {
    const stranger = await cluster.spare('stranger');
    assert.match(await cluster.startToEnd(stranger), /cannot join: no member of the cluster has the peer addresses/);
    const lost = cluster.members[0]!;
    await cluster.kill(lost);
    const directory = join(cluster.dataDirectory(lost), 'member');
    assert.ok(readdirSync(directory).length > 0);
    rmSync(directory, { recursive: true });
    assert.match(await cluster.startToEnd(lost), /has already been bootstrapped, and its data are not here/);
  });

  test('a change that could cost the quorum is refused', async () => {
    const [dead] = cluster.members;
    await cluster.kill(dead!);
    const voter = await cluster.spare('voter');
    const unhealthy = /etcdserver: unhealthy cluster/;
    await isRefused(() => client.cluster.memberAdd({ peerURLs: [voter.peerUrl] }), unhealthy);
    const living = await idOf(cluster.members[1]!);
    await isRefused(() => client.cluster.memberRemove({ ID: living }), unhealthy);
  });
});
