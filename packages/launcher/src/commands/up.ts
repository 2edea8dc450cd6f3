import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, createLogger, Lifecycle, type Random } from '@keelson/service';
import { ClusterAccess } from '../chaos/access.js';
import { Progress } from '../output/progress.js';
import { statusTable } from '../output/status-table.js';
import { planComponents } from '../plan/components.js';
import type { ClusterOptions } from '../plan/options.js';
import { readCluster } from '../supervisor/cluster-file.js';
import { ensureLocalClass } from '../supervisor/local-class.js';
import { openLog } from '../supervisor/log-file.js';
import { preflight } from '../supervisor/preflight.js';
import { isRunning, runsProgram, signal } from '../supervisor/process-table.js';
import { isReady, type Readiness, ReadinessProbe } from '../supervisor/readiness.js';
import { DRAIN_MS, Supervisor } from '../supervisor/supervisor.js';

const LOOK_EVERY_MS = 250;
/** For the processes themselves, when no pod is left. */
const PROCESSES_MS = 60_000;
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

export interface UpDependencies {
  clock: Clock;
  random: Random;
}

/** `keelson up`: supervises in the foreground, or with `--detach` starts a supervisor and returns when all is ready. */
export async function up(
  options: ClusterOptions,
  detach: boolean,
  timeoutSeconds: number,
  deps: UpDependencies,
): Promise<void> {
  const running = readCluster(options.dataDir);
  if (running !== undefined && isRunning(running.supervisor.pid) && runsProgram(running.supervisor.pid, MAIN)) {
    throw new Error(
      `a cluster runs from ${options.dataDir} already (pid ${running.supervisor.pid}): see 'keelson status', or stop it with 'keelson down'`,
    );
  }
  await endLeftovers(options, deps.clock);
  await preflight(options);
  if (detach) {
    const log = openLog(join(options.dataDir, 'supervisor.log'));
    const args = ['supervise', '--options', JSON.stringify(options)];
    const child = spawn(process.execPath, [MAIN, ...args], { detached: true, stdio: ['ignore', log, log] });
    child.unref();
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    await waitReady(options, timeoutSeconds, deps.clock, () => ended);
    return;
  }
  await supervise(options, deps, async (lifecycle) => {
    await waitReady(options, timeoutSeconds, deps.clock, () => lifecycle.stopping.aborted);
  });
}

/** Runs the supervisor in this process until it is told to stop. */
export async function supervise(
  options: ClusterOptions,
  { clock, random }: UpDependencies,
  started: (lifecycle: Lifecycle) => Promise<void> = async () => {},
): Promise<void> {
  const logger = createLogger('keelson', { level: 'warn' });
  const lifecycle = new Lifecycle({ deadlineMs: DRAIN_MS + PROCESSES_MS, hurries: true }, { clock, logger });
  await lifecycle.run(async () => {
    const supervisor = new Supervisor(options, { clock, random, logger });
    const progress = new Progress(process.stderr);
    lifecycle.onStop('supervisor', async () => {
      await supervisor.stop(lifecycle.hurrying, (pods) => progress.ending(pods, 'Ctrl-C again ends them at once'));
      progress.end();
    });
    await supervisor.start();
    await started(lifecycle);
  });
}

/** Processes of a cluster whose supervisor was killed: they are ended, so that each part runs once. */
async function endLeftovers(options: ClusterOptions, clock: Clock): Promise<void> {
  const cluster = readCluster(options.dataDir);
  if (cluster === undefined) return;
  const programs = new Map(planComponents(cluster.options).map((it) => [it.name, it.program]));
  const left = cluster.components.filter((it) => runsProgram(it.pid, programs.get(it.name) ?? ''));
  for (const it of left) signal(it.pid, 'SIGTERM');
  const until = clock.monotonic() + 12_000;
  while (left.some((it) => isRunning(it.pid)) && clock.monotonic() < until) await clock.sleep(50);
  for (const it of left) if (isRunning(it.pid)) signal(it.pid, 'SIGKILL');
}

async function waitReady(
  options: ClusterOptions,
  timeoutSeconds: number,
  clock: Clock,
  ended: () => boolean,
): Promise<void> {
  const started = clock.monotonic();
  const progress = new Progress(process.stderr);
  const probe = new ReadinessProbe(options.dataDir, { clock });
  try {
    for (;;) {
      const cluster = readCluster(options.dataDir);
      const seen: Readiness | undefined =
        cluster && isRunning(cluster.supervisor.pid) ? await probe.look(cluster) : undefined;
      if (seen !== undefined) progress.show(seen);
      if (cluster !== undefined && seen !== undefined && isReady(seen)) break;
      if (ended())
        throw new Error(
          `the cluster ended while it started: see ${join(options.dataDir, 'supervisor.log')} and ${join(options.dataDir, 'logs')}`,
        );
      if (clock.monotonic() - started > timeoutSeconds * 1000) throw new Error(notReady(options, seen, timeoutSeconds));
      await clock.sleep(LOOK_EVERY_MS);
    }
  } finally {
    progress.end();
    probe.close();
  }
  if (options.nodes > 0) await makeLocalClass(options, clock);
  const seconds = ((clock.monotonic() - started) / 1000).toFixed(1);
  process.stdout.write(
    `${statusTable(readCluster(options.dataDir)!, process.stdout.isTTY === true)}\n\n${hints(options, seconds)}`,
  );
}

async function makeLocalClass({ dataDir }: ClusterOptions, clock: Clock): Promise<void> {
  const client = new ClusterAccess(dataDir, clock).client();
  try {
    await ensureLocalClass(client);
  } finally {
    client.close();
  }
}

function notReady({ dataDir }: ClusterOptions, seen: Readiness | undefined, seconds: number): string {
  const missing =
    seen === undefined
      ? 'nothing started'
      : Object.entries(seen)
          .filter(([, it]) => it.ready < it.wanted)
          .map(([name, it]) => `${name} ${it.ready}/${it.wanted}`)
          .join(', ');
  return `not ready after ${seconds} s (${missing}): the logs are in ${join(dataDir, 'logs')}; 'keelson down' stops what runs`;
}

function hints({ dataDir }: ClusterOptions, seconds: string): string {
  return [
    `Ready in ${seconds} s. Try:`,
    `  export KUBECONFIG=${join(dataDir, 'kubeconfig')}`,
    '  npm run keelctl -- get nodes',
    '  npm run keelctl -- apply -f examples/',
    '  kubectl get pods -A',
    '',
  ].join('\n');
}
