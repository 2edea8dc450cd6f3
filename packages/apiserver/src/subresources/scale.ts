import {
  apiErrors,
  applyJsonPatch,
  applyMergePatch,
  fieldErrors,
  type KubeObject,
  PATCH_TYPES,
  type ResourceRequest,
  type Scale,
} from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { View } from '../admission/admission.js';
import type { Answer } from '../registry/answer.js';
import type { ObjectCollection } from '../registry/collection.js';
import type { RequestContext } from '../registry/context.js';
import { readBody } from '../registry/decode-body.js';
import type { Subresource } from '../registry/handler.js';
import { writerOf } from '../registry/managers.js';
import { isDryRun } from '../registry/options.js';
import { checkPatchType, patchTypeOf } from '../registry/patch.js';
import { paceFor } from '../registry/pause.js';
import { checkUid } from '../registry/precondition.js';
import type { Reader } from '../registry/reader.js';
import type { Registry } from '../registry/registry.js';
import { WHOLE } from '../registry/write.js';

/** The number of replicas of whatever has one, seen as autoscaling/v1 Scale. */
export function scaleSubresource(dependencies: { registry: Registry; reader: Reader; clock: Clock }): Subresource {
  const { registry, reader, clock } = dependencies;

  const scaleOf = ({ kind }: ObjectCollection, object: KubeObject): Scale => {
    const parts = kind.strategy.scale?.get(object);
    if (parts === undefined) throw apiErrors.resourceNotServed();
    const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
    return {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: parts.specReplicas === 0 ? {} : { replicas: parts.specReplicas },
      status: { replicas: parts.statusReplicas, selector: parts.selector },
    };
  };
  const viewOf = (collection: ObjectCollection): View => ({
    subresource: 'scale',
    gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    show: (object) => scaleOf(collection, object) as KubeObject,
    take: (object, shown) => collection.kind.strategy.scale?.set(object, (shown as Scale).spec?.replicas ?? 0),
  });
  const answer = (object: Scale): Answer => ({ type: 'status', code: 200, object });

  const write = async (
    collection: ObjectCollection,
    request: ResourceRequest,
    context: RequestContext,
    wanted: (current: Scale) => Scale,
  ): Promise<Answer> => {
    const { namespace, name } = request.path;
    const { kind } = collection;
    const target = {
      collection,
      namespace,
      name,
      part: WHOLE,
      dryRun: isDryRun(request.options),
      context,
      pace: paceFor(request.body),
      writer: { ...writerOf(kind, 'scale', request.options, context, clock), time: undefined },
      options: request.options,
      view: viewOf(collection),
    };
    const changed = await registry.modify(target, function* (current) {
      const scale = wanted(scaleOf(collection, current));
      yield;
      const replicas = scale.spec?.replicas ?? 0;
      if (replicas < 0) {
        const error = fieldErrors.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
        throw apiErrors.invalid({ group: 'autoscaling', kind: 'Scale' }, name, [error]);
      }
      current.metadata.resourceVersion = scale.metadata?.resourceVersion;
      checkUid(kind, target, scale.metadata?.uid, current);
      kind.strategy.scale?.set(current, replicas);
      return current;
    });
    return answer(scaleOf(collection, collection.served(changed.stored)));
  };

  return {
    async get(collection, request) {
      const found = await reader.get(collection, request);
      return answer(scaleOf(collection, found.object));
    },
    update(collection, request, context) {
      const { value } = readBody(undefined, request.body);
      const body = (value ?? {}) as Scale;
      if ((body.kind ?? 'Scale') !== 'Scale' || (body.apiVersion ?? 'autoscaling/v1') !== 'autoscaling/v1') {
        const version = JSON.stringify(
          String(body.apiVersion ?? '')
            .split('/')
            .at(-1),
        );
        throw apiErrors.badRequest(
          `${body.kind} in version ${version} cannot be handled as a Scale: no kind ${JSON.stringify(body.kind)} is registered for version ${JSON.stringify(body.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
        );
      }
      return write(collection, request, context, () => body);
    },
    patch(collection, request, context) {
      const mediaType = patchTypeOf(request);
      checkPatchType(collection.kind, mediaType);
      const { value } = readBody(undefined, {
        mediaType: 'application/json',
        bytes: request.body?.bytes ?? new Uint8Array(),
      });
      return write(collection, request, context, (current) => {
        // A Scale has neither lists nor patch directives: strategic merge is plain merge.
        if (mediaType === PATCH_TYPES.json) return applyJsonPatch(current, value) as Scale;
        const { resourceVersion: _any, ...metadata } = current.metadata ?? {};
        return applyMergePatch({ ...current, metadata }, value) as Scale;
      });
    },
  };
}
