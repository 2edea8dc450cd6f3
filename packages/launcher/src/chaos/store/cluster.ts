import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, etcd } from '@keelson/protocol';
import { type Clock, connect } from '@keelson/service';
import { FreePorts } from '@keelson/service/sockets';
import { openLog } from '../../supervisor/log-file.js';
import { PeerNetwork } from './peer-network.js';
import { SmallDisk } from './small-disk.js';

const MEMBERS = 3;
/** Two segments of log and the next one being made, and a database. */
const SMALL_DISK_MEGABYTES = 400;

export interface StoreMember {
  readonly name: string;
  readonly clientAddress: string;
  readonly peerUrl: string;
  readonly peerPort: number;
  readonly directory: string;
  readonly state: 'new' | 'existing';
  /** `name=url` of those it starts with. */
  readonly initialCluster: string;
}

/** Three store processes on this machine whose wires, disks and lives are in our hands. */
export class StoreCluster {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #children = new Map<string, ChildProcess>();
  readonly network = new PeerNetwork(() => this.#pids());
  smallDisk: SmallDisk | undefined;
  members: StoreMember[] = [];
  readonly #ports = new FreePorts(process.pid);
  #names = 0;
  #closed = false;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    this.smallDisk = SmallDisk.mount(join(this.#directory, 'small-disk'), SMALL_DISK_MEGABYTES);
    const made = [];
    for (let n = 0; n < MEMBERS; n += 1)
      made.push(await this.#newMember(n === 0 ? this.smallDisk?.directory : undefined));
    const initialCluster = made.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    this.members = made.map((member) => ({ ...member, initialCluster }));
    for (const member of this.members) this.start(member);
    await this.serving();
  }

  async #newMember(disk: string | undefined): Promise<StoreMember> {
    this.#names += 1;
    const name = `m${this.#names}`;
    const [client, peer, proxy] = (await this.#ports.take(3)) as [number, number, number];
    await this.network.open(name, proxy, peer);
    return {
      name,
      clientAddress: `127.0.0.1:${client}`,
      peerUrl: `http://127.0.0.1:${proxy}`,
      peerPort: peer,
      directory: join(disk ?? this.#directory, name),
      state: 'new',
      initialCluster: '',
    };
  }

  start(member: StoreMember): void {
    if (this.#closed || this.isRunning(member)) return;
    const log = openLog(join(this.#directory, `${member.name}.log`));
    const flags = {
      '--name': member.name,
      '--data-dir': member.directory,
      '--listen-client-urls': `http://${member.clientAddress}`,
      '--advertise-client-urls': `http://${member.clientAddress}`,
      '--listen-peer-urls': `http://127.0.0.1:${member.peerPort}`,
      '--initial-advertise-peer-urls': member.peerUrl,
      '--initial-cluster': member.initialCluster,
      '--initial-cluster-state': member.state,
      // Small, so that members that were away get snapshots.
      '--snapshot-count': '2000',
      '--snapshot-catchup-entries': '500',
    };
    const main = join(dirname(fileURLToPath(import.meta.resolve('@keelson/store'))), 'main.js');
    const args = [main, ...Object.entries(flags).flat()];
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#children.set(member.name, child);
  }

  isRunning({ name }: StoreMember): boolean {
    const child = this.#children.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #pids(): Map<string, number> {
    return new Map([...this.#children].map(([name, child]) => [name, child.pid ?? -1]));
  }

  signal(member: StoreMember, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#children.get(member.name)?.kill(signal);
  }

  async kill(member: StoreMember): Promise<void> {
    const child = this.#children.get(member.name);
    if (!child || !this.isRunning(member)) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** A new member with an empty directory in the place of one that is lost. */
  async replace(lost: StoreMember): Promise<StoreMember> {
    await this.kill(lost);
    const others = this.members.filter((member) => member !== lost);
    const service = (connection: Connection) => connection.service(etcd.ClusterService);
    const { members } = await this.#ask(others, (connection) => service(connection).memberList({ linearizable: true }));
    const id = members.find((member) => member.peerURLs.includes(lost.peerUrl))?.ID;
    if (id !== undefined) await this.#ask(others, (connection) => service(connection).memberRemove({ ID: id }));
    await rm(lost.directory, { recursive: true, force: true });
    const { smallDisk } = this;
    const wasOnSmallDisk = smallDisk !== undefined && lost.directory.startsWith(smallDisk.directory);
    const bare = await this.#newMember(wasOnSmallDisk ? smallDisk.directory : undefined);
    const known = [...others, bare].map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    const member: StoreMember = { ...bare, state: 'existing', initialCluster: known };
    await this.#ask(others, (connection) => service(connection).memberAdd({ peerURLs: [member.peerUrl] }));
    this.members = [...others, member];
    this.start(member);
    return member;
  }

  /** Asks one after another until one answers; again for a while. */
  async #ask<T>(members: readonly StoreMember[], run: (connection: Connection) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const member = members[attempt % members.length]!;
      const connection = this.connect(member);
      try {
        return await run(connection);
      } catch (error) {
        if (attempt >= 60) throw error;
        await this.#clock.sleep(250);
      } finally {
        connection.close();
      }
    }
  }

  connect({ clientAddress }: StoreMember): Connection {
    return connect(clientAddress, { clock: this.#clock });
  }

  async leader(): Promise<StoreMember | undefined> {
    for (const member of this.members) {
      const connection = this.connect(member);
      try {
        const { header, leader } = await connection.service(etcd.MaintenanceService).status({}, { timeout: 500 });
        if (leader !== 0n && header?.memberId === leader) return member;
      } catch {
        // It does not answer: another may.
      } finally {
        connection.close();
      }
    }
    return undefined;
  }

  /** Resolves once every member answers a read that needs the cluster. @throws Error if one does not */
  async serving(): Promise<void> {
    for (const member of this.members) {
      await this.#ask([member], (connection) =>
        connection.service(etcd.KVService).range({ key: Buffer.from('x') }, { timeout: 2_000 }),
      );
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const member of this.members) await this.kill(member);
    this.network.close();
    this.smallDisk?.unmount();
  }
}
