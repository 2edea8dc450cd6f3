import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, type ProcessMember, until } from './processes.js';
import { Writer } from './writer.js';

const key = (text: string) => Buffer.from(text);

describe('a member whose data cannot be trusted', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;

  beforeEach(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, ['--repair-from-peers']);
    client = cluster.client();
  });
  afterEach(async () => {
    client?.close();
    await cluster?.stop();
  });

  const idOf = async (member: ProcessMember) => {
    const { members } = await client.cluster.memberList({ linearizable: true });
    return members.find((each) => each.peerURLs.includes(member.peerUrl));
  };
  const memberDirectory = (member: ProcessMember) => join(cluster.dataDirectory(member), 'member');
  const damage = (member: ProcessMember) => {
    const directory = join(memberDirectory(member), 'wal');
    const file = join(directory, readdirSync(directory).find((name) => name.endsWith('.wal'))!);
    const data = readFileSync(file);
    const at = data.indexOf('k/0000000');
    data[at] = data[at]! ^ 1;
    writeFileSync(file, data);
  };

  const checkRepaired = async (member: ProcessMember, before: bigint, writer: Writer) => {
    await writer.progress(50);
    await writer.stop();
    const now = await until(async () => {
      const found = await idOf(member);
      return found?.isLearner === false && found;
    }, 'it votes');
    assert.notEqual(now.ID, before, 'it has a new id');
    // It counts: with one of the others gone it makes the quorum, and serves all that was acknowledged.
    const other = cluster.members.find((each) => each !== member)!;
    await cluster.kill(other);
    const direct = cluster.client([member.clientUrl]);
    const { kvs } = await direct.kv.range({ key: key('k/'), rangeEnd: key('k0'), keysOnly: true });
    const stored = new Set(kvs.map((kv) => kv.key.toString()));
    for (const name of writer.acknowledged) assert.ok(stored.has(name), `${name} was acknowledged and is not there`);
    direct.close();
  };

  test('is replaced by a learner at its place, and votes again when it has caught up', async () => {
    const writer = new Writer(client, 'k/');
    await writer.progress(100);
    const member = await cluster.leader();
    const before = (await idOf(member))!.ID;
    await cluster.kill(member);
    damage(member);
    await writer.progress(20);
    await cluster.start(member);
    await cluster.said(member, /the data cannot be trusted: the other members are asked to replace this one/);
    const kept = readdirSync(cluster.dataDirectory(member)).filter((name) => name.includes('damaged'));
    assert.equal(kept.length, 1, 'the old data are kept aside');
    await checkRepaired(member, before, writer);
  });

  for (const [what, gone] of [
    ['data are', []],
    ['log alone is', ['wal']],
  ] as const) {
    test(`so is one whose ${what} gone, and restarts find it repaired`, async () => {
      const writer = new Writer(client, 'k/');
      await writer.progress(100);
      const member = cluster.members[0]!;
      const before = (await idOf(member))!.ID;
      await cluster.kill(member);
      rmSync(join(memberDirectory(member), ...gone), { recursive: true });
      await cluster.start(member);
      await cluster.kill(member);
      await cluster.start(member);
      await checkRepaired(member, before, writer);
    });
  }

  test('stays away while the others have no leader', async () => {
    const writer = new Writer(client, 'k/');
    await writer.progress(50);
    await writer.stop();
    const [member, second] = cluster.members;
    await cluster.kill(member!);
    await cluster.kill(second!);
    damage(member!);
    assert.match(await cluster.startToEnd(member!), /is damaged: .* The repair did not succeed/);
    await cluster.start(second!);
    await cluster.start(member!);
    await until(async () => (await client.kv.range({ key: key('k/'), rangeEnd: key('k0') })).count >= 50, 'all there');
  });
});
