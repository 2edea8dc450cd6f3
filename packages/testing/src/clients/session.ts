import { status } from '@grpc/grpc-js';
import { History, type KeyValueInput, type KeyValueOutput } from '@keelson/linearizability';
import type { Oracle } from '../checks/oracle.js';
import type { Dice } from '../sim/dice.js';
import { CallError, type Door } from '../sim/door.js';
import type { SimMember } from '../sim/member.js';
import type { World } from '../sim/world.js';

/** What clients share: the cluster as they see it, and the record of what they saw. */
export class Clients {
  readonly world: World;
  readonly oracle: Oracle;
  readonly history = new History<KeyValueInput, KeyValueOutput>();
  /** Every read that begins from now on must see at least this. */
  acknowledged = 1;
  /** Clients end what they are at and do no more. */
  stopped = false;
  succeeded = 0;
  readonly #members: () => readonly SimMember[];

  constructor(world: World, oracle: Oracle, members: () => readonly SimMember[]) {
    this.world = world;
    this.oracle = oracle;
    this.#members = members;
  }

  /** Clients try any member, also one that is down. */
  anyMember(dice: Dice): SimMember {
    return dice.pick(this.#members());
  }

  /** Sends a request to a member. Nothing between clients and members is cut, but members die. @throws CallError */
  call<T>(member: SimMember, dice: Dice, run: (door: Door) => Promise<T>): Promise<T> {
    const { world } = this;
    return new Promise((resolve, reject) => {
      const lag = () => dice.between(0.1, 3);
      world.after(lag(), () => {
        if (!member.running) {
          reject(new Unsent());
          return;
        }
        const forget = member.onDeath(() =>
          finish(() => reject(new CallError(status.UNAVAILABLE, 'connection reset'))),
        );
        const timeout = world.after(dice.between(1_000, 9_000), () =>
          finish(() => reject(new CallError(status.DEADLINE_EXCEEDED, 'deadline exceeded'))),
        );
        const finish = (settle: () => void) => {
          forget();
          timeout.cancel();
          settle();
        };
        member.life!.post(0, () => {
          run(member.door!).then(
            (result) => world.after(lag(), () => finish(() => resolve(result))),
            (error: unknown) => world.after(lag(), () => finish(() => reject(error))),
          );
        });
      });
    });
  }

  saw(revision: number): void {
    this.acknowledged = Math.max(this.acknowledged, revision);
  }
}

/** It never reached a member. */
class Unsent extends CallError {
  constructor() {
    super(status.UNAVAILABLE, 'connection refused');
  }
}

const REFUSALS: readonly status[] = [
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.OUT_OF_RANGE,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
];

/** The request certainly had no effect and will have none. */
export function hadNoEffect(error: unknown): boolean {
  if (!(error instanceof CallError)) throw error;
  return error instanceof Unsent || REFUSALS.includes(error.code);
}
