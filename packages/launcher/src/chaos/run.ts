import type { Clock, Random } from '@keelson/service';
import { ClusterAccess } from './access.js';
import { type Fault, SCENARIOS } from './scenarios.js';
import { Workload } from './workload.js';
import { Writer } from './writer.js';

/** What one fault did. Times are in ms from the blow. */
export interface FaultReport {
  readonly fault: string;
  /** Until the part itself was back. */
  readonly backMs: number;
  /** The longest time that writes waited for an acknowledgement. */
  readonly writeGapMs: number;
  /** Until the workload was as it should be, with each pod's process once. */
  readonly convergedMs: number;
}

export interface ChaosReport {
  readonly scenario: string;
  readonly faults: readonly FaultReport[];
  readonly acknowledgedWrites: number;
  readonly failedWrites: number;
  /** Names of acknowledged writes that are not there. */
  readonly lost: readonly string[];
}

const LOOK_EVERY_MS = 100;
/** The workload must be right this often in a row: faults show late. */
const STEADY_LOOKS = 5;

/** Strikes a running cluster with a scenario's faults, one after the other, and reports what became of it. */
export async function runScenario(
  name: string,
  options: { dataDir: string; timeoutMs: number; say: (line: string) => void },
  dependencies: { clock: Clock; random: Random },
): Promise<ChaosReport> {
  const scenario = SCENARIOS[name];
  if (scenario === undefined)
    throw new Error(`unknown scenario "${name}": one of ${Object.keys(SCENARIOS).join(', ')}`);
  const { clock, random } = dependencies;
  const cluster = new ClusterAccess(options.dataDir, clock);
  const client = cluster.client();
  const namespace = `chaos-${random.suffix(5)}`;
  const workload = new Workload(namespace, client);
  const writer = new Writer(namespace, { client, clock });
  options.say(`Namespace ${namespace}: a Deployment of three replicas, and a client that writes all the time.`);
  await workload.create();
  await until(
    () => steady(workload, clock),
    options.timeoutMs,
    clock,
    () => workload.problem(),
  );
  writer.start();
  await until(
    async () => writer.acknowledged > 20,
    options.timeoutMs,
    clock,
    async () => 'no write is acknowledged',
  );
  const faults: FaultReport[] = [];
  for (const fault of scenario.faults(cluster, workload, clock)) {
    options.say(`Striking: ${fault.what}`);
    const report = await strike(fault, workload, writer, options.timeoutMs, clock);
    options.say(
      `  back after ${report.backMs} ms, writes waited at most ${report.writeGapMs} ms, all well after ${report.convergedMs} ms`,
    );
    faults.push(report);
  }
  await writer.stop();
  const lost = await writer.lost();
  await workload.remove();
  client.close();
  return { scenario: name, faults, acknowledgedWrites: writer.acknowledged, failedWrites: writer.failed, lost };
}

async function strike(
  fault: Fault,
  workload: Workload,
  writer: Writer,
  timeoutMs: number,
  clock: Clock,
): Promise<FaultReport> {
  const struckAt = clock.monotonic();
  const since = () => Math.round(clock.monotonic() - struckAt);
  const isBack = await fault.strike();
  await until(isBack, timeoutMs, clock, async () => 'the part is not back');
  const backMs = since();
  const before = writer.acknowledged;
  await until(
    async () => writer.acknowledged > before + 5,
    timeoutMs,
    clock,
    async () => 'no write is acknowledged',
  );
  let firstWellMs = 0;
  await until(
    async () => {
      firstWellMs = since();
      return steady(workload, clock);
    },
    timeoutMs,
    clock,
    () => workload.problem(),
  );
  return { fault: fault.what, backMs, writeGapMs: Math.round(writer.longestGap(struckAt)), convergedMs: firstWellMs };
}

async function steady(workload: Workload, clock: Clock): Promise<boolean> {
  for (let look = 0; look < STEADY_LOOKS; look++) {
    if ((await workload.problem()) !== undefined) return false;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** Waits for something to be true; an error of the look counts as no. Throws with the reason after the time. */
async function until(
  check: () => Promise<boolean>,
  timeoutMs: number,
  clock: Clock,
  why: () => Promise<string | undefined>,
): Promise<void> {
  const end = clock.monotonic() + timeoutMs;
  for (;;) {
    if (await check().catch(() => false)) return;
    if (clock.monotonic() > end) {
      const reason = await why().catch((error: unknown) => (error as Error).message);
      throw new Error(`not well ${Math.round(timeoutMs / 1000)} s after the fault: ${reason ?? 'no reason found'}`);
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
}
