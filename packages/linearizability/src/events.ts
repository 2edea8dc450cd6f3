import type { Operation } from './history.js';

/** A call or the return of an operation whose outcome is known, in a list by time from which calls can be taken out. */
export class Event<I, O> {
  readonly operation: Operation<I, O>;
  /** By order of call. */
  readonly index: number;
  readonly time: number;
  /** The call's return; undefined for a return. */
  readonly matching: Event<I, O> | undefined;
  previous: Event<I, O> | undefined;
  next: Event<I, O> | undefined;

  constructor(operation: Operation<I, O>, index: number, time: number, matching: Event<I, O> | undefined) {
    this.operation = operation;
    this.index = index;
    this.time = time;
    this.matching = matching;
  }
}

/** The calls and returns that are not placed yet. */
export class EventList<I, O> {
  first: Event<I, O> | undefined;
  readonly calls: number;

  /** Each operation must have a result. */
  constructor(operations: readonly Operation<I, O>[]) {
    const ordered = [...operations].sort((a, b) => a.call - b.call);
    const events = ordered.flatMap((operation, index) => {
      const returned = new Event(operation, index, operation.result!.at, undefined);
      return [new Event(operation, index, operation.call, returned), returned];
    });
    // At the same moment calls come first: such operations count as concurrent.
    events.sort((a, b) => a.time - b.time || Number(b.matching !== undefined) - Number(a.matching !== undefined));
    this.calls = ordered.length;
    let last: Event<I, O> | undefined;
    for (const event of events) {
      event.previous = last;
      if (last) last.next = event;
      else this.first = event;
      last = event;
    }
  }

  /** Takes a call and its return out. */
  lift(call: Event<I, O>): void {
    this.#unlink(call);
    this.#unlink(call.matching!);
  }

  /** Puts back what was lifted last. */
  unlift(call: Event<I, O>): void {
    this.#relink(call.matching!);
    this.#relink(call);
  }

  #unlink(event: Event<I, O>): void {
    if (event.previous) event.previous.next = event.next;
    else this.first = event.next;
    if (event.next) event.next.previous = event.previous;
  }

  #relink(event: Event<I, O>): void {
    if (event.previous) event.previous.next = event;
    else this.first = event;
    if (event.next) event.next.previous = event;
  }
}
