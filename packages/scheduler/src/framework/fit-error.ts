import type { Refusal } from './framework.js';

/** Upstream's words for why a pod fits nowhere: each reason with the number of nodes, sorted as text. */
export function fitMessage(nodeCount: number, reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  const head = `0/${nodeCount} nodes are available`;
  return texts.length === 0 ? head : `${head}: ${texts.join(', ')}.`;
}

export function refusalMessage(nodeCount: number, refusals: readonly Refusal[]): string {
  return fitMessage(
    nodeCount,
    refusals.flatMap((it) => it.reasons),
  );
}
