/** What a pod looks like in a table, after upstream's pkg/printers. */
import { humanDuration } from '../../../duration.js';
import type { ContainerStatus, Pod, PodStatus } from '../../../gen/types.js';
import type { Column } from '../../../kind.js';
import { ageColumn, nameColumn, orNone } from '../../columns.js';

export const podColumns: readonly Column<Pod>[] = [
  nameColumn(),
  { name: 'Ready', type: 'string', value: (it) => readyText(it) },
  { name: 'Status', type: 'string', value: (it) => reasonOf(it) },
  { name: 'Restarts', type: 'string', value: (it, { now }) => restartsText(it, now) },
  ageColumn(),
  { name: 'IP', type: 'string', priority: 1, value: ({ status }) => status?.podIPs?.[0]?.ip ?? orNone(status?.podIP) },
  { name: 'Node', type: 'string', priority: 1, value: ({ spec }) => orNone(spec?.nodeName) },
  { name: 'Nominated Node', type: 'string', priority: 1, value: ({ status }) => orNone(status?.nominatedNodeName) },
  { name: 'Readiness Gates', type: 'string', priority: 1, value: (it) => gatesText(it) },
];

/** The names of init containers that run beside the others. */
function sidecarsOf(pod: Pod): ReadonlySet<string | undefined> {
  const sidecars = (pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
  return new Set(sidecars.map((it) => it.name));
}

/** Init containers that run beside the others count too. */
function countedStatuses(pod: Pod): ContainerStatus[] {
  const names = sidecarsOf(pod);
  const sidecars = (pod.status?.initContainerStatuses ?? []).filter((it) => names.has(it.name));
  return [...sidecars, ...(pod.status?.containerStatuses ?? [])];
}

function readyText(pod: Pod): string {
  const sidecars = (pod.spec?.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').length;
  const total = (pod.spec?.containers?.length ?? 0) + sidecars;
  const statuses = pod.status ?? {};
  const names = sidecarsOf(pod);
  const ready = [
    ...(statuses.initContainerStatuses ?? []).filter(
      (it) => names.has(it.name) && it.started === true && it.ready === true,
    ),
    ...(statuses.containerStatuses ?? []).filter((it) => it.ready === true && it.state?.running !== undefined),
  ];
  return `${ready.length}/${total}`;
}

/** One word for the state of a pod. */
function reasonOf(pod: Pod): string {
  const status = pod.status ?? {};
  let reason = status.reason || status.phase || '';
  if (status.conditions?.some((it) => it.type === 'PodScheduled' && it.reason === 'SchedulingGated')) {
    reason = 'SchedulingGated';
  }
  const waitingInit = initReason(pod, status);
  if (waitingInit !== undefined) reason = waitingInit;
  if (waitingInit === undefined || isInitialized(status)) reason = containerReason(status, reason);
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (status.reason === 'NodeLost') return 'Unknown';
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? reason : 'Terminating';
}

function isInitialized(status: PodStatus): boolean {
  return status.conditions?.some((it) => it.type === 'Initialized' && it.status === 'True') ?? false;
}

/** The state of the first init container that is not done; undefined if all are. */
function initReason(pod: Pod, status: PodStatus): string | undefined {
  const total = pod.spec?.initContainers?.length ?? 0;
  const sidecars = sidecarsOf(pod);
  for (const [index, it] of (status.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = it.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (sidecars.has(it.name) && it.started === true) continue;
    if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
    if (waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') {
      return `Init:${waiting.reason}`;
    }
    return `Init:${index}/${total}`;
  }
  return undefined;
}

function terminatedReason(it: {
  reason?: string | undefined;
  signal?: number | undefined;
  exitCode?: number | undefined;
}): string {
  if (it.reason !== undefined && it.reason !== '') return it.reason;
  return (it.signal ?? 0) !== 0 ? `Signal:${it.signal}` : `ExitCode:${it.exitCode ?? 0}`;
}

/** The state of the first container that is not well, seen from the last to the first. */
function containerReason(status: PodStatus, fallback: string): string {
  let reason = fallback;
  let hasRunning = false;
  for (const it of [...(status.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = it.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated !== undefined) reason = terminatedReason(terminated);
    else if (it.ready === true && running !== undefined) hasRunning = true;
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  const isReady = status.conditions?.some((it) => it.type === 'Ready' && it.status === 'True') ?? false;
  return isReady ? 'Running' : 'NotReady';
}

function restartsText(pod: Pod, now: Date): string {
  const waiting = initReason(pod, pod.status ?? {}) !== undefined && !isInitialized(pod.status ?? {});
  const counted = waiting ? (pod.status?.initContainerStatuses ?? []) : countedStatuses(pod);
  const count = counted.reduce((sum, it) => sum + (it.restartCount ?? 0), 0);
  const ends = counted.map((it) => it.lastState?.terminated?.finishedAt).filter((it) => it !== undefined);
  const last = Math.max(...ends.map((it) => Date.parse(it)), Number.NEGATIVE_INFINITY);
  if (count === 0 || !Number.isFinite(last)) return String(count);
  return `${count} (${humanDuration(now.getTime() - last)} ago)`;
}

function gatesText(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = new Set((pod.status?.conditions ?? []).filter((it) => it.status === 'True').map((it) => it.type));
  return `${gates.filter((gate) => met.has(gate.conditionType)).length}/${gates.length}`;
}
