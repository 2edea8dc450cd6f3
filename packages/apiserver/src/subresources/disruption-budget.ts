import {
  ApiError,
  apiErrors,
  isApiError,
  labelSelectorMatcher,
  type Pod,
  type PodDisruptionBudget,
  SelectorError,
  trackUpdate,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { ObjectCollection } from '../registry/collection.js';
import { serverWriter } from '../registry/managers.js';
import type { Reader } from '../registry/reader.js';

/** Evictions that a budget remembers until its controller has seen them. */
const DISRUPTED_PODS_MAX = 2_000;
const CONDITION = 'DisruptionAllowed';
/** As upstream names it here. */
const RESOURCE = { plural: 'poddisruptionbudget', group: 'policy' };

/** What an eviction cost the budget that covers the pod: nothing, where the pod is not counted. */
export interface Spent {
  readonly name: string;
  readonly spent: boolean;
}

/** The budgets of pods, of which evictions are taken. */
export class DisruptionBudgets {
  readonly #budgets: ObjectCollection;
  readonly #reader: Reader;
  readonly #clock: Clock;

  constructor(budgets: ObjectCollection, dependencies: { reader: Reader; clock: Clock }) {
    this.#budgets = budgets;
    this.#reader = dependencies.reader;
    this.#clock = dependencies.clock;
  }

  /** Takes an eviction of the pod from the budget that covers it, or refuses it; undefined: no budget covers it. */
  async spendOn(pod: Pod, dryRun: boolean): Promise<Spent | undefined> {
    const { namespace = '' } = pod.metadata;
    const [budget, ...others] = await this.#covering(pod);
    if (others.length > 0) {
      const text = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
      throw new ApiError({ code: 500, reason: '', message: text });
    }
    const name = budget?.metadata.name;
    if (name === undefined) return undefined;
    let found: Spent | undefined;
    const { kind } = this.#budgets;
    try {
      // On the condition of what was read: however many evict at once, through whichever server, each is counted.
      await this.#budgets.change(namespace, name, (current) => {
        if (current === undefined) throw apiErrors.notFound(kind, name);
        const budget = current as PodDisruptionBudget;
        found = covers(budget, pod) ? { name, spent: !isEvictableUnready(pod, budget) } : undefined;
        if (found?.spent !== true) return { do: 'nothing' };
        refuseUnlessAllowed(budget);
        if (dryRun) return { do: 'nothing' };
        const object = this.#spent(budget, pod.metadata.name ?? '');
        return { do: 'write', object };
      });
    } catch (error) {
      // Gone meanwhile: it covers nothing any more.
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
    return found;
  }

  /** As of now: a budget that another server has just stored covers the pod too. */
  async #covering(pod: Pod): Promise<PodDisruptionBudget[]> {
    const { namespace = '' } = pod.metadata;
    const { group, version, plural } = this.#budgets.kind;
    const path = { group, version, resource: plural, namespace, name: '', subresource: '' };
    const { items } = await this.#reader.list(this.#budgets, { verb: 'list', path, options: {} });
    return items.map(({ object }) => object as PodDisruptionBudget).filter((it) => covers(it, pod));
  }

  #spent(budget: PodDisruptionBudget, pod: string): PodDisruptionBudget {
    const now = rfc3339(this.#clock.now());
    const disruptionsAllowed = budget.status!.disruptionsAllowed! - 1;
    const disruptedPods = { ...budget.status?.disruptedPods, [pod]: now };
    const status = { ...budget.status!, disruptionsAllowed, disruptedPods };
    if (disruptionsAllowed === 0) status.conditions = withoutRoom(status, now);
    const object: PodDisruptionBudget = { ...budget, metadata: { ...budget.metadata }, status };
    const { kind } = this.#budgets;
    trackUpdate(budget, object, kind, serverWriter(kind, this.#clock));
    return object;
  }
}

function covers({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean {
  try {
    return labelSelectorMatcher(spec?.selector).matches(metadata.labels ?? {});
  } catch (error) {
    // An old one whose selector is none covers nothing.
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

function refuseUnlessAllowed(budget: PodDisruptionBudget): void {
  const { metadata, status } = budget;
  const allowed = status?.disruptionsAllowed ?? 0;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(metadata.name ?? '');
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

/** What a budget says is not known to be so: ask again. */
export function stillProcessed(name: string): ApiError {
  return violated(`The disruption budget ${name} is still being processed by the server.`, { retryAfterSeconds: 10 });
}

function blocked({ metadata: { name }, status }: PodDisruptionBudget): ApiError {
  const { desiredHealthy = 0, currentHealthy = 0, conditions = [] } = status ?? {};
  const told = conditions.find(({ type, status, message }) => type === CONDITION && status === 'False' && !!message);
  const cannot = `The disruption budget ${name} does not allow evicting pods currently`;
  // Numbers of a budget that could not be counted are of some time ago.
  if (told?.reason === 'SyncFailed') return violated(`${cannot} because it failed sync: ${told.message}`);
  if (currentHealthy <= desiredHealthy)
    return violated(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  return violated(told === undefined ? cannot : `${cannot} (${told.reason}): ${told.message}`);
}

function violated(message: string, more: { retryAfterSeconds?: number } = {}): ApiError {
  return new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message }], ...more },
  });
}
