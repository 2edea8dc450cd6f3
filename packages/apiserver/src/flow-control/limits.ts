import type { Clock, Registry as Metrics } from '@keelson/service';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { FlowControl } from './flow-control.js';
import { FlowMetrics } from './flow-metrics.js';
import { InFlightLimit, type InFlightOptions } from './in-flight.js';
import type { Limiter } from './limiter.js';
import { WatchBound } from './watch-bound.js';
import { WatchTracker } from './watch-tracker.js';
import { WorkEstimator } from './work-estimator.js';

export interface LimitOptions extends InFlightOptions {
  /** Whether requests are of priority levels, which share the sum of both limits. */
  fairness: boolean;
  /** Of one user at once; 0: no limit. */
  watchesMax: number;
}

export interface LimitDependencies {
  clock: Clock;
  metrics: Metrics;
  /** How many objects there are of what is asked for. */
  objects: (asked: AuthorizationAttributes) => number | undefined;
}

/** What limits requests, as the flags say. */
export function limiterOf(
  options: LimitOptions,
  { clock, metrics, objects }: LimitDependencies,
): { limiter: Limiter; flowControl: FlowControl | undefined } {
  const bounded = (inner: Limiter) => new WatchBound(options.watchesMax, inner);
  if (!options.fairness) return { limiter: bounded(new InFlightLimit(options)), flowControl: undefined };
  const watches = new WatchTracker();
  const flowControl = new FlowControl(
    { seats: options.readonlyMax + options.mutatingMax },
    { clock, watches, estimator: new WorkEstimator({ objects, watches }), metrics: new FlowMetrics(metrics, clock) },
  );
  return { limiter: bounded(flowControl), flowControl };
}

export function limitOptions(flags: {
  'enable-priority-and-fairness': boolean;
  'max-requests-inflight': number;
  'max-mutating-requests-inflight': number;
  'max-watches-per-user': number;
}): LimitOptions {
  return {
    fairness: flags['enable-priority-and-fairness'],
    readonlyMax: flags['max-requests-inflight'],
    mutatingMax: flags['max-mutating-requests-inflight'],
    watchesMax: flags['max-watches-per-user'],
  };
}

/** Undefined: they are fine. */
export function limitProblem({ fairness, readonlyMax, mutatingMax, watchesMax }: LimitOptions): string | undefined {
  const flags = {
    '--max-requests-inflight': readonlyMax,
    '--max-mutating-requests-inflight': mutatingMax,
    '--max-watches-per-user': watchesMax,
  };
  for (const [flag, value] of Object.entries(flags))
    if (!Number.isSafeInteger(value) || value < 0) return `${flag}: ${value} is not a whole number from 0 on`;
  if (fairness && readonlyMax + mutatingMax === 0)
    return '--max-requests-inflight and --max-mutating-requests-inflight: with --enable-priority-and-fairness their sum must be positive';
  return undefined;
}
