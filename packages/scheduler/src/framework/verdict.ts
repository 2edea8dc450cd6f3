/**
 * What a filter says of a node. `unresolvable`: removing other pods would not change it, so preemption need not look.
 */
export type Verdict =
  | { readonly pass: true }
  | { readonly pass: false; readonly reasons: readonly string[]; readonly unresolvable: boolean };

export const pass: Verdict = { pass: true };

/** Not now: pods that leave the node may change it. */
export function refuse(...reasons: readonly string[]): Verdict {
  return { pass: false, reasons, unresolvable: false };
}

/** Not as long as the node and the pod are what they are. */
export function refuseForGood(...reasons: readonly string[]): Verdict {
  return { pass: false, reasons, unresolvable: true };
}
