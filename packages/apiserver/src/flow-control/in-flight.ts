import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { SUPERUSERS } from '../auth/user.js';
import { FREE, type Limiter, type Ticket } from './limiter.js';
import { Overloaded } from './overloaded.js';
import { isMutating } from './verbs.js';

export interface InFlightOptions {
  /** Upstream's --max-requests-inflight and --max-mutating-requests-inflight; 0: no limit. */
  readonlyMax: number;
  mutatingMax: number;
}

/** Two plain limits, where priority and fairness are off. Long-running requests do not count, and superusers pass. */
export class InFlightLimit implements Limiter {
  readonly #readonly: Slots;
  readonly #mutating: Slots;

  constructor({ readonlyMax, mutatingMax }: InFlightOptions) {
    this.#readonly = new Slots(readonlyMax);
    this.#mutating = new Slots(mutatingMax);
  }

  get inFlight() {
    return { readOnly: this.#readonly.taken, mutating: this.#mutating.taken };
  }

  admit({ verb, user }: AuthorizationAttributes): Ticket {
    if (verb === 'watch') return FREE;
    const slots = isMutating(verb) ? this.#mutating : this.#readonly;
    if (slots.areTaken && !user.groups.includes(SUPERUSERS)) throw new Overloaded(1);
    return slots.take();
  }
}

class Slots {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  get areTaken(): boolean {
    return this.#max > 0 && this.#taken >= this.#max;
  }

  take(): Ticket {
    this.#taken++;
    let isTaken = true;
    const release = () => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
    return { by: undefined, watching() {}, release };
  }
}
