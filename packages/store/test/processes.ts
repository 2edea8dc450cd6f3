import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom, type TlsIdentity } from '@keelson/service';
import { FreePorts } from '@keelson/service/sockets';
import { type Credentials, createStoreClient, type StoreClient } from '@keelson/store-client';

export type Kind = 'keelson' | 'etcd';
/** The same for every member, or by its name: m1, m2 and so on. */
export type ExtraFlags = readonly string[] | ((name: string) => readonly string[]);

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

export const freePorts = new FreePorts(process.pid);
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
    const ports = await freePorts.take(2 * size);
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
    const ports = await freePorts.take(3 * size);
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
    const [clientPort, peerPort] = await freePorts.take(2);
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

  /** Resolves once it has ended and all its output is here. */
  async ended(member: ProcessMember): Promise<void> {
    await within(member.closed ?? Promise.resolve(), () => `${member.name} does not end; it said: ${member.output}`);
  }

  /** Waits until a member has said something: what it writes comes later than what it answers. */
  async said(member: ProcessMember, what: RegExp): Promise<void> {
    await until(async () => what.test(member.output), `${member.name} says ${what}, not only: ${member.output}`);
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
    member.closed = new Promise((resolve) => child.once('close', () => resolve()));
    const isReady = new Promise<void>((resolve, reject) => {
      const take = (data: Buffer) => {
        member.output += data.toString();
        if (READY.test(member.output)) resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('error', reject);
      // Its last words come after its exit.
      child.once('close', (code) => reject(new Error(`${member.name} ended with ${code}: ${member.output}`)));
    });
    return within(isReady, () => `${member.name} is not ready; it said: ${member.output}`);
  }

  async kill(member: ProcessMember, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = member.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await within(gone, () => `${member.name} does not end at ${signal}; it said: ${member.output}`).finally(() =>
      child.kill('SIGKILL'),
    );
    member.process = undefined;
  }

  async leader(): Promise<ProcessMember> {
    const client = this.client();
    try {
      return await until(async () => {
        for (const member of this.members) {
          if (!member.process) continue;
          const status = await client.status(member.clientUrl, { timeoutMs: 2_000 }).catch(() => undefined);
          if (status && status.leader === status.header?.memberId) return member;
        }
        return undefined;
      }, 'some member leads');
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
  /** Resolves once the process has ended and its output has. */
  closed?: Promise<void>;
  output: string;
}

const READY = /ready to serve client requests|serving (insecure )?client requests/;

/** Longer than anything takes on a machine that has much else to do, shorter than what a test file may take. */
const PATIENCE_MS = 60_000;

async function within<T>(promise: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(late())), PATIENCE_MS);
  });
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

/** Waits for something to become true. */
export async function until<T>(read: () => Promise<T | undefined | false>, what: string): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    let reason = '';
    const value = await read().catch((error: unknown) => {
      reason = `: ${String(error)}`;
      return undefined;
    });
    if (value) return value;
    if (Date.now() > end) throw new Error(`it never came to this: ${what}${reason}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
