import type { PartitionReport, Report } from './check.js';
import type { Operation } from './history.js';
import type { Model } from './model.js';

/** Operations shown of the longest beginning: the trouble is near its end. */
const SHOWN = 12;

/** A report for people: what is wrong with each partition that is not in order. */
export function formatReport<S, I, O>(model: Model<S, I, O>, report: Report<S, I, O>): string {
  const bad = report.partitions.filter((each) => each.verdict !== 'ok');
  const total = report.partitions.reduce((sum, each) => sum + each.operations, 0);
  const head = `${report.verdict}: ${total} operations in ${report.partitions.length} partitions`;
  return [head, ...bad.map((each) => formatPartition(model, each))].join('\n');
}

function formatPartition<S, I, O>(model: Model<S, I, O>, report: PartitionReport<S, I, O>): string {
  const { partition, verdict, operations, placed, blocked, steps } = report;
  const described = (operation: Operation<I, O>) => describe(model, operation);
  const stateOf = (state: S) => model.describeState?.(state) ?? model.key(state);
  const shown = placed.slice(-SHOWN);
  const last = placed.at(-1)?.state ?? model.init;
  const why = verdict === 'illegal' ? 'no order explains it' : `not decided after ${steps} steps`;
  return [
    `partition "${partition}": ${why}; ${placed.length} of ${operations} operations could be placed, the last ones:`,
    ...shown.map(({ operation, state }) => `  ${described(operation)}  → ${stateOf(state)}`),
    `  in state ${stateOf(last)} none of these can come next:`,
    ...blocked.map((operation) => `  ✗ ${described(operation)}`),
  ].join('\n');
}

function describe<S, I, O>(model: Model<S, I, O>, { client, input, call, result }: Operation<I, O>): string {
  const text =
    model.describe?.(input, result?.output) ?? `${JSON.stringify(input)} = ${JSON.stringify(result?.output)}`;
  return `[${call}, ${result?.at ?? '∞'}] client ${client}: ${text}`;
}
