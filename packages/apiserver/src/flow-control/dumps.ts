import type { Clock } from '@keelson/service';
import type { QueuedRequest } from './dispatch/queued-request.js';
import type { FlowControl } from './flow-control.js';
import type { PriorityLevel } from './priority-level.js';

type Row = readonly (string | number | boolean)[];

const LEVELS: Row = [
  ...['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests'],
  ...['DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'],
];
const QUEUES: Row = [
  ...['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR'],
  ...['InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
];
const REQUESTS: Row = [
  ...['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime'],
  ...['InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime'],
];
const DETAILS: Row = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'];

/** Pages by their paths. */
export function dumpPages(
  flowControl: FlowControl,
  clock: Clock,
): ReadonlyMap<string, (query: URLSearchParams) => string> {
  const base = 'debug/api_priority_and_fairness';
  return new Map([
    [`${base}/dump_priority_levels`, () => dumpLevels(flowControl)],
    [`${base}/dump_queues`, () => dumpQueues(flowControl)],
    [
      `${base}/dump_requests`,
      (query: URLSearchParams) => {
        const details = (query.get('includeRequestDetails') ?? '') !== '';
        return dumpRequests(flowControl, { details, wallMs: clock.now(), nowMs: clock.monotonic() });
      },
    ],
  ]);
}

/** A row for each priority level. */
export function dumpLevels(flowControl: FlowControl): string {
  const rows = flowControl.levels.map(({ name, queues, isQuiescing }): Row => {
    const active = queues.queues.filter((queue) => queue.waiting.size > 0).length;
    const { dispatched, rejected, timedOut, cancelled } = queues.totals;
    const { isIdle, waiting, executing } = queues;
    return [name, active, isIdle, isQuiescing, waiting, executing, dispatched, rejected, timedOut, cancelled];
  });
  return table([LEVELS, ...rows]);
}

/** A row for each queue that has something in it. */
export function dumpQueues(flowControl: FlowControl): string {
  const rows = flowControl.levels.flatMap(({ name, queues }) =>
    queues.queues.map((it): Row => {
      const { index, waiting, executing, seatsInUse, nextDispatchR } = it;
      const sums = [it.waitingInitialSeats, it.waitingSeats, seatSeconds(it.waitingWork)];
      return [name, index, waiting.size, executing.size, seatsInUse, seatSeconds(nextDispatchR), ...sums];
    }),
  );
  return table([QUEUES, ...rows]);
}

/** A row for each request that waits or is served. `wallMs` minus `nowMs` is what the levels' clock is behind. */
export function dumpRequests(
  flowControl: FlowControl,
  { details, wallMs, nowMs }: { details: boolean; wallMs: number; nowMs: number },
): string {
  const time = (at: number) => new Date(wallMs - nowMs + at).toISOString();
  const row = (level: PriorityLevel, queue: number, index: number, request: QueuedRequest): Row => {
    const { work, counts, flow } = request;
    const started = request.phase === 'waiting' ? '0001-01-01T00:00:00Z' : time(request.startMs);
    const seats = [work.initialSeats, work.finalSeats, `${work.lingerMs}ms`];
    const common = [level.name, counts.schema, queue, index, flow, time(request.arrivalMs), ...seats, started];
    return details ? [...common, ...detailsOf(request)] : common;
  };
  const rows = flowControl.levels.flatMap((level) => [
    ...level.queues.queues.flatMap(({ index: queue, waiting, executing }) => [
      ...[...waiting].map((it, index) => row(level, queue, index, it)),
      ...[...executing].map((it) => row(level, queue, -1, it)),
    ]),
    ...[...level.queues.queueless].map((it) => row(level, -1, -1, it)),
  ]);
  return table([details ? [...REQUESTS, ...DETAILS] : REQUESTS, ...rows]);
}

function detailsOf({ asked }: QueuedRequest): Row {
  const { user, verb, namespace, name, group, version = '', resource, subresource } = asked;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return [user.user, verb, asked.nonResourcePath ?? '', namespace, name, apiVersion, resource, subresource];
}

function seatSeconds(seatMilliseconds: number): string {
  return `${(seatMilliseconds / 1000).toFixed(8)}ss`;
}

/** Columns at least eight wide, with a comma and a space after each but the last. */
function table(rows: readonly Row[]): string {
  const texts = rows.map((row) => row.map((cell, at) => `${cell}${at < row.length - 1 ? ',' : ''}`));
  const widths = (texts[0] ?? []).map((_, at) => Math.max(8, ...texts.map((row) => row[at]!.length + 1)));
  const line = (row: string[]) =>
    row.map((cell, at) => (at < row.length - 1 ? cell.padEnd(widths[at]!) : cell)).join('');
  return texts.map((row) => `${line(row)}\n`).join('');
}
