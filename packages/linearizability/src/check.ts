import type { Operation } from './history.js';
import type { Model } from './model.js';
import { Search, type SearchResult } from './search.js';

export type Verdict = 'ok' | 'illegal' | 'unknown';

export interface CheckOptions {
  /** Steps of the model that a partition may take; after that its verdict is `unknown`. */
  readonly stepsMax?: number;
  /** Milliseconds that the whole check may take, and the clock to measure them with. */
  readonly timeout?: { readonly ms: number; readonly now: () => number };
}

export interface PartitionReport<S, I, O> extends SearchResult<S, I, O> {
  readonly partition: string;
  readonly operations: number;
}

export interface Report<S, I, O> {
  /** `illegal` if a partition is; otherwise `unknown` if one could not be decided in time. */
  readonly verdict: Verdict;
  readonly partitions: readonly PartitionReport<S, I, O>[];
}

/** Is there an order of the operations that explains every answer and keeps to what happened before what? */
export function check<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  options: CheckOptions = {},
): Report<S, I, O> {
  const isOver = limitOf(options);
  const partitions: PartitionReport<S, I, O>[] = [];
  for (const [partition, part] of partitionsOf(model, operations)) {
    const result = new Search(model, model.simplified?.(part) ?? part, isOver).run();
    partitions.push({ ...result, partition, operations: part.length });
  }
  return { verdict: worst(partitions.map((each) => each.verdict)), partitions };
}

function partitionsOf<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
): Map<string, Operation<I, O>[]> {
  const parts = new Map<string, Operation<I, O>[]>();
  for (const operation of operations) {
    if (operation.result === undefined && model.readsOnly?.(operation.input)) continue;
    const name = model.partition?.(operation.input) ?? '';
    const part = parts.get(name);
    if (part) part.push(operation);
    else parts.set(name, [operation]);
  }
  return parts;
}

/** The clock is looked at now and then only. */
const LOOK_EVERY_STEPS = 256;

function limitOf({ stepsMax = Infinity, timeout }: CheckOptions): (steps: number) => boolean {
  const end = timeout && timeout.now() + timeout.ms;
  let over = false;
  return (steps) => {
    if (timeout && steps % LOOK_EVERY_STEPS === 0) over ||= timeout.now() >= end!;
    return over || steps >= stepsMax;
  };
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('illegal')) return 'illegal';
  return verdicts.includes('unknown') ? 'unknown' : 'ok';
}
