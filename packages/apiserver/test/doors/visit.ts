import assert from 'node:assert/strict';
import { comparable } from './compared.js';
import { type Call, type Caller, type Door, type DoorEvent, type Outcome, Refused, type WatchCall } from './door.js';

/** Refusals that are texts over REST. */
const TEXTS: ReadonlySet<string> = new Set(['404 page not found']);

/** The code with which a request is to be refused, and the beginning of what is said, or a part of it. */
export type Refusal = number | readonly [code: number, message: RegExp];

/** A behaviour of the server, shown by requests that are the same at each door. */
export interface Behaviour {
  readonly name: string;
  run(visit: Visit): Promise<void>;
}

/** One door, visited by one behaviour: in a namespace of its own, and with everything that is answered written down. */
export class Visit {
  readonly door: Door;
  /** For names that are of the cluster: what is different between two visits is this word. */
  readonly tag: string;
  readonly namespace: string;
  readonly #answers: unknown[] = [];

  constructor(door: Door, namespace: string, tag: string) {
    this.door = door;
    this.tag = tag;
    this.namespace = `${namespace}-${tag}`;
  }

  get answers(): unknown[] {
    return this.#answers.map((answer) => comparable(answer, this.tag));
  }

  note(what: unknown): void {
    this.#answers.push(what);
  }

  async ask(call: Call): Promise<Record<string, unknown>> {
    const outcome = await this.door.ask(this.#placed(call));
    this.note(outcome);
    assert.equal(outcome.refused, undefined, `${this.door.name}: ${JSON.stringify(outcome.refused)}`);
    return outcome.object as Record<string, unknown>;
  }

  async refused(call: Call, refusal: Refusal): Promise<void> {
    this.#checkRefused(await this.door.ask(this.#placed(call)), refusal);
  }

  async refusedStream(verb: 'exec' | 'attach', pod: string, refusal: Refusal, as?: Caller): Promise<void> {
    this.#checkRefused(await this.door.refusedStream(verb, this.namespace, pod, as), refusal);
  }

  async refusedLogs(pod: string, container: string, refusal: Refusal, as?: Caller): Promise<void> {
    this.#checkRefused(await this.door.logs(this.namespace, pod, container, as), refusal);
  }

  /** The first events of a watch; `meanwhile` runs once it stands. Undefined: all, until it ends by itself. */
  async watch(call: WatchCall, count: number | undefined, meanwhile?: () => Promise<void>): Promise<DoorEvent[]> {
    const watch = await this.door.watch(this.#placed(call));
    await meanwhile?.();
    const events: DoorEvent[] = [];
    while (events.length !== count) {
      const { done, value } = await watch.events.next();
      if (done === true) break;
      events.push(value);
    }
    watch.close();
    this.note({ warnings: watch.warnings, events });
    if (count !== undefined) assert.equal(events.length, count);
    return events;
  }

  async refusedWatch(call: WatchCall, refusal: Refusal): Promise<void> {
    try {
      const watch = await this.door.watch(this.#placed(call));
      await watch.events.next();
      watch.close();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#checkRefused({ ...error.outcome, headers: {} }, refusal);
      return;
    }
    assert.fail(`${this.door.name}: the watch was not refused`);
  }

  #checkRefused(outcome: Outcome, refusal: Refusal): void {
    const { refused: { code: answered, message: said = '' } = {} } = outcome;
    // What REST says in a line of text has no more than that.
    this.note(TEXTS.has(said) ? { ...outcome, refused: { code: answered, message: said } } : outcome);
    const [code, message] = typeof refusal === 'number' ? [refusal, /^/] : refusal;
    const told = outcome.refused;
    assert.equal(told?.code, code, `${this.door.name}: ${JSON.stringify(told ?? outcome.object)}`);
    assert.match(told?.message ?? '', message, this.door.name);
  }

  #placed<C extends WatchCall>(call: C): C {
    return { namespace: this.namespace, ...call };
  }
}
