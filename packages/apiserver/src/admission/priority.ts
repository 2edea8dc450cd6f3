import { apiErrors, type Kind, type Pod, type PriorityClass } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';
import { lookUp } from './lookup.js';

/** Turns a pod's priority class into its priority. */
export function priority(priorityClasses: ObjectCollection): AdmissionPlugin {
  return {
    name: 'Priority',
    async mutate({ operation, kind, object, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
      const pod = object as Pod;
      if (pod.spec === undefined) return;
      const found = await classOf(pod, kind, priorityClasses);
      const value = found?.value ?? 0;
      if (pod.spec.priority !== undefined && pod.spec.priority !== value) {
        const text = `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
        throw apiErrors.forbidden(kind, pod.metadata.name ?? '', text);
      }
      pod.spec.priority = value;
      if (found !== undefined) pod.spec.priorityClassName = found.metadata.name;
      pod.spec.preemptionPolicy ??= found?.preemptionPolicy ?? 'PreemptLowerPriority';
    },
  };
}

async function classOf(pod: Pod, kind: Kind, classes: ObjectCollection): Promise<PriorityClass | undefined> {
  const name = pod.spec?.priorityClassName;
  if (name) {
    const found = await lookUp<PriorityClass>(classes, '', name);
    if (found !== undefined) return found;
    throw apiErrors.forbidden(kind, pod.metadata.name ?? '', `no PriorityClass with name ${name} was found`);
  }
  const defaults = [...classes.cache.list()]
    .map((stored) => stored.object as PriorityClass)
    .filter((it) => it.globalDefault === true);
  return defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}
