import type { Clock } from '@keelson/service';
import picocolors from 'picocolors';
import type { BenchClient } from '../bench/raw-caller.js';
import { type BenchReport, type BenchRow, benchStore } from '../bench/run.js';

export const BENCH_DEFAULTS = {
  seconds: 3,
  rounds: 3,
  keys: 10_000,
  valueBytes: 256,
  weighKeys: 1_000_000,
  failOvers: 9,
} as const;

export interface BenchArguments extends Record<keyof typeof BENCH_DEFAULTS, number> {
  readonly only: string;
  readonly directory: string;
  readonly client: BenchClient;
  readonly output: 'table' | 'json';
}

/** `keelson bench store` */
export async function bench(args: BenchArguments, clock: Clock): Promise<void> {
  const { only, output, ...rest } = args;
  for (const name of ['seconds', 'rounds', 'keys', 'valueBytes', 'weighKeys', 'failOvers'] as const) {
    if (!(args[name] > 0))
      throw new Error(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} must be above 0`);
  }
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const report = await benchStore({ ...rest, only: only === '' ? undefined : pattern(only), say }, clock);
  process.stdout.write(output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : `${reportTable(report)}\n`);
}

function pattern(only: string): RegExp {
  try {
    return new RegExp(only);
  } catch (error) {
    throw new Error(`--only: ${(error as Error).message}`, { cause: error });
  }
}

function reportTable({ etcd, rows }: BenchReport): string {
  const colors = picocolors.createColors(process.stdout.isTTY === true);
  const table = [
    ['', 'KEELSON', `ETCD ${etcd ?? '-'}`, 'RATIO', 'KEELSON', 'ETCD'],
    ...rows.map((row) => [row.name, figure(row, 'keelson'), figure(row, 'etcd'), ratioOf(row), ...notesOf(row)]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const right = (column: number) => column >= 1 && column <= 3;
  return table
    .map((row, index) => {
      const cells = row.map((cell, at) => (right(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)));
      const line = cells.join('   ').trimEnd();
      if (index === 0) return colors.bold(line);
      const { ratio } = rows[index - 1]!;
      return ratio === undefined ? line : ratio < 1 ? colors.yellow(line) : colors.green(line);
    })
    .join('\n');
}

function figure({ values, unit }: BenchRow, contender: 'keelson' | 'etcd'): string {
  const value = values[contender];
  return value === undefined ? '-' : unit === '/s' ? `${value.toFixed(0)}/s` : `${value.toFixed(0)} ${unit}`;
}

function ratioOf({ ratio }: BenchRow): string {
  return ratio === undefined ? '-' : ratio.toFixed(2);
}

function notesOf({ notes }: BenchRow): string[] {
  return [notes.keelson ?? '', notes.etcd ?? ''];
}
