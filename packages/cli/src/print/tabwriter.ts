/**
 * Alignment after Go's text/tabwriter, as kubectl uses it: tabs end cells, a column is a run of adjacent lines that
 * have a cell there, and what follows a line's last tab is not padded.
 */
export interface TabOptions {
  readonly minWidth: number;
  readonly padding: number;
}

/** As kubectl aligns `describe`. */
export const DESCRIBE: TabOptions = { minWidth: 0, padding: 2 };

export function alignTabs(text: string, { minWidth, padding }: TabOptions = DESCRIBE): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths = lines.map(() => [] as number[]);
  const setBlock = (from: number, to: number, column: number) => {
    for (let at = from; at < to; at++) {
      if (!hasCell(lines[at], column)) continue;
      let end = at;
      let width = minWidth;
      for (; end < to && hasCell(lines[end], column); end++) {
        width = Math.max(width, displayWidth(lines[end]?.[column] ?? '') + padding);
      }
      for (let line = at; line < end; line++) (widths[line] as number[])[column] = width;
      setBlock(at, end, column + 1);
      at = end - 1;
    }
  };
  setBlock(0, lines.length, 0);
  return lines
    .map((cells, line) => cells.map((cell, at) => padCell(cell, at, cells, widths[line] ?? [])).join(''))
    .join('\n');
}

function hasCell(line: readonly string[] | undefined, column: number): boolean {
  return line !== undefined && column < line.length - 1;
}

function padCell(cell: string, at: number, cells: readonly string[], widths: readonly number[]): string {
  return at === cells.length - 1 ? cell : pad(cell, widths[at] ?? 0);
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are control characters
const COLOUR_CODES = /\u001b\[[0-9;]*m/g;

/** Characters that a terminal shows: colour codes take no room. */
export function displayWidth(text: string): number {
  const plain = text.includes('\u001b') ? text.replace(COLOUR_CODES, '') : text;
  return [...plain].length;
}

/** Rows of cells in columns, three spaces apart, each line ended. */
export function tabulate(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(6, ...rows.map((row) => displayWidth(row[at] ?? '') + 3)),
  );
  return rows.map((row) => `${layRow(row, widths)}\n`).join('');
}

/** One row; the last cell is not padded. */
export function layRow(row: readonly string[], widths: readonly number[]): string {
  return row.map((cell, at) => (at === row.length - 1 ? cell : pad(cell, widths[at] ?? 0))).join('');
}
