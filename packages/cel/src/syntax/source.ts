/** An expression's text, addressed in code points, and how problems in it are shown. */
export class Source {
  readonly text: string;
  readonly points: readonly string[];
  readonly #lineStarts: number[] = [0];

  constructor(text: string) {
    this.text = text;
    this.points = Array.from(text);
    for (const [index, point] of this.points.entries()) if (point === '\n') this.#lineStarts.push(index + 1);
  }

  slice(start: number, end: number): string {
    return this.points.slice(start, end).join('');
  }

  /** Line from 1, column from 0. */
  locate(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! };
  }

  line(number: number): readonly string[] {
    const start = this.#lineStarts[number - 1]!;
    const next = this.#lineStarts[number];
    return this.points.slice(start, next === undefined ? this.points.length : next - 1);
  }
}

export interface Issue {
  /** Offset in code points; -1 for what has no place. */
  readonly at: number;
  readonly message: string;
}

const ISSUES_MAX = 100;
const SNIPPET_MAX = 16384;

/** The problems of one expression. `toString` gives the text that users of cel-go know. */
export class Issues {
  readonly source: Source;
  readonly list: Issue[] = [];
  #reported = 0;

  constructor(source: Source) {
    this.source = source;
  }

  get empty(): boolean {
    return this.#reported === 0;
  }

  report(at: number, message: string): void {
    this.#reported++;
    if (this.list.length < ISSUES_MAX) this.list.push({ at, message });
  }

  toString(): string {
    const lines = this.list.toSorted((a, b) => a.at - b.at).map((issue) => this.#show(issue));
    if (this.#reported > ISSUES_MAX) lines.push(`${this.#reported - ISSUES_MAX} more errors were truncated`);
    return lines.join('\n');
  }

  #show({ at, message }: Issue): string {
    if (at < 0) return `ERROR: <input>:-1:0: ${message}`;
    if (this.source.text === '') return `ERROR: <input>:1:0: ${message}`;
    const { line, column } = this.source.locate(at);
    const head = `ERROR: <input>:${line}:${column + 1}: ${message}`;
    const snippet = this.source.line(line);
    if (Buffer.byteLength(snippet.join('')) > SNIPPET_MAX) return head;
    const wide = (point: string | undefined) => point !== undefined && point.codePointAt(0)! > 0x7f;
    const dots = snippet.slice(0, column).map((point) => (wide(point) ? '．' : '.'));
    return `${head}\n | ${snippet.join('').replaceAll('\t', ' ')}\n | ${dots.join('')}${wide(snippet[column]) ? '＾' : '^'}`;
  }
}
