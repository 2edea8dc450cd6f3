import type { KubeObject, Table, TableRow } from '@keelson/api';
import { type Style, stateColour } from './style.js';
import { displayWidth, pad } from './tabwriter.js';

export interface TableView {
  readonly wide: boolean;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  readonly noHeaders: boolean;
  /** `pod` makes names `pod/x`. */
  readonly kindPrefix?: string | undefined;
  readonly style: Style;
}

const STATE_COLUMNS = new Set(['STATUS', 'READY', 'PHASE', 'TYPE', 'CONDITION', 'LAST SEEN']);
const UNCOLOURED = new Set(['READY', 'TYPE', 'LAST SEEN']);

/** Prints the server's tables as kubectl does. One printer serves one kind; a watch keeps its widths between rows. */
export class TablePrinter {
  readonly #view: TableView;
  #headers: string[] = [];
  #shown: number[] = [];
  #widths: number[] = [];
  #hasHeader = false;

  constructor(view: TableView) {
    this.#view = view;
  }

  /** The table's lines, with the header at the first call. */
  print(table: Table): string {
    if (table.columnDefinitions.length > 0) this.#learn(table);
    const rows = table.rows.map((row) => this.#cells(row));
    const isFirst = !this.#hasHeader && !this.#view.noHeaders;
    this.#hasHeader = true;
    for (const row of isFirst ? [this.#headers, ...rows] : rows) {
      for (const [at, cell] of row.entries()) {
        if (at < row.length - 1) this.#widths[at] = Math.max(this.#widths[at] ?? 6, displayWidth(cell) + 3);
      }
    }
    const header = isFirst ? `${this.#lay(this.#headers, (text) => this.#view.style.bold(text))}\n` : '';
    return header + rows.map((row) => `${this.#lay(row, (text, at) => this.#colour(text, at))}\n`).join('');
  }

  #learn({ columnDefinitions }: Table): void {
    const { wide, withNamespace, labelColumns, showLabels } = this.#view;
    this.#shown = columnDefinitions.flatMap((it, at) => (it.priority === 0 || wide ? [at] : []));
    this.#headers = [
      ...(withNamespace ? ['NAMESPACE'] : []),
      ...this.#shown.map((at) => (columnDefinitions[at]?.name ?? '').toUpperCase()),
      ...labelColumns.map((key) => key.slice(key.lastIndexOf('/') + 1).toUpperCase()),
      ...(showLabels ? ['LABELS'] : []),
    ];
  }

  #cells(row: TableRow): string[] {
    const { withNamespace, kindPrefix, labelColumns, showLabels } = this.#view;
    const { metadata } = (row.object ?? { metadata: {} }) as KubeObject;
    const own = this.#shown.map((at, index) => {
      const text = cellText(row.cells[at]);
      return index === 0 && kindPrefix !== undefined ? `${kindPrefix}/${text}` : text;
    });
    return [
      ...(withNamespace ? [metadata.namespace ?? ''] : []),
      ...own,
      ...labelColumns.map((key) => metadata.labels?.[key] ?? ''),
      ...(showLabels ? [labelsText(metadata.labels)] : []),
    ];
  }

  #lay(cells: readonly string[], colour: (text: string, at: number) => string): string {
    return cells
      .map((cell, at) => {
        const padded = at === cells.length - 1 ? cell : pad(cell, this.#widths[at] ?? 0);
        return colour(cell, at) + padded.slice(cell.length);
      })
      .join('');
  }

  #colour(text: string, at: number): string {
    const header = this.#headers[at] ?? '';
    const { style } = this.#view;
    if (!STATE_COLUMNS.has(header)) return text;
    if (header === 'READY' && /^\d+\/\d+$/.test(text)) {
      const [ready, wanted] = text.split('/');
      return ready === wanted ? text : style.busy(text);
    }
    if (header === 'TYPE' && text === 'Warning') return style.busy(text);
    return UNCOLOURED.has(header) ? text : stateColour(style, text);
  }
}

/** Line breaks would break the table; kubectl shows them as `\n`. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>';
  return String(cell).replace(/[\n\r\f]/g, (char) => ({ '\n': '\\n', '\r': '\\r', '\f': '\\f' })[char] ?? char);
}

export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',');
}
