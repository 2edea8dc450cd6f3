import {
  ApiError,
  apiErrors,
  type DeleteOptions,
  type Kind,
  type KubeObject,
  type ResourceRequest,
  type Status,
} from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import type { StoredObject } from '../storage/stored-object.js';
import { type ListAnswer, type ObjectAnswer, type StatusAnswer, storedAnswer } from './answer.js';
import type { Change, Changed, ObjectCollection } from './collection.js';
import type { RequestContext } from './context.js';
import { deleteOptionsOf, deletionOf, isReleased } from './deletion.js';
import { dryChange } from './dry-run.js';
import { isDryRun } from './options.js';
import { checkPreconditions } from './precondition.js';
import type { Reader } from './reader.js';

export interface DeleterDependencies {
  clock: Clock;
  admission: Admission;
  reader: Reader;
}

/** The generic verbs that delete. */
export class Deleter {
  readonly #deps: DeleterDependencies;

  constructor(dependencies: DeleterDependencies) {
    this.#deps = dependencies;
  }

  async delete(
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
  ): Promise<ObjectAnswer | StatusAnswer> {
    const { namespace, name } = request.path;
    const body = deleteOptionsOf(request.body);
    const options: DeleteOptions =
      isDryRun(body) || request.options.dryRun === undefined ? body : { ...body, dryRun: [...request.options.dryRun] };
    warnOfOrphans(collection, options, context);
    const changed = await this.deleteObject(collection, namespace, name, options, context);
    const { kind, rules } = collection;
    if (changed.outcome === 'deleted' && rules.returnsDeleted !== true) {
      return { type: 'status', code: 200, object: deleted(kind, name, changed.stored) };
    }
    return storedAnswer(200, kind, changed.stored);
  }

  async deleteObject(
    collection: ObjectCollection,
    namespace: string,
    name: string,
    options: DeleteOptions,
    context: RequestContext,
    { admits = true, ofMany = false } = {},
  ): Promise<Changed> {
    const { kind, rules } = collection;
    const { clock, admission } = this.#deps;
    const write = {};
    const change = async (current: KubeObject | undefined): Promise<Change> => {
      if (current === undefined) throw apiErrors.notFound(kind, name);
      checkPreconditions(kind, name, options.preconditions, current);
      const attributes = {
        operation: 'DELETE',
        kind,
        namespace,
        object: current,
        old: current,
        subresource: '',
        context,
        options,
        ofMany,
        dryRun: isDryRun(options),
        write,
      } as const;
      if (admits) {
        await admission.mutate(attributes);
        await admission.validate(attributes);
      }
      return deletionOf(kind, rules, current, options, clock.now());
    };
    if (isDryRun(options)) return dryChange(collection, namespace, name, change);
    const changed = await collection.change(namespace, name, change);
    return changed.outcome === 'written' ? await this.#removeReleased(collection, changed) : changed;
  }

  /** What was marked and is held by nothing goes in a second write: watchers see the end of its grace first. */
  async #removeReleased(collection: ObjectCollection, marked: Changed): Promise<Changed> {
    const { rules } = collection;
    const { namespace = '', name = '', uid } = marked.stored.object.metadata;
    if (!isReleased(rules, collection.served(marked.stored))) return marked;
    const change = (current: KubeObject | undefined): Change => {
      if (current === undefined || current.metadata.uid !== uid) throw apiErrors.notFound(collection.kind, name);
      return isReleased(rules, current) ? { do: 'delete' } : { do: 'nothing' };
    };
    try {
      return await collection.change(namespace, name, change, undefined, marked.stored);
    } catch (error) {
      // Somebody else, whom the mark was told too, was quicker.
      if (error instanceof ApiError && error.reason === 'NotFound') return { ...marked, outcome: 'deleted' };
      throw error;
    }
  }

  /** Deletes what a list selects, one after another; what others delete meanwhile is passed over. */
  async deleteCollection(
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
  ): Promise<ListAnswer> {
    const options = deleteOptionsOf(request.body);
    warnOfOrphans(collection, options, context);
    const list = await this.#deps.reader.list(collection, request);
    const items: StoredObject[] = [];
    for (const stored of list.items) {
      const { namespace = '', name = '' } = stored.object.metadata;
      try {
        await this.deleteObject(collection, namespace, name, options, context, { ofMany: true });
        items.push(stored);
      } catch (error) {
        if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error;
      }
    }
    return { ...list, items };
  }
}

function warnOfOrphans({ kind }: ObjectCollection, options: DeleteOptions, { warn }: RequestContext): void {
  const { deletionWarning } = kind.strategy;
  const isTold = (options.propagationPolicy ?? options.orphanDependents ?? undefined) !== undefined;
  if (deletionWarning !== undefined && !isTold) warn(deletionWarning);
}

function deleted(kind: Kind, name: string, { object }: StoredObject): Status {
  const details = {
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: object.metadata.uid,
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
