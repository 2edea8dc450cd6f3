import type { Kind, KubeObject, Pod, PodTemplateSpec } from '@keelson/api';
import type { PodShape } from './check.js';

/** Kinds that pods are made from, and where in them the pod is. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  '/podtemplates': ['template'],
  '/replicationcontrollers': ['spec', 'template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
};

export function hasTemplate({ group, plural }: Kind): boolean {
  return TEMPLATES[`${group}/${plural}`] !== undefined;
}

export function templateOf({ group, plural }: Kind, object: KubeObject): PodShape | undefined {
  let value: unknown = object;
  for (const field of TEMPLATES[`${group}/${plural}`] ?? []) {
    value = (value as Record<string, unknown> | null | undefined)?.[field];
  }
  if (value == null) return undefined;
  const { metadata, spec } = value as PodTemplateSpec;
  return { annotations: metadata?.annotations ?? {}, spec: spec ?? {} } as PodShape;
}

export function shapeOf({ metadata, spec }: Pod): PodShape {
  return { annotations: metadata.annotations ?? {}, spec: spec ?? {} } as PodShape;
}

/** Of what may change of a pod, what could let it do more: its images, and who comes in beside. */
export function mayDoMore({ spec: next = {} as Pod['spec'] }: Pod, { spec: old = {} as Pod['spec'] }: Pod): boolean {
  const lists = ['containers', 'initContainers'] as const;
  const isNew = lists.some((list) => {
    const [now, before] = [next?.[list] ?? [], old?.[list] ?? []];
    return now.length !== before.length || now.some(({ image }, index) => image !== before[index]?.image);
  });
  if (isNew) return true;
  const before = new Map((old?.ephemeralContainers ?? []).map((it) => [it.name, it.image]));
  return (next?.ephemeralContainers ?? []).some(({ name, image }) => !before.has(name) || before.get(name) !== image);
}
