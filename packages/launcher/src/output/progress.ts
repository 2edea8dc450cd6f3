import picocolors from 'picocolors';
import type { Readiness } from '../supervisor/readiness.js';

/** Shows how far a start is: one line that changes on a terminal, one line for each change elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #colors: ReturnType<typeof picocolors.createColors>;
  #last = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
    this.#colors = picocolors.createColors(out.isTTY === true && process.env['NO_COLOR'] === undefined);
  }

  show({ stores, apiservers, nodes }: Readiness): void {
    const part = (name: string, { ready, wanted }: { ready: number; wanted: number }) => {
      const text = `${name} ${ready}/${wanted}`;
      return ready >= wanted ? this.#colors.green(text) : this.#colors.yellow(text);
    };
    const line = `Starting: ${part('stores', stores)}  ${part('API servers', apiservers)}  ${part('nodes', nodes)}`;
    if (line === this.#last) return;
    this.#last = line;
    this.#out.write(this.#out.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#out.isTTY && this.#last !== '') this.#out.write('\n');
  }
}
