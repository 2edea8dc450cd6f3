import {
  ApiError,
  apiErrors,
  labelSelectorMatcher,
  type Pod,
  type PodDisruptionBudget,
  trackUpdate,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { ObjectCollection } from '../registry/collection.js';
import { serverWriter } from '../registry/managers.js';

/** Evictions that a budget remembers until its controller has seen them. */
const DISRUPTED_PODS_MAX = 2_000;
const CONDITION = 'DisruptionAllowed';
/** As upstream names it here. */
const RESOURCE = { plural: 'poddisruptionbudget', group: 'policy' };

/** Takes an eviction of the pod from the budget that covers it, or refuses it. */
export async function spendBudget(budgets: ObjectCollection, pod: Pod, clock: Clock, dryRun: boolean): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata;
  const covering = [...budgets.cache.list(`${namespace}/`)]
    .map((stored) => stored.object as PodDisruptionBudget)
    .filter((budget) => labelSelectorMatcher(budget.spec?.selector).matches(pod.metadata.labels ?? {}));
  if (covering.length > 1) {
    const text = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError({ code: 500, reason: '', message: text });
  }
  const [budget] = covering;
  if (budget === undefined || isEvictableUnready(pod, budget)) return;
  await budgets.change(namespace, budget.metadata.name ?? '', (current) => {
    const found = current as PodDisruptionBudget | undefined;
    if (found === undefined) return { do: 'nothing' };
    refuseUnlessAllowed(found);
    if (dryRun) return { do: 'nothing' };
    const now = rfc3339(clock.now());
    const disruptionsAllowed = found.status!.disruptionsAllowed! - 1;
    const disruptedPods = { ...found.status?.disruptedPods, [name]: now };
    const status = { ...found.status!, disruptionsAllowed, disruptedPods };
    if (disruptionsAllowed === 0) status.conditions = withoutRoom(status, now);
    const object: PodDisruptionBudget = { ...found, metadata: { ...found.metadata }, status };
    trackUpdate(found, object, budgets.kind.schema, serverWriter(budgets.kind, clock));
    return { do: 'write', object };
  });
}

function refuseUnlessAllowed(budget: PodDisruptionBudget): void {
  const { metadata, status } = budget;
  const allowed = status?.disruptionsAllowed ?? 0;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw unprocessed(budget);
  const forbidden = (why: string) => apiErrors.forbidden(RESOURCE, metadata.name ?? '', why);
  if (allowed < 0) throw forbidden('pdb disruptions allowed is negative');
  if (Object.keys(status?.disruptedPods ?? {}).length > DISRUPTED_PODS_MAX) {
    throw forbidden('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (allowed === 0) throw blocked(budget);
}

/** The budget's conditions when its last disruption is spent. */
function withoutRoom(status: Status, now: string): Condition[] {
  const { observedGeneration = 0, conditions = [] } = status;
  const before = conditions.find(({ type }) => type === CONDITION);
  const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : now;
  const after = {
    type: CONDITION,
    status: 'False',
    observedGeneration,
    lastTransitionTime,
    reason: 'InsufficientPods',
  };
  const condition = { ...after, message: '' };
  return before === undefined ? [...conditions, condition] : conditions.map((it) => (it === before ? condition : it));
}

type Status = NonNullable<PodDisruptionBudget['status']>;
type Condition = NonNullable<Status['conditions']>[number];

/** A pod that is not ready costs nothing: always, or while the budget is met without it. */
function isEvictableUnready({ status }: Pod, { spec, status: budget }: PodDisruptionBudget): boolean {
  if (status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True')) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function unprocessed({ metadata }: PodDisruptionBudget): ApiError {
  const cause = {
    reason: 'DisruptionBudget',
    message: `The disruption budget ${metadata.name} is still being processed by the server.`,
  };
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message,
    details: { causes: [cause], retryAfterSeconds: 10 },
  });
}

function blocked({ metadata, status }: PodDisruptionBudget): ApiError {
  const { desiredHealthy = 0, currentHealthy = 0, conditions = [] } = status ?? {};
  const failed = conditions.find(({ type, reason }) => type === CONDITION && reason === 'SyncFailed');
  const why =
    failed === undefined
      ? `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
      : `does not allow evicting pods currently because it failed sync: ${failed.message}`;
  return new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${metadata.name} ${why}` }],
    },
  });
}
