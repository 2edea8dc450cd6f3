import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { FreePorts } from '@keelson/service/sockets';
import { killed, processorSeconds, residentBytes, startProcess } from '../processes.js';
import { type BenchClient, RawCaller } from './raw-caller.js';

export type Contender = 'keelson' | 'etcd';

/** A store of several members that a benchmark drives. */
export interface Cluster {
  readonly contender: Contender;
  readonly addresses: readonly string[];
  /** A new client of one member. */
  caller(address: string): RawCaller;
  /** The index of the member that leads. */
  leader(): Promise<number>;
  /** Has the first member lead: how many clients talk to the leader decides much of what a request costs. */
  firstLeads(): Promise<void>;
  kill(member: number): Promise<void>;
  start(member: number): void;
  /** Resident memory in bytes. */
  memory(member: number): number;
  /** Seconds of processor time of all members so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export function openCallers(count: number, { addresses, caller }: Cluster): RawCaller[] {
  return Array.from({ length: count }, (_, at) => caller(addresses[at % addresses.length]!));
}

/** etcd's program, if it is installed. */
export function etcdVersion(): string | undefined {
  const { status, stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  return status === 0 ? /etcd Version: (\S+)/.exec(stdout)?.[1] : undefined;
}

const PROGRAMS: Readonly<Record<Contender, () => { command: string; args: string[] }>> = {
  etcd: () => ({ command: 'etcd', args: ['--log-level', 'error'] }),
  keelson: () => ({
    command: process.execPath,
    args: [join(dirname(fileURLToPath(import.meta.resolve('@keelson/store'))), 'main.js'), '--log-level', 'warn'],
  }),
};

const { status, moveLeader: moveLeaderMethod } = etcd.MaintenanceService;

/** Starts members with the flags that both programs know, and waits until they serve. */
export async function startCluster(
  contender: Contender,
  directory: string,
  clock: Clock,
  options: { client?: BenchClient; members?: number; freePorts?: FreePorts } = {},
): Promise<Cluster> {
  const { client = 'lean', members = 3, freePorts = new FreePorts(process.pid) } = options;
  const ports = await freePorts.take(2 * members);
  const addresses = Array.from({ length: members }, (_, at) => `127.0.0.1:${ports[2 * at]}`);
  const peers = Array.from({ length: members }, (_, at) => `http://127.0.0.1:${ports[2 * at + 1]}`);
  const initialCluster = peers.map((url, at) => `m${at}=${url}`).join(',');
  const children: (ChildProcess | undefined)[] = [];
  mkdirSync(directory, { recursive: true });

  const start = (at: number) => {
    const { command, args } = PROGRAMS[contender]();
    const flags = {
      '--name': `m${at}`,
      '--data-dir': join(directory, `m${at}`),
      '--listen-client-urls': `http://${addresses[at]}`,
      '--advertise-client-urls': `http://${addresses[at]}`,
      '--listen-peer-urls': peers[at]!,
      '--initial-advertise-peer-urls': peers[at]!,
      '--initial-cluster': initialCluster,
      '--quota-backend-bytes': String(8 * 2 ** 30),
    };
    const log = join(directory, `m${at}.log`);
    children[at] = startProcess(command, [...args, ...Object.entries(flags).flat()], log);
  };
  for (let at = 0; at < members; at += 1) start(at);

  const leader = async () => {
    for (;;) {
      for (const [at, address] of addresses.entries()) if (await isLeader(address, clock)) return at;
      await clock.sleep(20);
    }
  };

  const cluster: Cluster = {
    contender,
    addresses,
    caller: (address) => new RawCaller(address, clock, client),
    start,
    leader,
    firstLeads: async () => {
      for (let at = await leader(); at !== 0; at = await leader())
        await moveLeader(addresses[at]!, addresses[0]!, clock);
    },
    kill: async (at) => await killed(children[at]),
    memory: (at) => residentBytes(children[at]!.pid!),
    cpuSeconds: () => children.reduce((sum, child) => sum + processorSeconds(child!.pid!), 0),
    stop: async () => {
      await Promise.all(children.map((child) => killed(child)));
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await Promise.all(addresses.map((address) => serving(address, clock)));
  return cluster;
}

const START_TIMEOUT_MS = 60_000;

/** Resolves once the member answers a read that needs the whole cluster. @throws Error if it does not in time */
export async function serving(address: string, clock: Clock, serializable = false): Promise<void> {
  const deadline = clock.monotonic() + START_TIMEOUT_MS;
  const request = etcd.RangeRequest.encode({ key: Buffer.from('x'), serializable });
  for (;;) {
    const caller = new RawCaller(address, clock);
    try {
      await caller.unary(etcd.KVService.range.path, request);
      return;
    } catch (error) {
      if (clock.monotonic() > deadline) throw new Error(`${address} does not serve: ${String(error)}`);
      await clock.sleep(10);
    } finally {
      caller.close();
    }
  }
}

/** From one member to another; a failed attempt is for the caller to see. */
async function moveLeader(from: string, to: string, clock: Clock): Promise<void> {
  const [leader, target] = [new RawCaller(from, clock), new RawCaller(to, clock)];
  try {
    const { header } = etcd.StatusResponse.decode(await target.unary(status.path, etcd.StatusRequest.encode({})));
    await leader.unary(moveLeaderMethod.path, etcd.MoveLeaderRequest.encode({ targetID: header!.memberId }));
  } catch {
    await clock.sleep(20);
  } finally {
    leader.close();
    target.close();
  }
}

async function isLeader(address: string, clock: Clock): Promise<boolean> {
  const caller = new RawCaller(address, clock);
  try {
    const answer = await caller.unary(status.path, etcd.StatusRequest.encode({}));
    const { header, leader } = etcd.StatusResponse.decode(answer);
    return leader !== 0n && header?.memberId === leader;
  } catch {
    return false;
  } finally {
    caller.close();
  }
}
