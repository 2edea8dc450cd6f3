/** What a request is expected to cost: seats while it is served, and seats that stay taken for a while afterwards. */
export interface Work {
  readonly initialSeats: number;
  readonly finalSeats: number;
  /** For how long the final seats stay taken. The caller does not wait for it. */
  readonly lingerMs: number;
  /** How many watches see what it changes, where it changes something. */
  readonly watches?: number;
}

export const ONE_SEAT: Work = { initialSeats: 1, finalSeats: 0, lingerMs: 0 };

/** What a request takes from its start to the end of its lingering. */
export function seatsOf({ initialSeats, finalSeats }: Work): number {
  return Math.max(initialSeats, finalSeats);
}
