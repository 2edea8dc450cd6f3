import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom, type TlsIdentity } from '@keelson/service';
import { type Credentials, createStoreClient, type StoreClient } from '@keelson/store-client';

export type Kind = 'keelson' | 'etcd';
/** The same for every member, or by its name: m1, m2 and so on. */
export type ExtraFlags = readonly string[] | ((name: string) => readonly string[]);

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

export const hasEtcd = spawnSync('etcd', ['--version']).status === 0;
export const hasEtcdctl = spawnSync('etcdctl', ['version'], { env: { ...process.env, ETCDCTL_API: '3' } }).status === 0;

/** A real cluster of processes on free ports, with data in a directory of its own. */
export class ClusterUnderTest {
  readonly directory = mkdtempSync(join(tmpdir(), 'keelson-store-'));
  readonly #kind: Kind;
  readonly #extra: (name: string) => readonly string[];
  readonly #tls: TlsIdentity | undefined;
  readonly members: ProcessMember[];

  private constructor(kind: Kind, members: ProcessMember[], extra: ExtraFlags, tls: TlsIdentity | undefined) {
    this.#kind = kind;
    this.members = members;
    this.#extra = typeof extra === 'function' ? extra : () => extra;
    this.#tls = tls;
  }

  /** With an identity, which `extra` must give to the members too, everything is https. */
  static async start(kind: Kind, size: number, extra: ExtraFlags = [], tls?: TlsIdentity): Promise<ClusterUnderTest> {
    const scheme = tls ? 'https' : 'http';
    const ports = await freePorts(2 * size);
    const members = Array.from(
      { length: size },
      (_, at): ProcessMember => ({
        name: `m${at + 1}`,
        clientUrl: `${scheme}://127.0.0.1:${ports[2 * at]}`,
        peerUrl: `${scheme}://127.0.0.1:${ports[2 * at + 1]}`,
        process: undefined,
        output: '',
      }),
    );
    const cluster = new ClusterUnderTest(kind, members, extra, tls);
    await Promise.all(members.map((member) => cluster.start(member)));
    return cluster;
  }

  /** Members that reach each other through what `through` makes between a port and its target. */
  static async startThrough<T>(
    size: number,
    through: (port: number, target: number) => T,
  ): Promise<{ cluster: ClusterUnderTest; between: T[] }> {
    const ports = await freePorts(3 * size);
    const between: T[] = [];
    const members = Array.from({ length: size }, (_, at): ProcessMember => {
      const [client, peer, target] = ports.slice(3 * at, 3 * at + 3) as [number, number, number];
      between.push(through(peer, target));
      return {
        name: `m${at + 1}`,
        clientUrl: `http://127.0.0.1:${client}`,
        peerUrl: `http://127.0.0.1:${peer}`,
        listenPeerUrl: `http://127.0.0.1:${target}`,
        process: undefined,
        output: '',
      };
    });
    const cluster = new ClusterUnderTest('keelson', members, [], undefined);
    await Promise.all(members.map((member) => cluster.start(member)));
    return { cluster, between };
  }

  /** Another member's name and ports; started, it joins the cluster if the cluster knows its peer address. */
  async spare(name: string, args: readonly string[] = []): Promise<ProcessMember> {
    const [clientPort, peerPort] = await freePorts(2);
    const scheme = this.#tls ? 'https' : 'http';
    const member: ProcessMember = {
      name,
      clientUrl: `${scheme}://127.0.0.1:${clientPort}`,
      peerUrl: `${scheme}://127.0.0.1:${peerPort}`,
      args: ['--initial-cluster-state', 'existing', ...args],
      process: undefined,
      output: '',
    };
    this.members.push(member);
    return member;
  }

  /** Starts a member; resolves, with all its output, once it has ended by itself. @throws if it goes on and on */
  async startToEnd(member: ProcessMember): Promise<string> {
    const child = { ended: false };
    await this.start(member).catch(() => undefined);
    void this.ended(member).then(() => {
      child.ended = true;
    });
    try {
      await until(async () => child.ended, `${member.name} ends by itself`);
    } catch (error) {
      await this.kill(member);
      throw new Error(`${(error as Error).message}; it said: ${member.output}`);
    }
    return member.output;
  }

  async ended(member: ProcessMember): Promise<void> {
    const child = member.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => child.once('exit', resolve));
  }

  get endpoints(): string[] {
    return this.members.map((member) => member.clientUrl);
  }

  client(endpoints: readonly string[] = this.endpoints, tls = this.#tls, credentials?: Credentials): StoreClient {
    return createStoreClient(
      { endpoints, tls, credentials },
      { clock: systemClock({ keepAlive: false }), random: systemRandom() },
    );
  }

  dataDirectory(member: ProcessMember): string {
    return join(this.directory, member.name);
  }

  args(member: ProcessMember): string[] {
    const cluster = this.members.map((each) => `${each.name}=${each.peerUrl}`).join(',');
    const flags = {
      name: member.name,
      'data-dir': this.dataDirectory(member),
      'listen-client-urls': member.clientUrl,
      'advertise-client-urls': member.clientUrl,
      'listen-peer-urls': member.listenPeerUrl ?? member.peerUrl,
      'initial-advertise-peer-urls': member.peerUrl,
      'initial-cluster': cluster,
    };
    return [
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
      // Many small clusters: a log in large files would write hundreds of megabytes of zeros.
      ...(this.#kind === 'keelson' ? ['--wal-segment-bytes', '1048576'] : []),
      ...this.#extra(member.name),
      ...(member.args ?? []),
    ];
  }

  /** Starts a member; resolves once it is ready to serve, or rejects with its output if it ends before. */
  start(member: ProcessMember, more: readonly string[] = []): Promise<void> {
    const program: [string, string[]] = this.#kind === 'etcd' ? ['etcd', []] : [process.execPath, [MAIN]];
    const child = spawn(program[0], [...program[1], ...this.args(member), ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    member.process = child;
    member.output = '';
    return new Promise((resolve, reject) => {
      const take = (data: Buffer) => {
        member.output += data.toString();
        if (READY.test(member.output)) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('exit', (code) => reject(new Error(`${member.name} ended with ${code}: ${member.output}`)));
    });
  }

  async kill(member: ProcessMember, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = member.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
    member.process = undefined;
  }

  async leader(): Promise<ProcessMember> {
    const client = this.client();
    try {
      for (;;) {
        for (const member of this.members) {
          if (!member.process) continue;
          const status = await client.status(member.clientUrl, { timeoutMs: 2_000 }).catch(() => undefined);
          if (status && status.leader === status.header?.memberId) return member;
        }
      }
    } finally {
      client.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => this.kill(member)));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface ProcessMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Where it is reached in the end, if others reach it through something. */
  readonly listenPeerUrl?: string;
  readonly args?: readonly string[];
  process: ChildProcess | undefined;
  output: string;
}

const READY = /ready to serve client requests|serving (insecure )?client requests/;

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Waits for something to become true. */
export async function until<T>(read: () => Promise<T | undefined | false>, what: string): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const value = await read().catch(() => undefined);
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to this: ${what}`);
}
