import { type Clock, createLogger, type Logger } from '@keelson/service';
import { Progress } from '../output/progress.js';
import { planComponents } from '../plan/components.js';
import { type ClusterRecord, type ComponentRecord, readCluster, writeCluster } from '../supervisor/cluster-file.js';
import { drainNodes, nodesOf } from '../supervisor/drain-nodes.js';
import { isRunning, runsProgram, signal } from '../supervisor/process-table.js';
import { removePods, stopPods } from '../supervisor/stop-pods.js';

export interface DownOptions {
  /** Pods are killed at once. */
  force: boolean;
  /** What pods may take at the most, whatever their grace. */
  timeoutSeconds: number;
}

interface Tools {
  clock: Clock;
  logger: Logger;
}

const SUPERVISOR_MS = 60_000;
const PROCESS_MS = 12_000;
const HURRY_AFTER_MS = 300;

/** `keelson down`: ends every pod within its grace, then every process of the cluster. Its data stays. */
export async function down(dataDir: string, options: DownOptions, clock: Clock): Promise<void> {
  const tools = { clock, logger: createLogger('keelson', { level: 'warn' }) };
  const first = readCluster(dataDir);
  if (first === undefined) throw new Error(`no cluster in ${dataDir}: give the --data-dir that it was started with`);
  const cluster = () => readCluster(dataDir) ?? first;
  const { pid } = first.supervisor;
  const supervised = isRunning(pid);
  const isUp = supervised || alive(first).length > 0;
  const drained = isUp && !options.force && (await drain(cluster, options, tools));
  if (supervised) {
    signal(pid, 'SIGTERM');
    // Asked twice, it waits for no pod.
    if (!drained && !(await ended(pid, HURRY_AFTER_MS, clock))) signal(pid, 'SIGTERM');
    await ended(pid, SUPERVISOR_MS, clock);
  }
  if (!supervised || isRunning(pid)) await endAll(cluster(), tools);
  writeCluster(dataDir, {
    ...first,
    supervisor: { pid: 0 },
    components: first.components.map((it) => ({ ...it, pid: 0 })),
  });
  process.stdout.write(`Stopped. The data is kept in ${dataDir}.\n`);
}

/** True when no pod is left. Ctrl-C ends the waiting, not the command. */
async function drain(cluster: () => ClusterRecord, options: DownOptions, { clock, logger }: Tools): Promise<boolean> {
  const progress = new Progress(process.stderr);
  const impatience = new AbortController();
  const interrupt = () => impatience.abort();
  process.once('SIGINT', interrupt);
  try {
    return await drainNodes(
      nodesOf(() => {
        const record = cluster();
        const running = alive(record);
        return record.components.map((it) => ({ ...it, pid: running.includes(it) ? it.pid : 0 }));
      }),
      { timeoutMs: options.timeoutSeconds * 1000 },
      {
        clock,
        logger,
        signal: impatience.signal,
        onProgress: (pods) => progress.ending(pods, 'Ctrl-C ends them at once'),
      },
    );
  } finally {
    process.off('SIGINT', interrupt);
    progress.end();
  }
}

/** For a cluster without a supervisor: what it would have ended, and what its runtimes hold though they are gone. */
async function endAll(cluster: ClusterRecord, tools: Tools): Promise<void> {
  const left = alive(cluster);
  await Promise.all(left.filter((it) => it.role === 'kubelet').map((it) => endProcess(it, tools.clock)));
  for (const spec of planComponents(cluster.options).filter((it) => it.role === 'runtime')) {
    const runtime = left.find((it) => it.name === spec.name);
    const podsEnded = runtime !== undefined && spec.socket !== undefined && (await stopPods(spec.socket, tools));
    if (runtime !== undefined) await endProcess(runtime, tools.clock);
    if (!podsEnded) await removePods(spec, tools);
  }
  await Promise.all(alive(cluster).map((it) => endProcess(it, tools.clock)));
}

function alive({ components, options }: ClusterRecord): ComponentRecord[] {
  const programs = new Map(planComponents(options).map((it) => [it.name, it.program]));
  return components.filter((it) => runsProgram(it.pid, programs.get(it.name) ?? ''));
}

async function endProcess({ pid }: ComponentRecord, clock: Clock): Promise<void> {
  signal(pid, 'SIGTERM');
  if (!(await ended(pid, PROCESS_MS, clock))) signal(pid, 'SIGKILL');
}

async function ended(pid: number, withinMs: number, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + withinMs;
  while (isRunning(pid)) {
    if (clock.monotonic() > until) return false;
    await clock.sleep(50);
  }
  return true;
}
