import { Pace, type Steps } from '../steps.js';

interface Job {
  readonly steps: Steps<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Where work that may be large is done for clients: all of it together takes no more than a step a turn of the event
 * loop, however many ask. What is small is done at once.
 */
export class Lane {
  readonly pace: Pace;
  readonly #defer: (run: () => void) => void;
  #waiting: Job[] = [];
  #scheduled = false;

  constructor(options: { readonly unitsPerStep: number }, dependencies: { readonly defer: (run: () => void) => void }) {
    this.pace = new Pace(options.unitsPerStep);
    this.#defer = dependencies.defer;
  }

  /** Drives work, which goes by the lane's pace, to its end. */
  run<T>(steps: Steps<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const job = { steps, resolve: resolve as Job['resolve'], reject };
      if (this.pace.usedUp || !this.#drive(job)) this.#waiting.push(job);
      this.#schedule();
    });
  }

  /** Does a job's next part; true if that was its last. */
  #drive(job: Job): boolean {
    try {
      const step = job.steps.next();
      if (!step.done) return false;
      job.resolve(step.value);
    } catch (error) {
      job.reject(error);
    }
    return true;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#defer(() => {
      this.#scheduled = false;
      this.pace.renew();
      this.#turn();
    });
  }

  /** One after another, each as far as the step goes. */
  #turn(): void {
    let done = 0;
    while (done < this.#waiting.length && !this.pace.usedUp) {
      const job = this.#waiting[done]!;
      done += 1;
      if (!this.#drive(job)) this.#waiting.push(job);
    }
    this.#waiting.splice(0, done);
    if (this.#waiting.length > 0) this.#schedule();
  }
}
