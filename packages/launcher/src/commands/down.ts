import type { Clock } from '@keelson/service';
import { planComponents } from '../plan/components.js';
import { readCluster, writeCluster } from '../supervisor/cluster-file.js';
import { isRunning, runsProgram, signal } from '../supervisor/process-table.js';

const SUPERVISOR_MS = 30_000;

/** `keelson down`: stops every process of the cluster. Its data stays. */
export async function down(dataDir: string, clock: Clock): Promise<void> {
  const cluster = readCluster(dataDir);
  if (cluster === undefined) throw new Error(`no cluster in ${dataDir}: give the --data-dir that it was started with`);
  const { pid } = cluster.supervisor;
  if (isRunning(pid)) {
    signal(pid, 'SIGTERM');
    await ended(pid, SUPERVISOR_MS, clock);
  }
  const programs = new Map(planComponents(cluster.options).map((it) => [it.name, it.program]));
  const left = (readCluster(dataDir) ?? cluster).components.filter((it) =>
    runsProgram(it.pid, programs.get(it.name) ?? ''),
  );
  for (const it of left) signal(it.pid, 'SIGTERM');
  for (const it of left) if (!(await ended(it.pid, 12_000, clock))) signal(it.pid, 'SIGKILL');
  writeCluster(dataDir, {
    ...cluster,
    supervisor: { pid: 0 },
    components: cluster.components.map((it) => ({ ...it, pid: 0 })),
  });
  process.stdout.write(`Stopped. The data is kept in ${dataDir}.\n`);
}

async function ended(pid: number, withinMs: number, clock: Clock): Promise<boolean> {
  const until = clock.monotonic() + withinMs;
  while (isRunning(pid)) {
    if (clock.monotonic() > until) return false;
    await clock.sleep(50);
  }
  return true;
}
