import type { Refusal } from './flow-counts.js';
import { type Arrival, QueuedRequest, type RequestQueue } from './queued-request.js';
import type { Work } from './work.js';

/** How requests of a priority level wait. */
export interface Queueing {
  /** 0: nothing waits, what has no seat is refused. */
  readonly queues: number;
  readonly queueLengthLimit: number;
}

/** What is exempt is counted, and never waits. */
export type Limit = number | 'exempt';

/** How long a request is taken to be served before it is known. */
const GUESSED_SERVICE_MS = 3;

/**
 * Fair queuing for requests of one priority level: those of different queues get the same share of the seats. Each
 * queue has a virtual time at which its next request would start if every queue had been served bit by bit; the
 * request that would be through first goes first. Knows no clock: whoever calls says what time it is, never less than
 * before.
 */
export class QueueSet {
  /** Only those that have something in them. */
  readonly #queues = new Map<number, RequestQueue>();
  /** What executes without ever having been in a queue. */
  readonly #queueless = new Set<QueuedRequest>();
  readonly #onDemand: (seats: number, now: number) => void;
  #queueing: Queueing = { queues: 0, queueLengthLimit: 0 };
  #limit: Limit = 0;
  /** Seat-milliseconds given to each queue that had something to do, since the beginning. */
  #r = 0;
  #lastMs: number;
  /** The queue that was served last: of equals, those behind it come first. */
  #robin = 0;
  #dealt = 0;
  #busyQueues = 0;
  #waiting = 0;
  #waitingSeats = 0;
  #executing = 0;
  #seatsInUse = 0;
  lastDispatch = { progress: 0, virtualStart: 0 };
  readonly totals = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 };

  /** `onDemand` hears how many seats are in use or waited for, whenever that changes. */
  constructor(now: number, onDemand: (seats: number, now: number) => void = () => {}) {
    this.#lastMs = now;
    this.#onDemand = onDemand;
  }

  /** What waits in queues that are no more is still served from them. */
  configure(queueing: Queueing, limit: Limit, now: number): void {
    this.#sync(now);
    this.#queueing = queueing;
    this.#limit = limit;
    this.#dispatchAll(now);
  }

  /** Takes a request in: it executes at once or waits, in the queue of `hand` with the least work. */
  start(arrival: Arrival, hand: readonly number[], now: number): QueuedRequest | Refusal {
    this.#sync(now);
    const request = new QueuedRequest({ ...arrival, work: this.#fitting(arrival.work) });
    request.arrivalMs = now;
    request.arrivalR = this.#r;
    if (this.#limit === 'exempt' || this.#queueing.queues === 0 || hand.length === 0) {
      if (!this.#hasRoomFor(request.seats)) return this.#refused(request, 'concurrency-limit');
      this.#execute(request, now);
      return request;
    }
    const queue = this.#queueOf(hand);
    const isFull = queue.waiting.size >= this.#queueing.queueLengthLimit;
    if (isFull && this.#seatsInUse >= this.#limit) {
      this.#dropIfEmpty(queue);
      return this.#refused(request, 'queue-full');
    }
    this.#enqueue(request, queue);
    this.#dispatchAll(now);
    if (request.phase === 'waiting') this.#onDemand(this.demand, now);
    return request;
  }

  /** Takes a request out that still waits. False: it does not. */
  withdraw(request: QueuedRequest, why: 'time-out' | 'cancelled', now: number): boolean {
    if (request.phase !== 'waiting') return false;
    this.#sync(now);
    const queue = request.queue!;
    this.#takeOut(request, queue);
    request.phase = 'over';
    this.#settle(queue);
    this.#bound(queue, now);
    this.#refused(request, why);
    this.#dropIfEmpty(queue);
    // It may have been what the others waited behind.
    this.#dispatchAll(now);
    this.#onDemand(this.demand, now);
    return true;
  }

  /** The request is served. Its seats are free, or after so many milliseconds, when `release` is to be called. */
  finish(request: QueuedRequest, now: number): number {
    if (request.phase !== 'executing') return 0;
    this.#sync(now);
    const { queue, work, counts } = request;
    this.#executing--;
    counts.executing--;
    if (queue === undefined) this.#queueless.delete(request);
    else {
      queue.executing.delete(request);
      queue.servedSeats -= work.initialSeats;
      queue.servedSince -= work.initialSeats * request.startMs;
      queue.nextDispatchR -= work.initialSeats * (GUESSED_SERVICE_MS - (now - request.startMs));
      this.#settle(queue);
      this.#bound(queue, now);
    }
    if (work.lingerMs > 0) {
      request.phase = 'lingering';
      this.#onDemand(this.demand, now);
      return work.lingerMs;
    }
    this.#free(request, now);
    return 0;
  }

  /** The request's final seats are free. */
  release(request: QueuedRequest, now: number): void {
    if (request.phase !== 'lingering') return;
    this.#sync(now);
    this.#free(request, now);
  }

  /** Seats that are in use or waited for. */
  get demand(): number {
    return this.#seatsInUse + this.#waitingSeats;
  }

  get isIdle(): boolean {
    return this.#waiting === 0 && this.#executing === 0;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get executing(): number {
    return this.#executing;
  }

  get seatsInUse(): number {
    return this.#seatsInUse;
  }

  get progress(): number {
    return this.#r;
  }

  /** In the order of their indexes. */
  get queues(): readonly RequestQueue[] {
    return [...this.#queues.values()].sort((a, b) => a.index - b.index);
  }

  get queueless(): ReadonlySet<QueuedRequest> {
    return this.#queueless;
  }

  /** Progress goes on at the rate at which each busy queue could have been served since it was looked at last. */
  #sync(now: number): void {
    const elapsed = now - this.#lastMs;
    if (elapsed <= 0) return;
    this.#lastMs = now;
    if (this.#busyQueues === 0 || this.#limit === 'exempt') return;
    this.#r += (elapsed * Math.min(this.demand, this.#limit)) / this.#busyQueues;
  }

  #hasRoomFor(seats: number): boolean {
    const limit = this.#limit;
    if (limit === 'exempt') return true;
    // What is wider than everything there is waits until it is alone.
    if (seats > limit) return limit > 0 && this.#executing === 0 && this.#seatsInUse === 0;
    return this.#seatsInUse + seats <= limit;
  }

  /** Final seats that there are not all are fewer for longer. */
  #fitting(work: Work): Work {
    const limit = this.#limit;
    if (limit === 'exempt' || limit === 0 || work.finalSeats <= limit) return work;
    return { ...work, finalSeats: limit, lingerMs: (work.lingerMs * work.finalSeats) / limit };
  }

  #queueOf(hand: readonly number[]): RequestQueue {
    // Where two flows' hands overlap neither is to be served first because of the order in which they were dealt.
    const offset = this.#dealt++ % hand.length;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < hand.length; at++) {
      const index = hand[(offset + at) % hand.length]!;
      const work = this.#queues.get(index)?.waitingWork ?? 0;
      if (work >= least) continue;
      least = work;
      best = index;
    }
    let queue = this.#queues.get(best);
    if (queue === undefined) {
      queue = newQueue(best);
      this.#queues.set(best, queue);
    }
    return queue;
  }

  #enqueue(request: QueuedRequest, queue: RequestQueue): void {
    if (queue.waiting.size === 0 && queue.executing.size === 0) {
      queue.nextDispatchR = this.#r;
      this.#busyQueues++;
    }
    const { seats, counts } = request;
    queue.waiting.add(request);
    queue.waitingWork += workOf(request);
    queue.waitingSeats += seats;
    queue.waitingInitialSeats += request.work.initialSeats;
    request.queue = queue;
    request.phase = 'waiting';
    this.#waiting++;
    this.#waitingSeats += seats;
    counts.waiting++;
    counts.waitingSeats += seats;
  }

  #takeOut(request: QueuedRequest, queue: RequestQueue): void {
    const { seats, counts } = request;
    queue.waiting.delete(request);
    queue.waitingWork = queue.waiting.size === 0 ? 0 : queue.waitingWork - workOf(request);
    queue.waitingSeats -= seats;
    queue.waitingInitialSeats -= request.work.initialSeats;
    this.#waiting--;
    this.#waitingSeats -= seats;
    counts.waiting--;
    counts.waitingSeats -= seats;
  }

  #dispatchAll(now: number): void {
    while (this.#waiting > 0) {
      const queue = this.#nextQueue(now);
      const request = oldest(queue);
      if (!this.#hasRoomFor(request.seats)) {
        request.counts.notAccommodated++;
        return;
      }
      this.#robin = queue.index;
      this.#takeOut(request, queue);
      queue.executing.add(request);
      queue.seatsInUse += request.seats;
      this.lastDispatch = { progress: this.#r, virtualStart: virtualStart(queue, now) };
      queue.nextDispatchR += workOf(request);
      queue.servedSeats += request.work.initialSeats;
      queue.servedSince += request.work.initialSeats * now;
      this.#bound(queue, now);
      this.#execute(request, now);
    }
  }

  /** The queue whose oldest request would be through first; there is one that waits. */
  #nextQueue(now: number): RequestQueue {
    let best: RequestQueue | undefined;
    let soonest = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      if (queue.waiting.size === 0) continue;
      const finish = virtualStart(queue, now) + workOf(oldest(queue));
      if (finish > soonest || (finish === soonest && !this.#isBefore(queue, best!))) continue;
      soonest = finish;
      best = queue;
    }
    return best!;
  }

  /** In turn, from the queue behind the one that was served last. */
  #isBefore(one: RequestQueue, other: RequestQueue): boolean {
    const isBehind = one.index > this.#robin;
    return isBehind === other.index > this.#robin ? one.index < other.index : isBehind;
  }

  #execute(request: QueuedRequest, now: number): void {
    const { seats, counts } = request;
    request.phase = 'executing';
    request.startMs = now;
    if (request.queue === undefined) this.#queueless.add(request);
    this.#executing++;
    this.#seatsInUse += seats;
    counts.executing++;
    counts.executingSeats += seats;
    counts.dispatched++;
    this.totals.dispatched++;
    this.#onDemand(this.demand, now);
    request.onStart?.();
  }

  #free(request: QueuedRequest, now: number): void {
    const { seats, counts, queue } = request;
    request.phase = 'over';
    this.#seatsInUse -= seats;
    counts.executingSeats -= seats;
    if (queue !== undefined) {
      queue.seatsInUse -= seats;
      this.#dropIfEmpty(queue);
    }
    this.#dispatchAll(now);
    this.#onDemand(this.demand, now);
  }

  /** A queue that has nothing to do any more takes no part in the progress. */
  #settle(queue: RequestQueue): void {
    if (queue.waiting.size === 0 && queue.executing.size === 0) this.#busyQueues--;
  }

  /** A queue that could not use its share does not save it up: nothing starts before it arrived. */
  #bound(queue: RequestQueue, now: number): void {
    if (queue.waiting.size === 0) return;
    queue.nextDispatchR = Math.max(queue.nextDispatchR, oldest(queue).arrivalR - overrun(queue, now));
  }

  #dropIfEmpty(queue: RequestQueue): void {
    if (queue.waiting.size === 0 && queue.executing.size === 0 && queue.seatsInUse === 0)
      this.#queues.delete(queue.index);
  }

  #refused(request: QueuedRequest, why: Refusal): Refusal {
    request.phase = 'over';
    request.counts.rejected[why]++;
    this.totals.rejected++;
    if (why === 'time-out') this.totals.timedOut++;
    if (why === 'cancelled') this.totals.cancelled++;
    return why;
  }
}

function newQueue(index: number): RequestQueue {
  return {
    index,
    waiting: new Set(),
    executing: new Set(),
    waitingWork: 0,
    waitingSeats: 0,
    waitingInitialSeats: 0,
    seatsInUse: 0,
    servedSeats: 0,
    servedSince: 0,
    nextDispatchR: 0,
  };
}

/**
 * What is executing longer than it was guessed counts as it goes on: whoever has many long requests would otherwise be
 * taken for one who has had little until they are over, and go before everybody who comes.
 */
function overrun({ servedSeats, servedSince }: RequestQueue, now: number): number {
  return Math.max(0, servedSeats * (now - GUESSED_SERVICE_MS) - servedSince);
}

function virtualStart(queue: RequestQueue, now: number): number {
  return queue.nextDispatchR + overrun(queue, now);
}

function oldest(queue: RequestQueue): QueuedRequest {
  return queue.waiting.values().next().value!;
}

/** Seat-milliseconds. */
function workOf({ work: { initialSeats, finalSeats, lingerMs } }: QueuedRequest): number {
  return initialSeats * GUESSED_SERVICE_MS + finalSeats * lingerMs;
}
