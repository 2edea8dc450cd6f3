export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled';

/** What became of one schema's requests in one priority level. */
export class FlowCounts {
  readonly schema: string;
  waiting = 0;
  waitingSeats = 0;
  executing = 0;
  executingSeats = 0;
  dispatched = 0;
  /** Times that one of them was next and had to wait for seats. */
  notAccommodated = 0;
  readonly rejected: Record<Refusal, number> = {
    'queue-full': 0,
    'concurrency-limit': 0,
    'time-out': 0,
    cancelled: 0,
  };

  constructor(schema: string) {
    this.schema = schema;
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0 && this.executingSeats === 0;
  }
}
