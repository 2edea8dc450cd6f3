import { parseArgs } from 'node:util';

export interface SimFlags {
  readonly seeds: number;
  /** The first one; seeds follow each other. */
  readonly seed: number;
  readonly faultsMs: number;
  /** Lines of the story that a failure shows. */
  readonly lines: number;
}

/** How long faults go on in a run. */
export const FAULTS_MS = 12_000;

export const USAGE = `usage: npm run sim -- [--seeds N] [--seed S] [--faults SECONDS] [--lines N]
  runs the store's cluster in simulation, once for each of N seeds from S on, and says which went wrong`;

/** Or what is wrong with them. */
export function parseSimFlags(args: string[]): SimFlags | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seeds: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        faults: { type: 'string', default: String(FAULTS_MS / 1000) },
        lines: { type: 'string', default: '40' },
      },
    });
    const [seeds, seed, faults, lines] = [values.seeds, values.seed, values.faults, values.lines].map(Number);
    if (![seeds, seed, faults, lines].every((each) => Number.isFinite(each) && each! >= 0))
      return 'error: not a number';
    return { seeds: seeds!, seed: seed!, faultsMs: faults! * 1000, lines: lines! };
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}
