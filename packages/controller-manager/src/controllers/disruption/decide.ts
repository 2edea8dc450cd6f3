import { isApiError, type Pod, type PodDisruptionBudget } from '@keelson/api';
import { resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { type Action, type Decision, type Tell, tell, writeStatus } from '../../framework/actions.js';
import { withCondition } from '../../framework/conditions.js';
import { selectorText } from '../../framework/selector-text.js';
import { isReady } from '../../pods/pod-state.js';
import type { Expected } from './expected-pods.js';

type Status = NonNullable<PodDisruptionBudget['status']>;

/** So long a pod whose eviction was granted counts as going; then it is taken to stay. */
export const DELETION_MS = 2 * 60_000;
/** How soon to look again whether pods that are not seen are gone. */
const UNSEEN_MS = 5_000;
const CONDITION = 'DisruptionAllowed';

/** What fields of a status that are absent mean. */
const ZERO: Status = {
  currentHealthy: 0,
  desiredHealthy: 0,
  disruptedPods: {},
  disruptionsAllowed: 0,
  expectedPods: 0,
  observedGeneration: 0,
};

export interface Seen {
  readonly budget: PodDisruptionBudget;
  /** Those that it covers. */
  readonly pods: readonly Pod[];
  /** All that happened to pods until the budget was written is in `pods`. */
  readonly isUpToDate: boolean;
  readonly now: number;
}

/** What a budget allows, and says. */
export function decideBudget(seen: Seen, expected: Expected): Decision {
  const { budget, pods, now } = seen;
  const disrupted = disruptedPods(seen);
  const currentHealthy = healthyPods(pods, disrupted.pods).length;
  const { expectedPods, desiredHealthy, unmanaged } = expected;
  // A budget without pods allows nothing: when the first ones come it has not been counted again yet.
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(currentHealthy - desiredHealthy, 0);
  const observedGeneration = budget.metadata.generation ?? 0;
  const status = withAllowed(
    {
      ...{ currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, observedGeneration },
      ...(Object.keys(disrupted.pods).length > 0 ? { disruptedPods: disrupted.pods } : {}),
      ...(budget.status?.conditions === undefined ? {} : { conditions: budget.status.conditions }),
    },
    now,
  );
  const write = writeStatus(resources.podDisruptionBudgets, budget, status, ZERO);
  return {
    steps: [[...noPods(pods), ...unmanagedPods(budget, unmanaged), ...disrupted.told], write],
    afterwards: (failure) =>
      failure === undefined || isApiError(failure, 'Conflict') ? [] : failSafe(budget, failure, now),
    again: disrupted.again,
  };
}

/** Nothing is allowed of a budget that could not be counted. */
export function decideFailed({ budget, pods, now }: Seen, failure: unknown, again: number): Decision {
  const text = `Failed to calculate the number of expected pods: ${messageOf(failure)}`;
  const told = tell('Warning', 'CalculateExpectedPodCountFailed', text);
  return { steps: [[...noPods(pods), told]], afterwards: () => failSafe(budget, failure, now), again };
}

export function decideUnselectable(budget: PodDisruptionBudget, failure: unknown, now: number): Decision {
  const told = tell('Warning', 'NoPods', `Failed to get pods: ${messageOf(failure)}`);
  return { steps: [[told]], afterwards: () => failSafe(budget, failure, now) };
}

function failSafe(budget: PodDisruptionBudget, failure: unknown, now: number): readonly Action[] {
  const { observedGeneration = 0, conditions } = budget.status ?? {};
  const condition = { type: CONDITION, status: 'False', reason: 'SyncFailed', message: messageOf(failure) };
  const status = {
    ...{ currentHealthy: 0, desiredHealthy: 0, expectedPods: 0, ...budget.status },
    disruptionsAllowed: 0,
    conditions: withCondition(conditions, { ...condition, observedGeneration }, rfc3339(now)),
  };
  return writeStatus(resources.podDisruptionBudgets, budget, status, ZERO);
}

function noPods(pods: readonly Pod[]): Tell[] {
  return pods.length === 0 ? [tell('Normal', 'NoPods', 'No matching pods found')] : [];
}

function unmanagedPods({ spec }: PodDisruptionBudget, unmanaged: readonly string[]): Tell[] {
  if (unmanaged.length === 0) return [];
  const text = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
  return [tell('Warning', 'UnmanagedPods', text)];
}

interface Disrupted {
  readonly pods: Record<string, string>;
  readonly again: number | undefined;
  readonly told: readonly Tell[];
}

/** Pods whose eviction was granted and that are not known to be on their way out, nor to stay. */
function disruptedPods({ budget, pods, isUpToDate, now }: Seen): Disrupted {
  const named = new Map(pods.map((pod) => [pod.metadata.name ?? '', pod]));
  const kept: Record<string, string> = {};
  const told: Tell[] = [];
  let again: number | undefined;
  for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = named.get(name);
    // One that is not there may have come and not been seen yet: then it would be counted as if it stayed.
    if (pod === undefined ? isUpToDate : pod.metadata.deletionTimestamp !== undefined) continue;
    const left = Date.parse(time) + DELETION_MS - now;
    if (left >= 0) {
      kept[name] = time;
      again = Math.min(again ?? left + 1, pod === undefined ? UNSEEN_MS : left + 1);
    } else if (pod !== undefined) {
      const { namespace, name: ofBudget } = budget.metadata;
      const text = `Pod was expected by PDB ${namespace}/${ofBudget} to be deleted but it wasn't`;
      told.push(tell('Warning', 'NotDeleted', text, pod));
    }
  }
  return { pods: kept, again, told };
}

function healthyPods(pods: readonly Pod[], disrupted: Record<string, string>): Pod[] {
  return pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined && disrupted[pod.metadata.name ?? ''] === undefined && isReady(pod),
  );
}

function withAllowed(status: Status, now: number): Status {
  const { disruptionsAllowed = 0, observedGeneration = 0, conditions } = status;
  const [is, reason] = disruptionsAllowed > 0 ? ['True', 'SufficientPods'] : ['False', 'InsufficientPods'];
  const condition = { type: CONDITION, status: is, reason, message: '', observedGeneration };
  return { ...status, conditions: withCondition(conditions, condition, rfc3339(now)) };
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
