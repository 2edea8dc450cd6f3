import picocolors from 'picocolors';
import type { DrainProgress } from '../supervisor/drain-nodes.js';
import type { Readiness } from '../supervisor/readiness.js';

/** Shows how far a start or a stop is: one line that changes on a terminal, one line for each change elsewhere. */
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
    this.#line(`Starting: ${part('stores', stores)}  ${part('API servers', apiservers)}  ${part('nodes', nodes)}`);
  }

  /** How many pods are yet to end; `hint` says how not to wait. */
  ending({ left, seconds }: DrainProgress, hint: string): void {
    if (left === 0 && this.#last === '') return;
    const pods = this.#colors.yellow(`${left} ${left === 1 ? 'pod' : 'pods'}`);
    // Elsewhere than on a terminal a line for each second says nothing.
    const time = this.#out.isTTY && seconds > 0 ? ` for ${seconds} s at most` : '';
    this.#line(left === 0 ? 'Stopping: all pods have ended' : `Stopping: waiting for ${pods} to end${time} (${hint})`);
  }

  #line(line: string): void {
    if (line === this.#last) return;
    this.#last = line;
    this.#out.write(this.#out.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#out.isTTY && this.#last !== '') this.#out.write('\n');
  }
}
