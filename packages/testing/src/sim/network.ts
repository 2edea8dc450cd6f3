import type { World } from './world.js';

export interface NetworkFaults {
  lossPercent: number;
  duplicatePercent: number;
  latencyMs: readonly [number, number];
}

export function healthyNetwork(): NetworkFaults {
  return { lossPercent: 0, duplicatePercent: 0, latencyMs: [0.2, 2] };
}

/** The wires between members: each direction by itself may be cut, lose, repeat, delay and so reorder. */
export class Network {
  readonly #world: World;
  readonly faults = healthyNetwork();
  readonly #cut = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(`${from}>${to}`);
  }

  /** One message; `lost` is called if it is and the sender may notice. */
  send(from: string, to: string, deliver: () => void, lost: () => void): void {
    const { dice } = this.#world;
    const { lossPercent, duplicatePercent } = this.faults;
    if (this.isCut(from, to) || dice.chance(lossPercent / 100)) {
      if (dice.chance(0.5)) this.#world.after(this.#delay(), lost);
      return;
    }
    const arrive = () => {
      if (!this.isCut(from, to)) deliver();
    };
    this.#world.after(this.#delay(), arrive);
    if (dice.chance(duplicatePercent / 100)) this.#world.after(this.#delay() * 3, arrive);
  }

  #delay(): number {
    const { dice } = this.#world;
    const [low, high] = this.faults.latencyMs;
    // Now and then one is overtaken by many.
    return dice.between(low, high) * (dice.chance(0.02) ? 20 : 1);
  }

  /** A call and its answer over a connection: nothing is lost but by a cut, which shows as a time-out. */
  call<T>(
    from: string,
    to: string,
    run: (answer: (result: T) => void, fail: (error: unknown) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const timeout = this.#world.after(5_000, () => reject(new Error('the connection timed out')));
      const back = (settle: () => void) =>
        this.send(
          to,
          from,
          () => {
            timeout.cancel();
            settle();
          },
          () => undefined,
        );
      this.send(
        from,
        to,
        () =>
          run(
            (result) => back(() => resolve(result)),
            (error) => back(() => reject(error)),
          ),
        () => undefined,
      );
    });
  }
}
