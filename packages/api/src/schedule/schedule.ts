/** When something is to happen, again and again. Times are milliseconds since the Unix epoch. */
export interface Schedule {
  /** The first time after another; undefined if there is none within five years. */
  next(after: number): number | undefined;
  /** The last time after one and not after another; undefined if there is none. */
  last(after: number, until: number): number | undefined;
}
