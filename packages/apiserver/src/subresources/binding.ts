import { apiErrors, type Binding, type Pod, type ResourceRequest, type Status } from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { Answer } from '../registry/answer.js';
import { readBody } from '../registry/decode-body.js';
import type { Subresource } from '../registry/handler.js';

export const SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Assigns a pod to a node: once, and only while the pod lives. */
export function bindingSubresource(dependencies: { clock: Clock }): Subresource {
  return {
    async create(collection, request): Promise<Answer> {
      const { namespace, name } = request.path;
      const binding = readBinding(request);
      const node = binding.target?.name ?? '';
      await collection.change(namespace, name, (current) => {
        if (current === undefined) throw apiErrors.notFound(collection.kind, name);
        const pod = current as Pod;
        const refuse = (text: string) => apiErrors.conflict({ group: '', plural: 'pods/binding' }, name, text);
        const uid = binding.metadata?.uid;
        if (uid && uid !== pod.metadata.uid) {
          throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
        }
        if (pod.metadata.deletionTimestamp !== undefined)
          throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
        if (pod.spec?.nodeName)
          throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
        if ((pod.spec?.schedulingGates ?? []).length > 0)
          throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
        return { do: 'write', object: assigned(pod, node, binding, dependencies.clock.now()) };
      });
      return { type: 'status', code: 201, object: SUCCESS, warnings: [] };
    },
  };
}

function readBinding(request: ResourceRequest): Binding {
  const { value } = readBody(undefined, request.body);
  const binding = (value ?? {}) as Binding;
  const kind = binding.target?.kind ?? '';
  const errors = [];
  if (kind !== '' && kind !== 'Node') {
    errors.push({
      type: 'FieldValueNotSupported' as const,
      field: 'target.kind',
      value: kind,
      detail: 'supported values: "Node", "<empty>"',
    });
  }
  if (!binding.target?.name) errors.push({ type: 'FieldValueRequired' as const, field: 'target.name', detail: '' });
  if (errors.length > 0) throw apiErrors.invalid({ group: '', kind: 'Binding' }, binding.metadata?.name ?? '', errors);
  return binding;
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
