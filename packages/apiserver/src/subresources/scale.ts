import {
  ApiError,
  apiErrors,
  apiVersionOf,
  invalidObject,
  type Kind,
  type KubeObject,
  managersOfScaled,
  PATCH_TYPES,
  type ResourceRequest,
  type Scale,
  type ScaleAccess,
  type Steps,
  scaleKind,
  scaleManagers,
  trackUpdateSteps,
  type Writer,
} from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { View } from '../admission/admission.js';
import type { Answer } from '../registry/answer.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { RequestContext } from '../registry/context.js';
import { decodeBodySteps } from '../registry/decode-body.js';
import type { Subresource } from '../registry/handler.js';
import { writerOf } from '../registry/managers.js';
import { checkName, settleNamespace } from '../registry/metadata.js';
import { checkPatchOptions, checkWriteOptions, fieldValidationOf, isDryRun } from '../registry/options.js';
import { appliedObject, checkPatchType, patchObject, patchTypeOf } from '../registry/patch.js';
import { paceFor } from '../registry/pause.js';
import { checkUid } from '../registry/precondition.js';
import type { Reader } from '../registry/reader.js';
import type { Registry } from '../registry/registry.js';
import { WHOLE } from '../registry/write.js';

type ScaleObject = Scale & KubeObject;

/** What a patch of a scale sees where nothing is said of the number: nobody wants that many. */
const UNSAID = -(2 ** 31);

/** The number of replicas of whatever has one, seen as autoscaling/v1 Scale. */
export function scaleSubresource(dependencies: { registry: Registry; reader: Reader; clock: Clock }): Subresource {
  const { registry, reader, clock } = dependencies;

  const viewOf = ({ kind }: ObjectCollection): View => ({
    subresource: 'scale',
    gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    show: (object) => scaleOf(kind, object, 0),
    take: (object, shown) => kind.strategy.scale?.set(object, (shown as Scale).spec?.replicas ?? 0),
  });
  const answer = (of: Kind, object: ScaleObject): Answer => {
    const kind = scaleKind as unknown as Kind;
    return { type: 'object', code: 200, kind: { ...kind, columns: accessOf(of).columns ?? kind.columns }, object };
  };

  const write = async (
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
    propose: (current: ScaleObject, writer: Writer) => Steps<ScaleObject>,
  ): Promise<Answer> => {
    const { namespace, name } = request.path;
    const { kind } = collection;
    const access = accessOf(kind);
    const target = {
      collection,
      namespace,
      name,
      part: WHOLE,
      dryRun: isDryRun(request.options),
      context,
      pace: paceFor(request.body),
      // The record of managers is kept of the scale, and becomes the object's.
      writer: undefined,
      options: request.options,
      view: viewOf(collection),
    };
    const known = writerOf(kind, 'scale', request.options, context, clock);
    const writer = { ...known, apiVersion: 'autoscaling/v1', resetFields: [] };
    const changed = await registry.modify(target, function* (current) {
      const scale = yield* propose(scaleOf(kind, current, UNSAID, true), writer);
      checkNames(scale, request);
      const replicas = checkedReplicas(access, scale, name);
      checkUid(kind, target, scale.metadata.uid, current);
      const { resourceVersion, managedFields } = scale.metadata;
      if (resourceVersion) current.metadata.resourceVersion = resourceVersion;
      access.set(current, replicas);
      const where = { path: pathOf(access), apiVersion: apiVersionOf(kind.group, kind.version) };
      current.metadata.managedFields = managersOfScaled(current.metadata.managedFields, managedFields, where);
      return current;
    });
    return answer(kind, scaleOf(kind, collection.served(changed.stored), 0));
  };

  return {
    async get(collection, request) {
      const { object } = await reader.get(collection, request);
      const { kind } = collection;
      const access = accessOf(kind);
      if (access.get(object).specReplicas !== undefined) return answer(kind, scaleOf(kind, object, 0));
      throw apiErrors.internalError(`the spec replicas field ${shownPath(access)} does not exist`);
    },
    async update(collection, request, context) {
      checkWriteOptions('UpdateOptions', request.options);
      const { warn } = context;
      const steps = decodeBodySteps(scaleKind, request.body, fieldValidationOf(request.options), warn);
      let scale: ScaleObject;
      try {
        scale = (await paceFor(request.body).run(steps)) as ScaleObject;
      } catch (error) {
        const { unreadable } = accessOf(collection.kind);
        const isOfBody = error instanceof ApiError && error.code === 400;
        throw isOfBody && unreadable !== undefined ? apiErrors.badRequest(unreadable) : error;
      }
      return write(collection, request, context, (current, writer) => tracked(current, scale, writer));
    },
    async patch(collection, request, context) {
      const { body, options } = request;
      const mediaType = patchTypeOf(request);
      const isApply = mediaType === PATCH_TYPES.apply;
      checkPatchType(collection.kind, mediaType);
      checkPatchOptions(options, isApply);
      if (!isApply) {
        const patch = patchObject(scaleKind as unknown as Kind, body, fieldValidationOf(options), context.warn);
        return write(collection, request, context, function* (current, writer) {
          // A patch that says no version is meant for any.
          const { resourceVersion: _any, ...metadata } = current.metadata;
          return yield* tracked(current, (yield* patch({ ...current, metadata })) as ScaleObject, writer);
        });
      }
      const applied = await paceFor(body).run(appliedObject(scaleKind as unknown as Kind, body, options));
      const over = (current: ScaleObject, writer: Writer) =>
        applied.over(current, { ...writer, force: options.force ?? false }) as Steps<ScaleObject>;
      return write(collection, request, context, over);
    },
  };
}

/** The scale with the record of who manages it; who changes the number leaves no time. */
function* tracked(current: ScaleObject, next: ScaleObject, writer: Writer): Steps<ScaleObject> {
  const own = structuredClone(next);
  scaleKind.defaults(own);
  const live = current.spec?.replicas === UNSAID ? { ...current, spec: {} } : current;
  yield* trackUpdateSteps(live, own, scaleKind, { ...writer, time: undefined });
  return own;
}

function accessOf(kind: Kind): ScaleAccess<KubeObject> {
  if (kind.strategy.scale === undefined) throw apiErrors.resourceNotServed();
  return kind.strategy.scale;
}

const pathOf = ({ path = ['spec', 'replicas'] }: ScaleAccess<KubeObject>): readonly string[] => path;
const shownPath = (access: ScaleAccess<KubeObject>): string => JSON.stringify(`.${pathOf(access).join('.')}`);

/** `withManagers`: of the scale, for whoever changes it. */
function scaleOf(kind: Kind, object: KubeObject, unsaid: number, withManagers = false): ScaleObject {
  const access = accessOf(kind);
  const { specReplicas = unsaid, statusReplicas, selector } = access.get(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp, managedFields } = object.metadata;
  const managers = withManagers ? { managedFields: scaleManagers(managedFields, pathOf(access)) } : {};
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp, ...managers },
    spec: specReplicas === 0 ? {} : { replicas: specReplicas },
    status: { replicas: statusReplicas, ...(selector === '' ? {} : { selector }) },
  };
}

function checkNames(scale: ScaleObject, { path: { namespace, name } }: ResourceRequest): void {
  settleNamespace(scaleKind as unknown as Kind, scale, namespace);
  checkName(scale, name);
}

function checkedReplicas(access: ScaleAccess<KubeObject>, scale: ScaleObject, name: string): number {
  const replicas = scale.spec?.replicas ?? 0;
  if (access.checksItself !== true) {
    const errors = scaleKind.validate(scale);
    if (errors.length > 0) throw invalidObject(scaleKind as unknown as Kind, name, errors);
  } else if (replicas === UNSAID) {
    throw apiErrors.badRequest(`the spec replicas field ${shownPath(access)} cannot be empty`);
  }
  return replicas;
}
