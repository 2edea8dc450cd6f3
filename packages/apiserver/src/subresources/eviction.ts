import {
  ApiError,
  apiErrors,
  type DeleteOptions,
  labelSelectorMatcher,
  type Pod,
  type PodDisruptionBudget,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { Answer } from '../registry/answer.js';
import type { ObjectCollection } from '../registry/collection.js';
import { readBody } from '../registry/decode-body.js';
import type { Subresource } from '../registry/handler.js';
import { checkDeleteOptions } from '../registry/options.js';
import type { Registry } from '../registry/registry.js';
import { SUCCESS } from './binding.js';

/** Deletes a pod if the disruption budgets that cover it allow that. */
export function evictionSubresource(dependencies: {
  registry: Registry;
  clock: Clock;
  budgets: ObjectCollection | undefined;
}): Subresource {
  const { registry, clock, budgets } = dependencies;
  return {
    async create(collection, request, context): Promise<Answer> {
      const { namespace, name } = request.path;
      const { value } = readBody(undefined, request.body);
      const options = ((value ?? {}) as { deleteOptions?: DeleteOptions }).deleteOptions ?? {};
      checkDeleteOptions(options);
      const { stored } = await collection.read(namespace, name);
      if (stored === undefined) throw apiErrors.notFound(collection.kind, name);
      const pod = stored.object as Pod;
      if (budgets !== undefined && isDisruptive(pod)) await spendBudget(budgets, pod, clock);
      await registry.deleteObject(collection, namespace, name, options, context);
      return { type: 'status', code: 201, object: SUCCESS, warnings: [] };
    },
  };
}

/** Pods that are done, not scheduled or on their way out already cost no budget. */
function isDisruptive({ metadata, spec, status }: Pod): boolean {
  const phase = status?.phase ?? 'Pending';
  return metadata.deletionTimestamp === undefined && !!spec?.nodeName && phase === 'Running';
}

async function spendBudget(budgets: ObjectCollection, pod: Pod, clock: Clock): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata;
  const covering = [...budgets.cache.list(`${namespace}/`)]
    .map((stored) => stored.object as PodDisruptionBudget)
    .filter((budget) => labelSelectorMatcher(budget.spec?.selector).matches(pod.metadata.labels ?? {}));
  if (covering.length > 1) {
    const text = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError({ code: 500, reason: 'InternalError', message: text });
  }
  const [budget] = covering;
  if (budget === undefined) return;
  await budgets.change(namespace, budget.metadata.name ?? '', (current) => {
    const found = current as PodDisruptionBudget | undefined;
    if (found === undefined) return { do: 'nothing' };
    const allowed = found.status?.disruptionsAllowed ?? 0;
    if (allowed <= 0) throw blocked(found);
    const disruptedPods = { ...found.status?.disruptedPods, [name]: rfc3339(clock.now()) };
    return {
      do: 'write',
      object: { ...found, status: { ...found.status!, disruptionsAllowed: allowed - 1, disruptedPods } },
    };
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
