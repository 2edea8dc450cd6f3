import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { type Connection, raft } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import { type Certificates, TestAuthority } from './certificates.js';
import { ClusterUnderTest, type ProcessMember as Member, until } from './processes.js';

const clock = systemClock({ keepAlive: false });
const NAMES = ['m1', 'm2', 'm3'];
const read = ({ ca, cert, key }: Certificates) => ({
  ...{ ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) },
});

describe('the port for members', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-peers-'));
  const members = new Map<string, Certificates>();
  let cluster: ClusterUnderTest;
  let client: Certificates;
  const open: Connection[] = [];

  before(async () => {
    const clients = await TestAuthority.create(directory, 'ca');
    const peers = await TestAuthority.create(directory, 'peer-ca');
    client = await clients.write('client');
    for (const name of NAMES) members.set(name, await peers.write(name));
    const flags = (prefix: string, { ca, cert, key }: Certificates) => [
      ...[`--${prefix}cert-file`, cert, `--${prefix}key-file`, key, `--${prefix}trusted-ca-file`, ca],
    ];
    const extra = (name: string) => [...flags('', client), ...flags('peer-', members.get(name)!)];
    cluster = await ClusterUnderTest.start('keelson', 3, extra, read(client));
  });
  after(async () => {
    for (const it of open) it.close();
    await cluster?.stop();
    rmSync(directory, { recursive: true });
  });

  const dial = (to: string, certificates: Certificates, ca = members.get('m1')!.ca) => {
    const address = cluster.members.find((it) => it.name === to)!.peerUrl.replace('https://', '');
    const connection = connect(address, { clock, tls: { ...read(certificates), ca: readFileSync(ca) } });
    open.push(connection);
    return connection.service(raft.PeerService);
  };

  /** What m1 wants to hear from a caller that says it is `from`. */
  async function metadataFor(from: string, to = 'm1'): Promise<Metadata> {
    const info = await dial(to, members.get(to)!).cluster({}, { timeout: 5_000 });
    const idOf = (name: string) => info.members.find((it) => it.name === name)!.id;
    const metadata = new Metadata();
    metadata.set('cluster-id', info.clusterId);
    metadata.set('from', idOf(from));
    metadata.set('to', idOf(to));
    return metadata;
  }

  test('takes no certificate of clients', async () => {
    await assert.rejects(dial('m1', client).cluster({}, { timeout: 3_000 }));
  });

  test('takes a member’s certificate for that member alone', async () => {
    const ask = async (certificates: Certificates) =>
      await dial('m1', certificates).hashKeys({ revision: 0 }, { metadata: await metadataFor('m2'), timeout: 5_000 });
    assert.ok(await ask(members.get('m2')!));
    await assert.rejects(ask(members.get('m3')!), { code: status.PERMISSION_DENIED });
  });

  test('closes on messages that no member sends, and serves on', async () => {
    const member = cluster.members[0]!;
    for (const message of [{ type: 99 as raft.MessageType }, { type: raft.MessageType.HEARTBEAT, term: 2 ** 63 }]) {
      const stream = dial('m1', members.get('m2')!).exchange({ metadata: await metadataFor('m2') });
      const gone = new Promise((resolve) => stream.on('error', resolve).on('end', resolve));
      stream.resume();
      stream.write({ messages: [message] });
      await gone;
    }
    assert.equal(member.process?.exitCode, null);
    const served = cluster.client();
    await served.kv.put({ key: Buffer.from('a'), value: Buffer.from('b') });
    served.close();
    await cluster.said(member, /a message that is not understood/);
  });

  test('a member talks to no other that took its neighbour’s place', async () => {
    const [first, second, third] = cluster.members as [Member, Member, Member];
    await cluster.kill(second);
    await cluster.kill(third);
    const { cert, key } = members.get('m3')!;
    let serves = false;
    const impostor = cluster.start(second, ['--peer-cert-file', cert, '--peer-key-file', key]).then(
      () => (serves = true),
      () => undefined,
    );
    await until(async () => /a caller is not who it says it is/.test(first.output), 'the impostor calls');
    // With the first it would be a quorum.
    assert.equal(serves, false);
    await cluster.kill(second);
    await impostor;
  });
});
