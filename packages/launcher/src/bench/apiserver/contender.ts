import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, HttpCaller, Random } from '@keelson/service';
import { FreePorts } from '@keelson/service/sockets';
import { ensurePki } from '../../pki/cluster-pki.js';
import { ENCRYPTION_FILE, ensureEncryption } from '../../pki/encryption.js';
import { certificatePlan, planComponents } from '../../plan/components.js';
import { type ClusterOptions, DEFAULTS, type Role } from '../../plan/options.js';
import { killed, processorSeconds, residentBytes, startProcess } from '../processes.js';
import { KEELSON, type Peer } from '../report.js';
import { startCluster } from '../store/members.js';
import { opener, type Target } from './target.js';

/** API servers over a store, with nothing else that uses them. */
export interface Contender {
  readonly name: string;
  readonly target: Target;
  /** New connections of the administrator to the API servers. */
  open(count: number): HttpCaller[];
  /** Kills the API servers. */
  kill(): Promise<void>;
  /** Starts them again; resolves with the milliseconds until they were ready. */
  start(): Promise<number>;
  /** Resident memory of the first API server in bytes. */
  memory(): number;
  /** Seconds of processor time of the API servers so far. */
  cpuSeconds(): number;
  /** Processes that were started beside them, by role. */
  readonly beside: ReadonlyMap<Role, ChildProcess>;
  stop(): Promise<void>;
}

export interface ContenderDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

/** The version that a kube-apiserver's program tells. @throws Error if it cannot be run */
export function peerOf(program: string): Peer {
  const { status, stdout, error } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`--peer: ${program} --version failed: ${error?.message ?? `exit code ${status}`}`);
  return { name: 'kube-apiserver', version: /v(\S+)/.exec(stdout)?.[1] ?? 'unknown' };
}

/** How many there are of each. */
export interface Size {
  readonly stores: number;
  readonly apiservers: number;
}

/** A process that the API servers have beside them, and flags more than it has in a cluster. */
export interface Beside {
  readonly role: Role;
  readonly flags: readonly string[];
}

/** Starts our API servers over our store. */
export async function startKeelson(
  directory: string,
  size: Size,
  dependencies: ContenderDependencies,
  beside: readonly Beside[] = [],
): Promise<Contender> {
  const options = await clusterOptions(directory, size, new FreePorts(process.pid));
  await makePki(options, dependencies);
  const wanted: readonly string[] = beside.map(({ role }) => role);
  const specs = planComponents({ ...options, disable: options.disable.filter((it) => !wanted.includes(it)) });
  const start = (spec: (typeof specs)[number]) =>
    startProcess(process.execPath, ['--enable-source-maps', spec.program, ...spec.args], logOf(directory, spec.name));
  const stores = specs.filter(({ role }) => role === 'store').map(start);
  const servers = specs.filter(({ role }) => role === 'apiserver');
  const addresses = servers.map(({ restUrl }) => new URL(restUrl!).host);
  const others = new Map<Role, ChildProcess>();
  const parts = {
    ...{ name: KEELSON, directory, addresses },
    start: (at: number) => start(servers[at]!),
    stop: () => Promise.all([...stores, ...others.values()].map(killed)),
    beside: others,
  };
  const made = await contender(parts, dependencies);
  for (const { role, flags } of beside) {
    const spec = specs.find((it) => it.role === role)!;
    others.set(role, start({ ...spec, args: [...spec.args, ...flags] }));
  }
  return made;
}

/** Starts kube-apiservers over etcd, as secured as ours are. */
export async function startPeer(
  program: string,
  { name }: Peer,
  directory: string,
  size: Size,
  dependencies: ContenderDependencies,
): Promise<Contender> {
  const freePorts = new FreePorts(process.pid);
  const options = await clusterOptions(directory, size, freePorts);
  await makePki(options, dependencies);
  const etcd = await startCluster('etcd', join(directory, 'etcd'), dependencies.clock, {
    members: size.stores,
    freePorts,
  });
  const pki = (file: string) => join(directory, 'pki', file);
  const flags = {
    'etcd-servers': etcd.addresses.map((address) => `http://${address}`).join(','),
    'bind-address': '127.0.0.1',
    'tls-cert-file': pki('apiserver.crt'),
    'tls-private-key-file': pki('apiserver.key'),
    'client-ca-file': pki('ca.crt'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': pki('apiserver.key'),
    'service-account-signing-key-file': pki('apiserver.key'),
    'service-cluster-ip-range': options.serviceClusterIpRange,
    'authorization-mode': 'Node,RBAC',
    // Nobody makes the accounts that it would look for.
    'disable-admission-plugins': 'ServiceAccount',
    'encryption-provider-config': pki(ENCRYPTION_FILE),
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const ports = Array.from({ length: size.apiservers }, (_, at) => options.portBase + at);
  const start = (at: number) =>
    startProcess(program, [...args, `--secure-port=${ports[at]}`], logOf(directory, `kube-apiserver-${at}`));
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  return await contender({ name, directory, addresses, start, stop: () => etcd.stop() }, dependencies);
}

interface Parts {
  readonly name: string;
  readonly directory: string;
  readonly addresses: readonly string[];
  /** Starts an API server by its place in the addresses. */
  start(at: number): ChildProcess;
  /** Ends what is behind them, and beside. */
  stop(): Promise<unknown>;
  readonly beside?: ReadonlyMap<Role, ChildProcess>;
}

async function contender(parts: Parts, { clock }: ContenderDependencies): Promise<Contender> {
  const { name, directory, addresses } = parts;
  const target: Target = { addresses, pki: join(directory, 'pki') };
  const open = opener(target, clock);
  let servers: ChildProcess[] = [];
  const kill = async () => void (await Promise.all(servers.map(killed)));
  const start = async () => {
    const begin = clock.monotonic();
    servers = addresses.map((_, at) => parts.start(at));
    const isReady = servers.map((server, at) =>
      ready(opener({ ...target, addresses: [addresses[at]!] }, clock), server, clock, directory),
    );
    await Promise.all(isReady);
    return clock.monotonic() - begin;
  };
  const stop = async () => {
    await kill();
    await parts.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const cpuSeconds = () => servers.reduce((sum, { pid }) => sum + processorSeconds(pid!), 0);
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const memory = () => residentBytes(servers[0]!.pid!);
  return { name, target, open, kill, start, memory, cpuSeconds, beside: parts.beside ?? new Map(), stop };
}

const START_TIMEOUT_MS = 120_000;
const ASK_AGAIN_MS = 5;

async function ready(
  open: (count: number) => HttpCaller[],
  server: ChildProcess,
  clock: Clock,
  directory: string,
): Promise<void> {
  const deadline = clock.monotonic() + START_TIMEOUT_MS;
  while (clock.monotonic() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null)
      throw new Error(`the API server ended with ${server.exitCode ?? server.signalCode}: see ${directory}`);
    const [caller] = open(1);
    try {
      const { status } = await caller!.request({ method: 'GET', path: '/readyz' });
      if (status === 200) return;
    } catch {
      // Not yet.
    } finally {
      caller!.close();
    }
    await clock.sleep(ASK_AGAIN_MS);
  }
  throw new Error(`the API server is not ready after ${START_TIMEOUT_MS / 1000} seconds`);
}

/** A port and those that follow it, as far as a cluster without nodes goes. */
const PORTS = 60;

async function clusterOptions(directory: string, size: Size, freePorts: FreePorts): Promise<ClusterOptions> {
  return {
    dataDir: directory,
    ...size,
    nodes: 0,
    portBase: await freePorts.takeRow(PORTS),
    disable: ['scheduler', 'controller-manager'],
    serviceClusterIpRange: DEFAULTS.serviceClusterIpRange,
    clusterCidr: '10.0.0.0/8',
    logLevel: 'warn',
  };
}

async function makePki(options: ClusterOptions, dependencies: ContenderDependencies): Promise<void> {
  const pki = join(options.dataDir, 'pki');
  mkdirSync(pki, { recursive: true });
  await ensurePki(pki, certificatePlan(options), dependencies);
  ensureEncryption(pki, dependencies.random);
}

function logOf(directory: string, name: string): string {
  return join(directory, `${name}.log`);
}
