import { listen, tcpServer } from './servers.js';

/**
 * Below the ports that systems give to connections that go out (32768 and up, 49152 elsewhere): one of those may be
 * taken before the process it is meant for has bound it.
 */
const FIRST = 10_000;
const END = 32_000;
/** How far apart processes begin that look at the same time. */
const APART = 200;

/** Finds ports of the loopback address that nobody uses at the moment, each once. */
export class FreePorts {
  #next: number;

  /** `seed`: a number of this process, so that another one looks elsewhere; its id will do. */
  constructor(seed: number) {
    this.#next = FIRST + ((seed * APART) % (END - FIRST));
  }

  async take(count: number): Promise<number[]> {
    const found: number[] = [];
    for (let looked = 0; looked < END - FIRST; looked++) {
      if (found.length === count) return found;
      const port = this.#step();
      if (await isFree(port)) found.push(port);
    }
    throw new Error(`fewer than ${count} ports are free between ${FIRST} and ${END}`);
  }

  /** The first of so many in a row. */
  async takeRow(length: number): Promise<number> {
    let row = 0;
    for (let looked = 0; looked < END - FIRST; looked++) {
      const port = this.#step();
      row = port === FIRST ? 0 : row;
      row = (await isFree(port)) ? row + 1 : 0;
      if (row === length) return port - length + 1;
    }
    throw new Error(`no ${length} ports in a row are free between ${FIRST} and ${END}`);
  }

  #step(): number {
    const port = this.#next;
    this.#next = port + 1 < END ? port + 1 : FIRST;
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = tcpServer({}, (socket) => void socket.destroy());
  try {
    await listen(server, { host: '127.0.0.1', port });
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
