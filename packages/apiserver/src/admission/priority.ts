import type { Pod, PriorityClass } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';
import { lookUp } from './lookup.js';

const DEFAULT_POLICY = 'PreemptLowerPriority';

/** Turns a pod's priority class into its priority; there is one class at the most for pods that name none. */
export function priority(priorityClasses: ObjectCollection): AdmissionPlugin {
  return {
    name: 'Priority',
    async mutate(attributes) {
      const { operation, kind, object, old, subresource } = attributes;
      if (operation === 'DELETE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
      const { spec } = object as Pod;
      if (spec === undefined) return;
      if (operation === 'UPDATE') {
        const before = (old as Pod | undefined)?.spec;
        if (before?.priority !== undefined) spec.priority ??= before.priority;
        if (before?.preemptionPolicy !== undefined) spec.preemptionPolicy ??= before.preemptionPolicy;
        return;
      }
      const found = await classOf(attributes, priorityClasses);
      const refuse = (what: string, given: unknown, computed: unknown) =>
        refusal(
          attributes,
          `the ${what} (${given}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`,
        );
      const value = found?.value ?? 0;
      if (spec.priority !== undefined && spec.priority !== value)
        throw refuse('integer value of priority', spec.priority, value);
      if (found !== undefined) spec.priorityClassName = found.metadata.name;
      spec.priority = value;
      const policy = found?.preemptionPolicy ?? DEFAULT_POLICY;
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
        throw refuse('string value of PreemptionPolicy', spec.preemptionPolicy, policy);
      spec.preemptionPolicy = policy;
    },
    validate(attributes) {
      if (isResource(attributes.kind, 'scheduling.k8s.io', 'priorityclasses'))
        checkDefault(attributes, priorityClasses);
    },
  };
}

function checkDefault(attributes: AdmissionAttributes, classes: ObjectCollection): void {
  const { operation, object, subresource } = attributes;
  if (operation === 'DELETE' || subresource !== '' || (object as PriorityClass).globalDefault !== true) return;
  const known = defaultClass(classes)?.metadata.name;
  const { name = '' } = object.metadata;
  if (known === undefined || (operation === 'UPDATE' && known === name)) return;
  throw refusal(attributes, `PriorityClass ${known} is already marked as default. Only one default can exist`);
}

async function classOf(attributes: AdmissionAttributes, classes: ObjectCollection): Promise<PriorityClass | undefined> {
  const name = (attributes.object as Pod).spec?.priorityClassName;
  if (!name) return defaultClass(classes);
  const found = await lookUp<PriorityClass>(classes, '', name);
  if (found !== undefined) return found;
  throw refusal(attributes, `no PriorityClass with name ${name} was found`);
}

/** Where there are several nevertheless, the one of the least value. */
function defaultClass(classes: ObjectCollection): PriorityClass | undefined {
  const defaults = [...classes.cache.list()]
    .map((stored) => stored.object as PriorityClass)
    .filter((it) => it.globalDefault === true);
  return defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}
