/** What a benchmark found, and how it is written for people. */
import type { Colors } from 'picocolors/types.js';

/** One line of a comparison; figures and notes are by contender. `ratio` is above 1 where Keelson is better. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly values: Readonly<Record<string, number>>;
  readonly notes: Readonly<Record<string, string>>;
  readonly ratio: number | undefined;
}

/** Whom Keelson was driven beside; undefined: nobody. */
export interface Peer {
  readonly name: string;
  readonly version: string;
}

export interface BenchReport {
  readonly peer: Peer | undefined;
  readonly rows: readonly BenchRow[];
}

export const KEELSON = 'keelson';

export interface Measured {
  readonly value: number;
  readonly note: string;
}

/** One load or trial; it may give several figures: their names and units are parted by bars. */
export interface Measure<Contender> {
  readonly name: string;
  readonly unit: string;
  /** Takes its own rounds, or too long for several. */
  readonly once?: boolean;
  run(contender: Contender): Promise<readonly Measured[]>;
}

/** The median of the rounds of each contender. More is better of what is per second, and of shares. */
export function rowsOf(
  { name, unit }: Pick<Measure<never>, 'name' | 'unit'>,
  results: ReadonlyMap<string, readonly (readonly Measured[])[]>,
): BenchRow[] {
  const units = unit.split('|');
  return name.split('|').map((each, at) => {
    const values: Record<string, number> = {};
    const notes: Record<string, string> = {};
    for (const [contender, rounds] of results) {
      const measured = medianOf(rounds.flatMap((round) => round[at] ?? []));
      if (!measured) continue;
      values[contender] = measured.value;
      notes[contender] = measured.note;
    }
    return {
      name: each,
      unit: units[at]!,
      values,
      notes,
      ratio: ratioOf(values, units[at] === '/s' || units[at] === '%'),
    };
  });
}

function ratioOf({ [KEELSON]: ours, ...others }: Readonly<Record<string, number>>, more: boolean): number | undefined {
  const [theirs] = Object.values(others);
  if (ours === undefined || theirs === undefined) return undefined;
  return more ? ours / theirs : theirs / ours;
}

function medianOf(measured: readonly Measured[]): Measured | undefined {
  const sorted = [...measured].sort((a, b) => a.value - b.value);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A table as wide as its cells; what is behind the peer is yellow, the rest green. */
export function reportTable({ peer, rows }: BenchReport, colors: Colors): string {
  const table = [
    ['', 'KEELSON', ...(peer ? [`${peer.name} ${peer.version}`.toUpperCase(), 'RATIO'] : []), 'KEELSON'],
    ...rows.map((row) => {
      const beside = peer ? [figure(row, peer.name), row.ratio === undefined ? '-' : row.ratio.toFixed(2)] : [];
      return [row.name, figure(row, KEELSON), ...beside, row.notes[KEELSON] ?? ''];
    }),
  ];
  if (peer)
    for (const [at, line] of table.entries())
      line.push(at === 0 ? peer.name.toUpperCase() : (rows[at - 1]!.notes[peer.name] ?? ''));
  const figures = peer ? 3 : 1;
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row, index) => {
      const cells = row.map((cell, at) =>
        at >= 1 && at <= figures ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      );
      const line = cells.join('   ').trimEnd();
      if (index === 0) return colors.bold(line);
      const { ratio } = rows[index - 1]!;
      return ratio === undefined ? line : ratio < 1 ? colors.yellow(line) : colors.green(line);
    })
    .join('\n');
}

function figure({ values, unit }: BenchRow, contender: string): string {
  const value = values[contender];
  if (value === undefined) return '-';
  const text = value.toFixed(value < 10 ? 1 : 0);
  return unit === '/s' ? `${text}/s` : `${text} ${unit}`;
}
