import type { Server, Socket } from 'node:net';
import { connectTcp, listen, tcpServer } from '@keelson/service/sockets';
import { ownerOfPort } from './socket-owner.js';

interface Wire {
  readonly from: string;
  readonly to: string;
  readonly inward: Socket;
  readonly outward: Socket;
}

/**
 * The wires between members: every member's peer address leads through a proxy here. A cut wire stays open and brings
 * nothing, as when a cable is pulled; healing closes it, so that both ends dial again.
 */
export class PeerNetwork {
  readonly #servers: Server[] = [];
  readonly #wires = new Set<Wire>();
  readonly #silent = new Set<string>();
  readonly #processes: () => ReadonlyMap<string, number>;

  /** `processes`: the ids of the members' processes by their names, to know whose a connection is. */
  constructor(processes: () => ReadonlyMap<string, number>) {
    this.#processes = processes;
  }

  /** Puts a proxy before a member's peer port. */
  async open(member: string, listenPort: number, targetPort: number): Promise<void> {
    const server = tcpServer({ pauseOnConnect: true }, (inward) => this.#connect(member, inward, targetPort));
    await listen(server, { host: '127.0.0.1', port: listenPort });
    this.#servers.push(server);
  }

  #connect(to: string, inward: Socket, port: number): void {
    const outward = connectTcp({ port, host: '127.0.0.1' });
    const wire: Wire = { from: this.#nameOf(inward) ?? '?', to, inward, outward };
    this.#wires.add(wire);
    const end = () => {
      this.#wires.delete(wire);
      inward.destroy();
      outward.destroy();
    };
    for (const socket of [inward, outward]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    inward.on('data', (data) => pass(inward, outward, data));
    outward.on('data', (data) => pass(outward, inward, data));
    inward.on('drain', () => this.#apply(wire));
    outward.on('drain', () => this.#apply(wire));
    this.#apply(wire);
  }

  #nameOf({ remotePort }: Socket): string | undefined {
    const processes = [...this.#processes()];
    const owner = ownerOfPort(
      remotePort ?? 0,
      processes.map(([, pid]) => pid),
    );
    return processes.find(([, pid]) => pid === owner)?.[0];
  }

  #apply({ from, to, inward, outward }: Wire): void {
    flow(inward, !this.#silent.has(`${from}>${to}`));
    flow(outward, !this.#silent.has(`${to}>${from}`));
  }

  /** What one member sends the other does not arrive any more. */
  silence(from: string, to: string): void {
    this.#silent.add(`${from}>${to}`);
    for (const wire of this.#wires) this.#apply(wire);
  }

  heal(): void {
    this.#silent.clear();
    for (const { inward } of this.#wires) inward.destroy();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    this.heal();
  }
}

function pass(from: Socket, to: Socket, data: Buffer): void {
  if (!to.write(data)) from.pause();
}

function flow(socket: Socket, on: boolean): void {
  if (on) socket.resume();
  else socket.pause();
}
