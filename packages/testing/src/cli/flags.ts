import { parseArgs } from 'node:util';

/** What is simulated. */
export type Subject = 'store' | 'controllers';

export interface SimFlags {
  readonly subject: Subject;
  readonly seeds: number;
  /** The first one; seeds follow each other. */
  readonly seed: number;
  readonly faultsMs: number;
  /** Lines of the story that a failure shows. */
  readonly lines: number;
}

/** How long faults go on in a run. */
export const FAULTS_MS: Readonly<Record<Subject, number>> = { store: 12_000, controllers: 120_000 };

export const USAGE = `usage: npm run sim -- [store|controllers] [--seeds N] [--seed S] [--faults SECONDS] [--lines N]
  runs the store's cluster, or the controllers, in simulation, once for each of N seeds from S on, and says which went
  wrong`;

/** Or what is wrong with them. */
export function parseSimFlags(args: string[]): SimFlags | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seeds: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        faults: { type: 'string' },
        lines: { type: 'string', default: '40' },
      },
    });
    const [subject = 'store', ...more] = positionals;
    if (!(subject in FAULTS_MS) || more.length > 0)
      return `error: "${positionals.join(' ')}" is none of ${Object.keys(FAULTS_MS).join(', ')}`;
    const known = subject as Subject;
    const faultsText = values.faults ?? String(FAULTS_MS[known] / 1000);
    const [seeds, seed, faults, lines] = [values.seeds, values.seed, faultsText, values.lines].map(Number);
    if (![seeds, seed, faults, lines].every((each) => Number.isFinite(each) && each! >= 0))
      return 'error: not a number';
    return { subject: known, seeds: seeds!, seed: seed!, faultsMs: faults! * 1000, lines: lines! };
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}
