import {
  ApiError,
  allKinds,
  apiErrors,
  type Binding,
  fieldErrors,
  type Kind,
  type KubeObject,
  type Pod,
  pathSegmentName,
  type ResourceRequest,
  type Status,
  trackUpdate,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { Admission } from '../admission/admission.js';
import type { Answer, StatusAnswer } from '../registry/answer.js';
import type { Change, ObjectCollection } from '../registry/collection.js';
import type { Warn } from '../registry/context.js';
import { decodeBody } from '../registry/decode-body.js';
import type { Subresource } from '../registry/handler.js';
import { writerOf } from '../registry/managers.js';
import { settleNamespace } from '../registry/metadata.js';
import { fieldValidationOf, isDryRun } from '../registry/options.js';
import { checkUid } from '../registry/precondition.js';
import type { Review } from '../reviews/review.js';

const bindingKind = allKinds.find(({ group, kind }) => group === '' && kind === 'Binding') as Kind;

export const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Assigns a pod to a node: once, and only while the pod lives. */
export function bindingSubresource(dependencies: { admission: Admission; clock: Clock }): Subresource {
  const { admission, clock } = dependencies;
  return {
    async create(collection, request, context): Promise<Answer> {
      const { namespace, name } = request.path;
      const binding = readBinding(request, context.warn);
      if ((binding.metadata?.name ?? '') !== name)
        throw apiErrors.badRequest('name in URL does not match name in Binding object');
      checkBinding(binding);
      checkName(name);
      const { kind } = collection;
      const object = binding as Binding & KubeObject;
      const dryRun = isDryRun(request.options);
      trackUpdate(undefined, object, bindingKind, writerOf(bindingKind, 'binding', request.options, context, clock));
      const created = { kind, namespace, object, subresource: 'binding', gvk: bindingKind } as const;
      await admission.connect({ ...created, context, options: request.options, dryRun });
      const node = binding.target?.name ?? '';
      await changeUnlessDry(collection, request, (current) => {
        if (current === undefined) throw apiErrors.notFound(collection.kind, name);
        const pod = current as Pod;
        const refuse = (text: string) => apiErrors.conflict({ group: '', plural: 'pods/binding' }, name, text);
        checkUid(collection.kind, { namespace, name, dryRun: isDryRun(request.options) }, binding.metadata?.uid, pod);
        if (pod.metadata.deletionTimestamp !== undefined)
          throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
        if (pod.spec?.nodeName)
          throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
        if ((pod.spec?.schedulingGates ?? []).length > 0)
          throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
        return { do: 'write', object: assigned(pod, node, binding, clock.now()) };
      });
      return { type: 'status', code: 201, object: SUCCESS };
    },
  };
}

/** `POST …/bindings` is the binding of the pod that its body names. */
export function bindingsReview(pods: ObjectCollection, binding: Subresource): Review {
  return (_kind, request, context) => {
    const path = {
      ...request.path,
      resource: 'pods',
      subresource: 'binding',
      name: readBinding(request, () => {}).metadata?.name ?? '',
    };
    return binding.create!(pods, { ...request, path }, context) as Promise<StatusAnswer>;
  };
}

async function changeUnlessDry(
  collection: ObjectCollection,
  { path, options }: ResourceRequest,
  change: (current: KubeObject | undefined) => Change,
): Promise<void> {
  const { namespace, name } = path;
  if (!isDryRun(options)) await collection.change(namespace, name, change);
  else {
    const { stored } = await collection.read(namespace, name);
    change(stored && structuredClone(collection.served(stored)));
  }
}

function readBinding(request: ResourceRequest, warn: Warn): Binding {
  const binding = decodeBody(bindingKind, request.body, fieldValidationOf(request.options), warn);
  settleNamespace(bindingKind, binding, request.path.namespace);
  return binding as unknown as Binding;
}

/** What is wrong with a binding is told without a reason, as upstream does. */
function checkBinding(binding: Binding): void {
  const errors = bindingKind.validate({ ...binding, metadata: binding.metadata ?? {} } as KubeObject);
  if (errors.length === 0) return;
  const { message } = apiErrors.invalid({ group: '', kind: '' }, '', errors);
  throw new ApiError({ code: 500, reason: '', message: message.replace(/^ "" is invalid: /, '') });
}

/** A binding may name its pod in the body, where anything can stand. */
function checkName(name: string): void {
  if (name === '') throw apiErrors.badRequest('Name parameter required.');
  const errors = pathSegmentName(name, false);
  if (errors.length === 0) return;
  throw apiErrors.badRequest(`Name parameter invalid: ${fieldErrors.quote(name)}: ${errors.join(';')}`);
}

function assigned(pod: Pod, node: string, binding: Binding, nowMs: number): Pod {
  const { labels, annotations } = binding.metadata ?? {};
  const others = (pod.status?.conditions ?? []).filter((it) => it.type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: rfc3339(nowMs) };
  const metadata = { ...pod.metadata };
  const { nominatedNodeName: _served, ...status } = pod.status ?? {};
  if (labels !== undefined) metadata.labels = { ...metadata.labels, ...labels };
  if (annotations !== undefined) metadata.annotations = { ...metadata.annotations, ...annotations };
  return {
    ...pod,
    metadata,
    spec: { ...pod.spec!, nodeName: node },
    status: { ...status, conditions: [...others, scheduled as unknown as (typeof others)[number]] },
  };
}
