import { alignTabs } from '../../print/tabwriter.js';

/** Lines of a description; tabs in them end cells, and are aligned when all is written. */
export class Description {
  readonly #lines: string[] = [];

  /** `level` indents by two spaces each. */
  line(text: string, level = 0): this {
    this.#lines.push(`${'  '.repeat(level)}${text}`);
    return this;
  }

  field(name: string, value: unknown, level = 0): this {
    return this.line(`${name}:\t${value}`, level);
  }

  /** A header, a rule under it, and rows. */
  rows(
    header: readonly string[],
    rows: readonly (readonly string[])[],
    level = 1,
    rule = header.map((cell) => '-'.repeat(cell.length)),
  ): this {
    this.line(header.join('\t'), level);
    this.line(rule.join('\t'), level);
    for (const row of rows) this.line(row.join('\t'), level);
    return this;
  }

  /** Every value on a line of its own under one name; `<none>` when there is none. */
  list(name: string, values: readonly string[], level = 0): this {
    const [first = '<none>', ...others] = values;
    this.field(name, first, level);
    for (const other of others) this.line(`\t${other}`, level);
    return this;
  }

  toString(): string {
    return `${alignTabs(this.#lines.join('\n'))}\n`;
  }
}
