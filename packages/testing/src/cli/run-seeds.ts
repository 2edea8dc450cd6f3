import type { Clock } from '@keelson/service';
import { Violation } from '../sim/world.js';
import { FAULTS_MS, type SimFlags } from './flags.js';

/** What came of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly failure: Error | undefined;
  readonly trace: readonly string[];
  readonly hash: string;
  readonly figures: Readonly<Record<string, number>>;
}

export interface SeedOptions {
  readonly seed: number;
  readonly faultsMs: number;
  readonly traceLines: number;
}

export interface RunDependencies {
  readonly simulate: (options: SeedOptions) => Promise<SeedResult>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly out: { write(text: string): unknown };
  /** Progress is shown on a line that is written over. */
  readonly isTerminal: boolean;
}

/** How often a log that is no terminal is told how far it is. */
const LINE_EVERY_SEEDS = 500;

/** Runs the seeds one after another. The exit code: 1 if one went wrong. */
export async function runSeeds(
  flags: SimFlags,
  { simulate, clock, out, isTerminal }: RunDependencies,
): Promise<number> {
  const began = clock.monotonic();
  const failed: number[] = [];
  const totals = new Map<string, number>();
  for (let n = 0; n < flags.seeds; n += 1) {
    const seed = flags.seed + n;
    const result = await simulate({ seed, faultsMs: flags.faultsMs, traceLines: flags.lines });
    if (result.failure) {
      failed.push(seed);
      out.write(`${isTerminal ? '\r\u001b[K' : ''}${story(result, flags)}\n`);
    }
    for (const [name, value] of Object.entries(result.figures)) totals.set(name, (totals.get(name) ?? 0) + value);
    const progress = `${n + 1} of ${flags.seeds} seeds, ${rate(n + 1)}, ${failed.length} failed`;
    if (isTerminal) out.write(`\r\u001b[K${progress}`);
    else if ((n + 1) % LINE_EVERY_SEEDS === 0 && n + 1 < flags.seeds) out.write(`${progress}\n`);
    else if (flags.seeds === 1) out.write(`seed ${seed}: ${result.failure ? 'failed' : 'ok'}, trace ${result.hash}\n`);
  }
  const sums = [...totals].map(([name, value]) => `${value} ${name}`).join(', ');
  out.write(
    `${isTerminal ? '\r\u001b[K' : ''}${flags.seeds} seeds (${rate(flags.seeds)}): ${sums}; ` +
      `${failed.length === 0 ? 'nothing went wrong' : `failed: ${failed.join(', ')}`}\n`,
  );
  return failed.length === 0 ? 0 : 1;

  function rate(done: number): string {
    return `${((done * 1000) / (clock.monotonic() - began)).toFixed(1)} a second`;
  }
}

/** What went wrong, what happened before, and how to see it again. */
function story({ seed, failure, trace, hash }: SeedResult, { faultsMs, subject }: SimFlags): string {
  const faults = faultsMs === FAULTS_MS[subject] ? '' : ` --faults ${faultsMs / 1000}`;
  const command = subject === 'store' ? '' : `${subject} `;
  const what = failure instanceof Violation ? failure.message : (failure?.stack ?? '');
  return [
    ...trace.map((line) => `  ${line}`),
    `seed ${seed} failed: ${what}`,
    `  trace ${hash}; again: npm run sim -- ${command}--seed ${seed}${faults}`,
  ].join('\n');
}
