import type { Node, Taint } from '@keelson/api';

const PREFIX = 'node.kubernetes.io/';
export const NOT_READY = `${PREFIX}not-ready`;
export const UNREACHABLE = `${PREFIX}unreachable`;
const UNSCHEDULABLE = `${PREFIX}unschedulable`;

/** Condition and status → the taint that says so to the scheduler. */
const BY_CONDITION: readonly [type: string, status: string, key: string][] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', `${PREFIX}memory-pressure`],
  ['DiskPressure', 'True', `${PREFIX}disk-pressure`],
  ['NetworkUnavailable', 'True', `${PREFIX}network-unavailable`],
  ['PIDPressure', 'True', `${PREFIX}pid-pressure`],
];
const OURS = new Set([...BY_CONDITION.map(([, , key]) => key), UNSCHEDULABLE]);

export function readiness({ status }: Node): string {
  return status?.conditions?.find((it) => it.type === 'Ready')?.status ?? 'Unknown';
}

/**
 * A node's taints as its conditions want them; others' stay. `evict`: whether a node that is not ready may lose its
 * pods (undefined leaves the NoExecute taints as they are). Undefined if nothing changes.
 */
export function taintsFor(node: Node, evict: boolean | undefined, now: string): readonly Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  const status = (type: string) => node.status?.conditions?.find((it) => it.type === type)?.status;
  for (const [type, value, key] of BY_CONDITION) {
    // A node that never said whether it is ready counts as not ready.
    const found = status(type) ?? (type === 'Ready' ? 'False' : undefined);
    if (found === value) wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  const ready = readiness(node);
  const lost = ready === 'True' ? undefined : ready === 'False' ? NOT_READY : UNREACHABLE;
  const execute =
    lost === undefined
      ? []
      : evict === true
        ? [lost]
        : evict === undefined
          ? executeKeys(present).filter((key) => key === lost)
          : [];
  for (const key of execute) wanted.push({ key, effect: 'NoExecute' });
  const kept = present.filter((it) => !isOurs(it) || wanted.some((other) => same(it, other)));
  const added = wanted
    .filter((it) => !present.some((other) => same(it, other)))
    .map((it) => ({ ...it, timeAdded: now }));
  return kept.length === present.length && added.length === 0 ? undefined : [...kept, ...added];
}

function executeKeys(taints: readonly Taint[]): string[] {
  return taints.filter((it) => it.effect === 'NoExecute').map((it) => it.key ?? '');
}

function isOurs({ key = '', effect }: Taint): boolean {
  if (effect === 'NoSchedule') return OURS.has(key);
  return effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE);
}

function same(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}

export function hasExecuteTaint(node: Node): boolean {
  return executeKeys(node.spec?.taints ?? []).some((key) => key === NOT_READY || key === UNREACHABLE);
}
