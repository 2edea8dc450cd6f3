/** What one thing had used at one moment; times are wall time in milliseconds. */
export interface Point {
  readonly at: number;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  /** When the counter began; 0: nobody said. */
  readonly startedAt: number;
}

/** The last two points of one life of a thing: with one alone there is no rate. */
export interface Points {
  readonly last: Point;
  readonly previous?: Point | undefined;
}

export interface UsageOverTime {
  readonly nanoCores: number;
  readonly memoryBytes: number;
  /** The end of the time, and how long it is. */
  readonly at: number;
  readonly windowMs: number;
}

/** A thing younger than this says little about itself. */
const FRESH_MIN_MS = 10_000;

/**
 * What is known of a thing when one more point of it has come. One that began anew counts from there; one that is younger
 * than the time between two looks counts from its beginning, when it had used nothing.
 */
export function withPoint(known: Points | undefined, point: Point, resolutionMs: number): Points {
  const age = point.at - point.startedAt;
  if (point.startedAt > 0 && age >= FRESH_MIN_MS && age < resolutionMs)
    return { last: point, previous: { ...point, at: point.startedAt, cpuNanoseconds: 0 } };
  if (known === undefined) return { last: point };
  const { last, previous } = known;
  const isAnother = point.startedAt >= last.at || point.cpuNanoseconds < last.cpuNanoseconds;
  if (isAnother) return { last: point };
  if (point.at > last.at) return { last: point, previous: last };
  return previous !== undefined && previous.at < point.at ? { last: point, previous } : { last: point };
}

/** Undefined where there are no two points. */
export function usageOverTime({ last, previous }: Points): UsageOverTime | undefined {
  if (previous === undefined) return undefined;
  const windowMs = last.at - previous.at;
  const used = last.cpuNanoseconds - previous.cpuNanoseconds;
  if (windowMs <= 0 || used < 0) return undefined;
  return {
    nanoCores: Math.floor((used * 1000) / windowMs),
    memoryBytes: last.memoryBytes,
    at: last.at,
    windowMs,
  };
}
