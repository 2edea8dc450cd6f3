import type { Dice } from './dice.js';
import type { Packet } from './member.js';

/** Chances are per message, in percent; delays in steps. */
export interface NetworkFaults {
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly delayMax: number;
  /** Of the messages, how many take much longer, and how long at the most. */
  readonly tailPercent: number;
  readonly tailMax: number;
  /** Connections: nothing overtakes on a link, and what is under way is lost with either end. */
  readonly fifo: boolean;
}

/** Brings packets from member to member as well as its faults let it. */
export class Network {
  readonly #dice: Dice;
  readonly #faults: NetworkFaults;
  readonly #lost: (packet: Packet) => void;
  readonly #cut = new Set<string>();
  /** By the step in which they arrive. */
  readonly #flights = new Map<number, Packet[]>();
  readonly #lastArrival = new Map<string, number>();
  #step = 0;
  calm = false;

  /** `lost` is told of what is known at once not to arrive. */
  constructor(dice: Dice, faults: NetworkFaults, lost: (packet: Packet) => void) {
    this.#dice = dice;
    this.#faults = faults;
    this.#lost = lost;
  }

  cut(from: string, to: string): void {
    this.#cut.add(link(from, to));
  }

  heal(): void {
    this.#cut.clear();
  }

  send(packet: Packet): void {
    const { from, to } = packet.message;
    if (this.#cut.has(link(from, to)) || this.#chance(this.#faults.lossPercent)) {
      this.#lost(packet);
      return;
    }
    this.#launch(packet);
    if (this.#chance(this.#faults.duplicatePercent)) this.#launch(packet);
  }

  #chance(percent: number): boolean {
    return !this.calm && percent > 0 && this.#dice(100) < percent;
  }

  #launch(packet: Packet): void {
    let arrives = this.#step + this.#delay();
    if (this.#faults.fifo) {
      const on = link(packet.message.from, packet.message.to);
      arrives = Math.max(arrives, this.#lastArrival.get(on) ?? 0);
      this.#lastArrival.set(on, arrives);
    }
    const flights = this.#flights.get(arrives);
    if (flights) flights.push(packet);
    else this.#flights.set(arrives, [packet]);
  }

  #delay(): number {
    if (this.calm) return 1;
    const { delayMax, tailPercent, tailMax } = this.#faults;
    return 1 + this.#dice(this.#chance(tailPercent) ? tailMax : delayMax);
  }

  /** The next step: what arrives in it. */
  arrivals(): readonly Packet[] {
    this.#step += 1;
    const due = this.#flights.get(this.#step) ?? [];
    this.#flights.delete(this.#step);
    return due;
  }

  /** The process at one end is gone: what is under way on a link arrives, or none of it. */
  disconnect(id: string): void {
    const broken = new Map<string, boolean>();
    const isLost = ({ message: { from, to } }: Packet) => {
      if (from !== id && to !== id) return false;
      const on = link(from, to);
      if (!broken.has(on)) broken.set(on, this.#dice(2) === 0);
      return broken.get(on)!;
    };
    for (const [step, packets] of this.#flights) {
      this.#flights.set(
        step,
        packets.filter((packet) => !isLost(packet)),
      );
    }
  }
}

function link(from: string, to: string): string {
  return `${from}>${to}`;
}
