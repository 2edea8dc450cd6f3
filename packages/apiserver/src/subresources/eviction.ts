import {
  ApiError,
  apiErrors,
  type KubeObject,
  labelSelectorMatcher,
  type Pod,
  type PodDisruptionBudget,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import type { Answer } from '../registry/answer.js';
import type { ObjectCollection } from '../registry/collection.js';
import { readBody } from '../registry/decode-body.js';
import type { Deleter } from '../registry/deleter.js';
import { decodeDeleteOptions } from '../registry/deletion.js';
import type { Subresource } from '../registry/handler.js';
import { checkDeleteOptions, isDryRun } from '../registry/options.js';
import { SUCCESS } from './binding.js';

/** Deletes a pod if the disruption budgets that cover it allow that. */
export function evictionSubresource(dependencies: {
  admission: Admission;
  deleter: Deleter;
  clock: Clock;
  budgets: ObjectCollection | undefined;
}): Subresource {
  const { admission, deleter, clock, budgets } = dependencies;
  return {
    async create(collection, request, context): Promise<Answer> {
      const { namespace, name } = request.path;
      const { value } = readBody(undefined, request.body);
      const asked = decodeDeleteOptions(((value ?? {}) as { deleteOptions?: unknown }).deleteOptions);
      const dryRun = isDryRun(request.options) || isDryRun(asked);
      const options = dryRun ? { ...asked, dryRun: ['All'] } : asked;
      checkDeleteOptions(options);
      const eviction = { metadata: { name, namespace } } as KubeObject;
      await admission.connect({
        kind: collection.kind,
        namespace,
        object: eviction,
        subresource: 'eviction',
        context,
        dryRun,
      });
      const { stored } = await collection.read(namespace, name);
      if (stored === undefined) throw apiErrors.notFound(collection.kind, name);
      const pod = stored.object as Pod;
      if (isDisruptive(pod)) {
        if (budgets !== undefined) await spendBudget(budgets, pod, clock, dryRun);
        if (!dryRun) await markDisrupted(collection, namespace, name, clock);
      }
      await deleter.deleteObject(collection, namespace, name, options, context);
      return { type: 'status', code: 201, object: SUCCESS };
    },
  };
}

/** Says on the pod why it goes. */
async function markDisrupted(pods: ObjectCollection, namespace: string, name: string, clock: Clock): Promise<void> {
  await pods.change(namespace, name, (current) => {
    if (current === undefined) throw apiErrors.notFound(pods.kind, name);
    const { status = {}, ...pod } = current as Pod;
    const others = (status.conditions ?? []).filter((it) => it.type !== 'DisruptionTarget');
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null as unknown as undefined,
      lastTransitionTime: rfc3339(clock.now()),
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    return { do: 'write', object: { ...pod, status: { ...status, conditions: [...others, condition] } } as Pod };
  });
}

/** Pods that are done, not scheduled or on their way out already cost no budget. */
function isDisruptive({ metadata, spec, status }: Pod): boolean {
  const phase = status?.phase ?? 'Pending';
  return metadata.deletionTimestamp === undefined && !!spec?.nodeName && phase === 'Running';
}

async function spendBudget(budgets: ObjectCollection, pod: Pod, clock: Clock, dryRun: boolean): Promise<void> {
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
    const allowed = found.status?.disruptionsAllowed ?? 0;
    if ((found.status?.observedGeneration ?? 0) < (found.metadata.generation ?? 0)) throw unprocessed(found);
    if (allowed <= 0) throw blocked(found);
    if (dryRun) return { do: 'nothing' };
    const disruptedPods = { ...found.status?.disruptedPods, [name]: rfc3339(clock.now()) };
    return {
      do: 'write',
      object: { ...found, status: { ...found.status!, disruptionsAllowed: allowed - 1, disruptedPods } },
    };
  });
}

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
  const needed = status?.desiredHealthy ?? 0;
  const have = status?.currentHealthy ?? 0;
  return new ApiError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${metadata.name} needs ${needed} healthy pods and has ${have} currently`,
        },
      ],
    },
  });
}
