import { apiErrors, type KubeObject, type Pod } from '@keelson/api';
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
import { spendBudget } from './disruption-budget.js';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction' };

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
      const { metadata, ...said } = (value ?? {}) as Partial<KubeObject>;
      const eviction = { ...said, metadata: { ...metadata, name, namespace } } as KubeObject;
      await admission.connect({
        kind: collection.kind,
        namespace,
        object: eviction,
        subresource: 'eviction',
        gvk: EVICTION,
        context,
        options: request.options,
        dryRun,
      });
      const { stored } = await collection.read(namespace, name);
      if (stored === undefined) throw apiErrors.notFound(collection.kind, name);
      const pod = stored.object as Pod;
      if (isDisruptive(pod)) {
        if (budgets !== undefined) await spendBudget(budgets, pod, clock, dryRun);
        if (!dryRun) await markDisrupted(collection, namespace, name, clock);
      }
      // Whoever may evict has been asked already.
      await deleter.deleteObject(collection, namespace, name, options, context, { admits: false });
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
