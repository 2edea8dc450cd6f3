import {
  ApiError,
  apiErrors,
  cloneObject,
  fieldErrors,
  type Kind,
  type KubeObject,
  PATCH_TYPES,
  type ResourceRequest,
  type Steps,
} from '@keelson/api';
import { type Clock, type Random, rfc3339 } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import { type Authorizer, refusal } from '../auth/authorizer.js';
import type { StoredObject } from '../storage/stored-object.js';
import { type ObjectAnswer, storedAnswer } from './answer.js';
import type { Change, Changed, ObjectCollection } from './collection.js';
import type { RequestContext } from './context.js';
import { isReleased } from './deletion.js';
import { dryChange } from './dry-run.js';
import { writerOf } from './managers.js';
import {
  checkName,
  generateName,
  keepSystemFields,
  namesVersion,
  settleNamespace,
  stampNew,
  wantedVersion,
  wipeSystemFields,
} from './metadata.js';
import { checkPatchOptions, checkWriteOptions, isDryRun } from './options.js';
import { patchTypeOf } from './patch.js';
import { paceFor } from './pause.js';
import { checkUid } from './precondition.js';
import type { Stages } from './stages.js';
import { type Part, type Proposal, type Proposed, WHOLE, type Write } from './write.js';

export interface RegistryDependencies {
  clock: Clock;
  random: Random;
  admission: Admission;
  authorizer: Authorizer;
  stages: Stages;
}

/** New names or addresses are tried this often when the ones chosen are taken. */
const CREATE_ATTEMPTS_MAX = 8;

/** The generic verbs that write, over the rules of a kind. */
export class Registry {
  readonly #deps: RegistryDependencies;

  constructor(dependencies: RegistryDependencies) {
    this.#deps = dependencies;
  }

  async create(collection: ObjectCollection, request: ResourceRequest, context: RequestContext): Promise<ObjectAnswer> {
    checkWriteOptions('CreateOptions', request.options);
    const { kind } = collection;
    const { namespace } = request.path;
    const write = this.#write(collection, request, context, WHOLE);
    const object = await this.#decoded(write, request);
    settleNamespace(kind, object, namespace);
    await write.pace.pause();
    const stored = await this.#createObject(write, object);
    await write.pace.pause();
    return storedAnswer(201, collection.kind, stored);
  }

  async #decoded(write: Write, request: ResourceRequest): Promise<KubeObject> {
    const object = await this.#deps.stages.decoded(asked(write, request));
    write.context.record?.sent(object, (copy) => write.collection.kind.defaults(copy));
    return object;
  }

  #write(collection: ObjectCollection, request: ResourceRequest, context: RequestContext, part: Part): Write {
    const { namespace, name } = request.path;
    const { options } = request;
    const known = writerOf(collection.kind, part.name, options, context, this.#deps.clock);
    const own = part === WHOLE ? (collection.rules.resetFields ?? []) : [];
    const writer = { ...known, resetFields: [...known.resetFields, ...own] };
    const pace = paceFor(request.body);
    return { collection, namespace, name, part, dryRun: isDryRun(options), context, pace, writer, options };
  }

  async #createObject(write: Write, object: KubeObject): Promise<StoredObject> {
    const { collection, namespace, dryRun } = write;
    const admitted = await this.#admitCreate(write, object);
    const saysVersion = namesVersion(admitted);
    // A copy of a large object is long: it is made only where another attempt may need what was admitted.
    const mayRepeat = (admitted.metadata.generateName ?? '') !== '' || collection.rules.allocate !== undefined;
    for (let attempt = 1; ; attempt++) {
      const own = mayRepeat ? cloneObject(admitted) : admitted;
      const { proposal, generated } = await this.#proposeCreate(write, own, attempt === 1);
      if (!dryRun && saysVersion) throw versionOnCreate();
      const name = proposal.metadata.name ?? '';
      const stored = dryRun
        ? await this.#dryCreate(collection, namespace, proposal)
        : await collection.create(namespace, name, proposal);
      if (typeof stored === 'object') return stored;
      if (stored === 'exists' && !generated) throw await this.#exists(collection, namespace, name);
      if (attempt >= CREATE_ATTEMPTS_MAX) throw apiErrors.generateNameConflict(collection.kind, name, 1);
    }
  }

  async #admitCreate(write: Write, decoded: KubeObject): Promise<KubeObject> {
    const { collection, namespace, context, pace } = write;
    const { kind } = collection;
    const { stages, admission } = this.#deps;
    wipeSystemFields(decoded);
    const object = await stages.tracked(write, undefined, decoded);
    await pace.pause();
    const { options, dryRun } = write;
    collection.rules.checkCreate?.(object.metadata.name ?? '');
    const attributes = { operation: 'CREATE', kind, namespace, object, old: undefined, subresource: '' } as const;
    await admission.mutate({ ...attributes, context, options, dryRun, write });
    settleNamespace(kind, object, namespace);
    await pace.pause();
    return await stages.defaulted(write, object);
  }

  /** What is to be stored of an admitted object, which it becomes, with the name and addresses that it gets this time. */
  async #proposeCreate(
    write: Write,
    proposal: KubeObject,
    warns: boolean,
  ): Promise<{ proposal: KubeObject; generated: boolean }> {
    const { collection, namespace, context, pace } = write;
    const { kind } = collection;
    const { clock, random, admission } = this.#deps;
    await pace.pause();
    stampNew(proposal, { clock, random });
    // What is only imagined has no version but the one that it was sent with.
    if (!write.dryRun) delete proposal.metadata.resourceVersion;
    const generated = generateName(proposal, random);
    collection.rules.allocate?.(proposal, undefined, { user: context.user, dryRun: write.dryRun });
    kind.strategy.prepareForCreate(proposal);
    await pace.pause();
    await this.#deps.stages.validate(write, proposal);
    await pace.pause();
    const { options, dryRun } = write;
    const attributes = { operation: 'CREATE', kind, namespace, object: proposal, old: undefined } as const;
    await admission.validate({ ...attributes, subresource: '', context, options, dryRun, write });
    await pace.pause();
    if (warns) for (const text of kind.strategy.warnings(proposal)) context.warn(text);
    await pace.pause();
    return { proposal: await this.#deps.stages.completed(write, proposal), generated };
  }

  async #dryCreate(
    collection: ObjectCollection,
    namespace: string,
    object: KubeObject,
  ): Promise<StoredObject | 'exists'> {
    const { stored } = await collection.read(namespace, object.metadata.name ?? '');
    return stored === undefined ? await collection.imagined(object) : 'exists';
  }

  async #exists(collection: ObjectCollection, namespace: string, name: string): Promise<ApiError> {
    const error = apiErrors.alreadyExists(collection.kind, name);
    const { stored } = await collection.read(namespace, name);
    if (stored?.object.metadata.deletionTimestamp === undefined) return error;
    const { code, reason, details } = error;
    return new ApiError({ code, reason, details, message: `object is being deleted: ${error.message}` });
  }

  async update(
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
    part: Part = WHOLE,
  ): Promise<ObjectAnswer> {
    checkWriteOptions('UpdateOptions', request.options);
    const { kind } = collection;
    const { namespace, name } = request.path;
    const write = this.#write(collection, request, context, part);
    const object = await this.#decoded(write, request);
    settleNamespace(kind, object, namespace);
    checkName(object, name);
    await write.pace.pause();
    const replace = function* (current: KubeObject | undefined): Steps<KubeObject> {
      checkUid(kind, write, object.metadata.uid, current);
      yield;
      return cloneObject(object);
    };
    const mayCreate = part === WHOLE && kind.strategy.allowCreateOnUpdate;
    const changed = mayCreate ? await this.#modifyOrCreate(write, replace) : await this.modify(write, replace);
    await write.pace.pause();
    return this.#answer(collection, changed);
  }

  async patch(
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
    part: Part = WHOLE,
  ): Promise<ObjectAnswer> {
    const isApply = patchTypeOf(request) === PATCH_TYPES.apply;
    checkPatchOptions(request.options, isApply);
    const write = this.#write(collection, request, context, part);
    const changed = isApply
      ? await this.#apply(write, request)
      : await this.#patch(write, this.#deps.stages.patch(asked(write, request)));
    await write.pace.pause();
    return this.#answer(collection, changed);
  }

  #patch(write: Write, apply: Proposal): Promise<Changed> {
    const { collection, namespace, name, pace } = write;
    return this.modify(write, async (current) => {
      const next = await pace.run(apply(current));
      settleNamespace(collection.kind, next, namespace);
      checkName(next, name);
      return next;
    });
  }

  /** Server-side apply: the record of managers decides what the configuration changes; nothing there: it is made. */
  async #apply(write: Write, request: ResourceRequest): Promise<Changed> {
    const { collection, namespace, name, part } = write;
    const { kind } = collection;
    const applied = await this.#deps.stages.applied(asked(write, request));
    const writer = { ...write.writer!, force: request.options.force ?? false };
    const merged = async (live: KubeObject | undefined): Promise<KubeObject> => {
      const next = await write.pace.run(applied(live, writer));
      settleNamespace(kind, next, namespace);
      checkName(next, name);
      return next;
    };
    const decided = { ...write, writer: undefined };
    return part === WHOLE ? this.#modifyOrCreate(decided, merged) : this.modify(decided, merged);
  }

  #answer(collection: ObjectCollection, changed: Changed): ObjectAnswer {
    const code = changed.outcome === 'created' ? 201 : 200;
    return storedAnswer(code, collection.kind, changed.stored);
  }

  /**
   * Brings an object to what `propose` makes of its current state, under the kind's rules for updates, again for as
   * long as others change it meanwhile. A resource version in the proposal is the one that it is meant for.
   */
  async modify(write: Write, propose: Proposal): Promise<Changed> {
    const { collection, name } = write;
    return this.#change(write, async (current) => {
      if (current === undefined) throw apiErrors.notFound(collection.kind, name);
      return this.#checkUpdate(write, propose, current);
    });
  }

  /** The same, but what is not there is made: for callers who may create. */
  async #modifyOrCreate(write: Write, propose: (current: KubeObject | undefined) => Proposed): Promise<Changed> {
    return this.#change(write, async (current) => {
      if (current !== undefined) return this.#checkUpdate(write, propose, current);
      const object = await write.pace.run(propose(undefined));
      await this.#checkMayCreate(write);
      const { proposal } = await this.#proposeCreate(write, await this.#admitCreate(write, object), true);
      return { do: 'write', object: proposal };
    });
  }

  #change(write: Write, change: (current: KubeObject | undefined) => Promise<Change>): Promise<Changed> {
    const { collection, namespace, name, dryRun, pace } = write;
    return dryRun
      ? dryChange(collection, namespace, name, change, pace)
      : collection.change(namespace, name, change, pace);
  }

  /** An update that makes its object is also a creation. */
  async #checkMayCreate({ collection, namespace, name, context }: Write): Promise<void> {
    const { group, plural: resource } = collection.kind;
    const attributes = { user: context.user, verb: 'create', group, resource, subresource: '', namespace, name };
    const { allowed, reason } = await this.#deps.authorizer.authorize(attributes, context);
    if (!allowed) throw apiErrors.forbidden(collection.kind, name, refusal(attributes, reason));
  }

  async #checkUpdate(write: Write, propose: Proposal, stored: KubeObject): Promise<Change> {
    const { collection, namespace, name, part, context, pace, view } = write;
    const { kind, rules } = collection;
    const { stages, admission } = this.#deps;
    // A version's form has the defaults of the version that is stored, and not yet its own.
    const current = kind.storage?.isVersion === true ? stored : await stages.defaulted(write, stored);
    await pace.pause();
    const copy = cloneObject(current);
    await pace.pause();
    const proposed = await pace.run(propose(copy));
    await pace.pause();
    const wanted = wantedVersion(proposed);
    if (wanted === undefined && !kind.strategy.allowUnconditionalUpdate) throw unconditional(kind, name);
    if (wanted !== undefined && wanted !== current.metadata.resourceVersion) throw apiErrors.conflict(kind, name);
    proposed.metadata.resourceVersion = current.metadata.resourceVersion;
    keepSystemFields(proposed, current);
    // It is never stored; what is only imagined is answered as it was sent.
    if (!write.dryRun) delete proposed.metadata.selfLink;
    const admitted = await stages.tracked(write, current, proposed);
    await pace.pause();
    const attributes = {
      operation: 'UPDATE',
      kind,
      namespace,
      object: admitted,
      old: current,
      subresource: view?.subresource ?? part.name,
      context,
      options: write.options,
      view,
      dryRun: write.dryRun,
      write,
    } as const;
    await admission.mutate(attributes);
    settleNamespace(kind, admitted, namespace);
    const next = await stages.defaulted(write, admitted);
    await pace.pause();
    if (part === WHOLE) rules.allocate?.(next, current, { user: context.user, dryRun: write.dryRun });
    part.prepare(kind, next, current, rfc3339(this.#deps.clock.now()));
    await pace.pause();
    await stages.validateUpdate(write, next, current);
    await pace.pause();
    await admission.validate({ ...attributes, object: next });
    for (const text of part.warnings(kind, next, current)) context.warn(text);
    await pace.pause();
    const object = await stages.completed(write, next);
    await pace.pause();
    return isReleased(rules, object) ? { do: 'delete', last: object } : { do: 'write', object };
  }
}

function asked({ collection: { kind }, context: { warn }, pace }: Write, { body, options }: ResourceRequest) {
  return { kind, body, options, warn, pace };
}

/** An error that kube-apiserver does not expect from here: code 500 and no reason. */
function versionOnCreate(): ApiError {
  return new ApiError({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' });
}

function unconditional({ group, plural }: Kind, name: string): ApiError {
  const error = fieldErrors.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
  return apiErrors.invalid({ group, kind: plural }, name, [error]);
}
