import {
  type ApiError,
  apiErrors,
  type DeleteOptions,
  type Eviction,
  fieldErrors,
  isApiError,
  type Kind,
  type KubeObject,
  type Pod,
  type ResourceRequest,
  requestKinds,
} from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import type { Answer } from '../registry/answer.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { RequestContext, Warn } from '../registry/context.js';
import { decodeRead, readBody } from '../registry/decode-body.js';
import type { Deleter } from '../registry/deleter.js';
import type { Subresource } from '../registry/handler.js';
import { settleNamespace } from '../registry/metadata.js';
import { checkDeleteOptions, fieldValidationOf, isDryRun } from '../registry/options.js';
import { checkPreconditions } from '../registry/precondition.js';
import type { Reader } from '../registry/reader.js';
import { SUCCESS } from './binding.js';
import { DisruptionBudgets, stillProcessed } from './disruption-budget.js';
import { withDisruptionTarget } from './disruption-target.js';

const evictionKind = requestKinds.find(({ kind }) => kind === 'Eviction') as Kind;
/** A pod that changes this often while it is evicted, and needs no budget, is left to whoever changes it. */
const ATTEMPTS_MAX = 20;
const OPTION = 'ignoreStoreReadErrorWithClusterBreakingPotential';

export interface EvictionDependencies {
  readonly admission: Admission;
  readonly deleter: Deleter;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly budgets: ObjectCollection | undefined;
}

/** Deletes a pod if the disruption budget that covers it allows that. */
export function evictionSubresource(dependencies: EvictionDependencies): Subresource {
  const { admission, budgets } = dependencies;
  const allowances = budgets && new DisruptionBudgets(budgets, dependencies);
  return {
    async create(collection, request, context): Promise<Answer> {
      const { namespace, name } = request.path;
      const eviction = readEviction(request, context.warn);
      const options = deleteOptionsOf(eviction, request);
      const dryRun = isDryRun(options);
      await admission.connect({
        kind: collection.kind,
        namespace,
        object: eviction as KubeObject,
        subresource: 'eviction',
        gvk: evictionKind,
        context,
        options: request.options,
        dryRun,
      });
      const taking = new Removal(collection, { ...dependencies, context, namespace, name, options });
      if (await taking.ofPodThatNeedsNoBudget()) return { type: 'status', code: 201, object: SUCCESS };
      const pod = await taking.pod();
      const budget = await allowances?.spendOn(pod, dryRun);
      await taking.of(pod, budget?.spent === false ? budget.name : undefined);
      return { type: 'status', code: 201, object: SUCCESS };
    },
  };
}

interface RemovalOptions extends EvictionDependencies {
  readonly context: RequestContext;
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
}

/** Says on the pod why it goes, and deletes it. */
class Removal {
  readonly #pods: ObjectCollection;
  readonly #asked: RemovalOptions;

  constructor(pods: ObjectCollection, asked: RemovalOptions) {
    this.#pods = pods;
    this.#asked = asked;
  }

  async pod(): Promise<Pod> {
    const { namespace, name } = this.#asked;
    const { stored } = await this.#pods.read(namespace, name);
    if (stored === undefined) throw apiErrors.notFound(this.#pods.kind, name);
    return this.#pods.served(stored) as Pod;
  }

  /** Whether it was one, and is gone: one that begins to run meanwhile needs a budget after all. */
  async ofPodThatNeedsNoBudget(): Promise<boolean> {
    const named = this.#asked.options.preconditions?.resourceVersion != null;
    for (let attempt = 1; ; attempt++) {
      const pod = await this.pod();
      if (!needsNoBudget(pod)) return false;
      try {
        await this.#delete(pod.status?.phase === 'Pending' && !isGoing(pod) ? pod : undefined);
        return true;
      } catch (error) {
        const sameAgain = named || this.#isOfAnother(pod) || attempt >= ATTEMPTS_MAX;
        if (!isApiError(error, 'Conflict') || sameAgain) throw error;
      }
    }
  }

  /** @param free the budget that counts the pod for nothing as long as it does not become ready */
  async of(pod: Pod, free: string | undefined): Promise<void> {
    try {
      await this.#delete(free === undefined ? undefined : pod);
    } catch (error) {
      const named = this.#asked.options.preconditions?.resourceVersion != null;
      if (free !== undefined && !named && isApiError(error, 'Conflict')) throw stillProcessed(free);
      throw error;
    }
  }

  #isOfAnother({ metadata: { uid } }: Pod): boolean {
    const wanted = this.#asked.options.preconditions?.uid;
    return wanted != null && wanted !== uid;
  }

  /** @param only in the very state in which it is here */
  async #delete(only: Pod | undefined): Promise<void> {
    const { namespace, name, options: asked, deleter, context } = this.#asked;
    let options = asked;
    if (only !== undefined && options.preconditions?.resourceVersion == null)
      options = withVersion(options, only.metadata.resourceVersion);
    if (!isDryRun(options)) {
      const marked = await this.#mark(options);
      if (options.preconditions?.resourceVersion != null) options = withVersion(options, marked);
    }
    // Whoever may evict has been asked already.
    await deleter.deleteObject(this.#pods, namespace, name, options, context, { admits: false });
  }

  async #mark({ preconditions }: DeleteOptions): Promise<string | undefined> {
    const { namespace, name, clock } = this.#asked;
    const { kind } = this.#pods;
    const { stored } = await this.#pods.change(namespace, name, (current) => {
      if (current === undefined) throw apiErrors.notFound(kind, name);
      checkPreconditions({ ...kind, errorKind: { group: '', kind: 'Pod' } }, name, preconditions, current);
      return { do: 'write', object: withDisruptionTarget(current as Pod, clock.now()) };
    });
    return stored.object.metadata.resourceVersion;
  }
}

function withVersion(options: DeleteOptions, resourceVersion: string | undefined): DeleteOptions {
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } };
}

/** Pods that do not run yet, have ended or are on their way out: whatever their end disrupts is disrupted already. */
function needsNoBudget(pod: Pod): boolean {
  return isGoing(pod) || ['Pending', 'Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
}

function isGoing({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Of either version: they say the same. */
function readEviction(request: ResourceRequest, warn: Warn): Eviction {
  const { value, ...read } = readBody(evictionKind, request.body);
  const body = (value ?? {}) as { apiVersion?: unknown };
  const sent = body.apiVersion === 'policy/v1beta1' ? { ...body, apiVersion: 'policy/v1' } : value;
  const decoding = { fieldValidation: fieldValidationOf(request.options), warn };
  const eviction = decodeRead(evictionKind, { ...read, value: sent }, decoding) as Eviction & KubeObject;
  settleNamespace(evictionKind, eviction, request.path.namespace);
  if ((eviction.metadata?.name ?? '') !== request.path.name)
    throw apiErrors.badRequest('name in URL does not match name in Eviction object');
  return eviction;
}

/** How the pod is to be deleted. Throws on options that contradict the request's or that an eviction does not have. */
function deleteOptionsOf({ metadata, deleteOptions = {} }: Eviction, { options }: ResourceRequest): DeleteOptions {
  if (deleteOptions[OPTION] === true) {
    const text = 'can not be set for pod eviction, try after removing the option';
    const error = fieldErrors.invalid(`deleteOptions.${OPTION}`, true, text);
    throw apiErrors.invalid({ group: 'policy', kind: 'Eviction' }, metadata.name ?? '', [error]);
  }
  const [asked, said] = [options.dryRun ?? [], deleteOptions.dryRun ?? []];
  if (asked.length > 0 && said.length > 0 && asked.join(' ') !== said.join(' ')) throw contradicting(asked, said);
  const wanted = said.length > 0 || asked.length === 0 ? deleteOptions : { ...deleteOptions, dryRun: [...asked] };
  checkDeleteOptions(wanted);
  return wanted;
}

function contradicting(asked: readonly string[], said: readonly string[]): ApiError {
  const shown = (values: readonly string[]) => `[${values.join(' ')}]`;
  const text = `Non-matching dry-run options in request and content: ${shown(asked)} and ${shown(said)}`;
  return apiErrors.internalError(text);
}
