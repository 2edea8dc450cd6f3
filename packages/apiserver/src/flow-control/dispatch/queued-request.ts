import type { AuthorizationAttributes } from '../../auth/authorizer.js';
import type { FlowCounts } from './flow-counts.js';
import { seatsOf, type Work } from './work.js';

export type Phase = 'new' | 'waiting' | 'executing' | 'lingering' | 'over';

/** What a request takes to go through a QueueSet; times are of the caller's clock, R is the set's progress. */
export interface Arrival {
  readonly work: Work;
  /** Of the schema that the request matched. */
  readonly counts: FlowCounts;
  /** Which of the schema's flows it belongs to. */
  readonly flow: string;
  /** What it is about: for those who look at the server. */
  readonly asked: AuthorizationAttributes;
}

export interface RequestQueue {
  readonly index: number;
  /** Oldest first. */
  readonly waiting: Set<QueuedRequest>;
  readonly executing: Set<QueuedRequest>;
  /** Of those that wait, weighed. */
  waitingWork: number;
  waitingSeats: number;
  waitingInitialSeats: number;
  seatsInUse: number;
  /** Of those that execute: initial seats, and each's times its start. */
  servedSeats: number;
  servedSince: number;
  /** The R at which its next request would start in the virtual world, but for what executes longer than guessed. */
  nextDispatchR: number;
}

/** A request on its way through a QueueSet, which alone changes it. */
export class QueuedRequest {
  readonly counts: FlowCounts;
  readonly flow: string;
  readonly asked: AuthorizationAttributes;
  readonly work: Work;
  readonly seats: number;
  /** Called when it may go on after it had to wait. */
  onStart: (() => void) | undefined;
  phase: Phase = 'new';
  queue: RequestQueue | undefined;
  arrivalR = 0;
  arrivalMs = 0;
  startMs = 0;

  constructor({ work, counts, flow, asked }: Arrival) {
    this.work = work;
    this.counts = counts;
    this.flow = flow;
    this.asked = asked;
    this.seats = seatsOf(work);
  }
}
