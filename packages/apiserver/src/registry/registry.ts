import {
  ApiError,
  apiErrors,
  applyServerSide,
  deepClone,
  fieldErrors,
  invalidObject,
  type Kind,
  type KubeObject,
  PATCH_TYPES,
  type ResourceRequest,
  trackUpdate,
  type Writer,
} from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import { type Authorizer, refusal } from '../auth/authorizer.js';
import type { StoredObject } from '../storage/stored-object.js';
import type { ObjectAnswer } from './answer.js';
import type { Change, Changed, ObjectCollection } from './collection.js';
import type { RequestContext } from './context.js';
import { decodeBody } from './decode-body.js';
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
import { checkPatchOptions, checkWriteOptions, type FieldValidation, fieldValidationOf, isDryRun } from './options.js';
import { appliedObject, patchObject, patchTypeOf } from './patch.js';
import { type Pause, pauseFor } from './pause.js';
import { checkUid } from './precondition.js';

export interface RegistryDependencies {
  clock: Clock;
  random: Random;
  admission: Admission;
  authorizer: Authorizer;
}

/** Which part of an object a write is about. */
export interface Part {
  readonly name: string;
  prepare(kind: Kind, next: KubeObject, old: KubeObject): void;
  validate(kind: Kind, next: KubeObject, old: KubeObject): ReturnType<Kind['validateUpdate']>;
}

export const WHOLE: Part = {
  name: '',
  prepare: (kind, next, old) => kind.strategy.prepareForUpdate(next, old),
  validate: (kind, next, old) => kind.validateUpdate(next, old),
};

export const STATUS: Part = {
  name: 'status',
  prepare: (kind, next, old) => kind.strategy.prepareForStatusUpdate(next, old),
  validate: (kind, next, old) => kind.validateStatusUpdate(next, old),
};

/** A write of one object, as it goes through the rules. */
export interface Write {
  readonly collection: ObjectCollection;
  readonly namespace: string;
  readonly name: string;
  readonly part: Part;
  readonly dryRun: boolean;
  readonly context: RequestContext;
  /** Between the steps of the write. */
  readonly pause: Pause;
  /** Who is recorded to manage what changes; absent where the proposal has that record already. */
  readonly writer: Writer | undefined;
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
    const object = decodeBody(kind, request.body, fieldValidationOf(request.options), context.warn);
    settleNamespace(kind, object, namespace);
    const write = this.#write(collection, request, context, WHOLE);
    await write.pause();
    const stored = await this.#createObject(write, object);
    return { type: 'object', code: 201, kind, object: collection.served(stored) };
  }

  #write(collection: ObjectCollection, request: ResourceRequest, context: RequestContext, part: Part): Write {
    const { namespace, name } = request.path;
    const { options } = request;
    const { kind, rules } = collection;
    const known = writerOf(kind, part.name, options, context, this.#deps.clock);
    const own = part === WHOLE ? (rules.resetFields ?? []) : [];
    const writer = { ...known, resetFields: [...known.resetFields, ...own] };
    const pause = pauseFor(request.body);
    return { collection, namespace, name, part, dryRun: isDryRun(options), context, pause, writer };
  }

  async #createObject(write: Write, object: KubeObject): Promise<StoredObject> {
    const { collection, namespace, dryRun } = write;
    await this.#admitCreate(write, object);
    for (let attempt = 1; ; attempt++) {
      const { proposal, generated } = await this.#proposeCreate(write, object, attempt === 1);
      if (!dryRun && namesVersion(object)) throw versionOnCreate();
      const name = proposal.metadata.name ?? '';
      const stored = dryRun
        ? await this.#dryCreate(collection, namespace, proposal)
        : await collection.create(namespace, name, proposal);
      if (typeof stored === 'object') return stored;
      if (stored === 'exists' && !generated) throw await this.#exists(collection, namespace, name);
      if (attempt >= CREATE_ATTEMPTS_MAX) throw apiErrors.generateNameConflict(collection.kind, name, 1);
    }
  }

  async #admitCreate(write: Write, object: KubeObject): Promise<void> {
    const { collection, namespace, context, pause, writer } = write;
    const { kind } = collection;
    wipeSystemFields(object);
    kind.defaults(object);
    await pause();
    if (writer !== undefined) trackUpdate(undefined, object, kind.schema, writer);
    await pause();
    const attributes = { operation: 'CREATE', kind, namespace, object, old: undefined, subresource: '' } as const;
    await this.#deps.admission.mutate({ ...attributes, context });
    kind.defaults(object);
  }

  /** What is to be stored of an admitted object, with the name and addresses that it gets this time. */
  async #proposeCreate(
    write: Write,
    object: KubeObject,
    warns: boolean,
  ): Promise<{ proposal: KubeObject; generated: boolean }> {
    const { collection, namespace, context, pause } = write;
    const { kind } = collection;
    const { clock, random, admission } = this.#deps;
    const proposal = deepClone(object);
    await pause();
    stampNew(proposal, { clock, random });
    const generated = generateName(proposal, random);
    kind.strategy.prepareForCreate(proposal);
    collection.rules.allocate?.(proposal, undefined, context.user);
    const errors = kind.validate(proposal);
    await pause();
    if (errors.length > 0) throw invalidObject(kind, proposal.metadata.name ?? '', errors);
    const attributes = { operation: 'CREATE', kind, namespace, object: proposal, old: undefined } as const;
    await admission.validate({ ...attributes, subresource: '', context });
    if (warns) for (const text of kind.strategy.warnings(proposal)) context.warn(text);
    kind.defaults(proposal);
    kind.fillRequired(proposal);
    await pause();
    return { proposal, generated };
  }

  async #dryCreate(
    collection: ObjectCollection,
    namespace: string,
    object: KubeObject,
  ): Promise<StoredObject | 'exists'> {
    const { stored } = await collection.read(namespace, object.metadata.name ?? '');
    return stored === undefined ? collection.imagined(object) : 'exists';
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
    const object = decodeBody(kind, request.body, fieldValidationOf(request.options), context.warn);
    settleNamespace(kind, object, namespace);
    checkName(object, name);
    const write = this.#write(collection, request, context, part);
    const replace = (current: KubeObject | undefined) => {
      checkUid(kind, write, object.metadata.uid, current);
      return deepClone(object);
    };
    const mayCreate = part === WHOLE && kind.strategy.allowCreateOnUpdate;
    const changed = mayCreate ? await this.#modifyOrCreate(write, replace) : await this.modify(write, replace);
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
    const { kind } = collection;
    const { namespace, name } = request.path;
    const fieldValidation: FieldValidation = fieldValidationOf(request.options);
    const write = this.#write(collection, request, context, part);
    if (isApply) return this.#answer(collection, await this.#apply(write, request));
    const apply = patchObject(kind, request, fieldValidation, context.warn);
    const changed = await this.modify(write, (current) => {
      const next = apply(current);
      settleNamespace(kind, next, namespace);
      checkName(next, name);
      return next;
    });
    return this.#answer(collection, changed);
  }

  /** Server-side apply: the record of managers decides what the configuration changes; nothing there: it is made. */
  async #apply(write: Write, request: ResourceRequest): Promise<Changed> {
    const { collection, namespace, name, part } = write;
    const { kind } = collection;
    const { configuration: applied, converted, checkStrictly } = appliedObject(kind, request);
    const writer = { ...write.writer!, force: request.options.force ?? false };
    const merged = (live: KubeObject | undefined): KubeObject => {
      if (live === undefined && applied.metadata?.uid) throw uidOfNothing(kind, name, applied.metadata.uid);
      const next = converted(applyServerSide(live, applied, kind.schema, writer));
      checkStrictly();
      settleNamespace(kind, next, namespace);
      checkName(next, name);
      return next;
    };
    const decided = { ...write, writer: undefined };
    return part === WHOLE ? this.#modifyOrCreate(decided, merged) : this.modify(decided, merged);
  }

  #answer(collection: ObjectCollection, changed: Changed): ObjectAnswer {
    const code = changed.outcome === 'created' ? 201 : 200;
    const object = collection.served(changed.stored);
    return { type: 'object', code, kind: collection.kind, object };
  }

  /**
   * Brings an object to what `propose` makes of its current state, under the kind's rules for updates, again for as
   * long as others change it meanwhile. A resource version in the proposal is the one that it is meant for.
   */
  async modify(write: Write, propose: (current: KubeObject) => KubeObject): Promise<Changed> {
    const { collection, name } = write;
    return this.#change(write, async (current) => {
      if (current === undefined) throw apiErrors.notFound(collection.kind, name);
      return this.#checkUpdate(write, propose, current);
    });
  }

  /** The same, but what is not there is made: for callers who may create. */
  async #modifyOrCreate(write: Write, propose: (current: KubeObject | undefined) => KubeObject): Promise<Changed> {
    return this.#change(write, async (current) => {
      if (current !== undefined) return this.#checkUpdate(write, propose, current);
      const object = propose(undefined);
      this.#checkMayCreate(write);
      await this.#admitCreate(write, object);
      const { proposal } = await this.#proposeCreate(write, object, true);
      return { do: 'write', object: proposal };
    });
  }

  #change(write: Write, change: (current: KubeObject | undefined) => Promise<Change>): Promise<Changed> {
    const { collection, namespace, name, dryRun } = write;
    return dryRun ? dryChange(collection, namespace, name, change) : collection.change(namespace, name, change);
  }

  /** An update that makes its object is also a creation. */
  #checkMayCreate({ collection, namespace, name, context }: Write): void {
    const { group, plural: resource } = collection.kind;
    const attributes = { user: context.user, verb: 'create', group, resource, subresource: '', namespace, name };
    const { allowed, reason } = this.#deps.authorizer.authorize(attributes);
    if (!allowed) throw apiErrors.forbidden(collection.kind, name, refusal(attributes, reason));
  }

  async #checkUpdate(write: Write, propose: (current: KubeObject) => KubeObject, current: KubeObject): Promise<Change> {
    const { collection, namespace, name, part, context, pause, writer } = write;
    const { kind, rules } = collection;
    await pause();
    kind.defaults(current);
    const next = propose(deepClone(current));
    await pause();
    const wanted = wantedVersion(next);
    if (wanted === undefined && !kind.strategy.allowUnconditionalUpdate) throw unconditional(kind, name);
    if (wanted !== undefined && wanted !== current.metadata.resourceVersion) throw apiErrors.conflict(kind, name);
    next.metadata.resourceVersion = current.metadata.resourceVersion;
    keepSystemFields(next, current);
    kind.defaults(next);
    await pause();
    if (writer !== undefined) trackUpdate(current, next, kind.schema, writer);
    await pause();
    const attributes = {
      operation: 'UPDATE',
      kind,
      namespace,
      object: next,
      old: current,
      subresource: part.name,
      context,
    } as const;
    await this.#deps.admission.mutate(attributes);
    kind.defaults(next);
    part.prepare(kind, next, current);
    if (part === WHOLE) rules.allocate?.(next, current, context.user);
    await pause();
    const errors = part.validate(kind, next, current);
    if (errors.length > 0) throw invalidObject(kind, name, errors);
    await pause();
    await this.#deps.admission.validate(attributes);
    if (part === WHOLE) for (const text of kind.strategy.warnings(next, current)) context.warn(text);
    kind.defaults(next);
    kind.fillRequired(next);
    await pause();
    return isReleased(rules, next) ? { do: 'delete', last: next } : { do: 'write', object: next };
  }
}

function uidOfNothing(kind: Kind, name: string, uid: string): ApiError {
  const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  return apiErrors.conflict(kind, name, text);
}

/** An error that kube-apiserver does not expect from here: code 500 and no reason. */
function versionOnCreate(): ApiError {
  return new ApiError({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' });
}

function unconditional({ group, plural }: Kind, name: string): ApiError {
  const error = fieldErrors.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
  return apiErrors.invalid({ group, kind: plural }, name, [error]);
}
