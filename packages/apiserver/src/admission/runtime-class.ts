import { deepEqual, type Pod, type RuntimeClass } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';
import { lookUp } from './lookup.js';
import { mergeTolerations } from './tolerations.js';

/** What a pod's runtime class costs, and where its pods may be, becomes the pod's own. */
export function runtimeClass(runtimeClasses: ObjectCollection): AdmissionPlugin {
  const classFor = async (attributes: AdmissionAttributes): Promise<RuntimeClass | undefined> => {
    const name = (attributes.object as Pod).spec?.runtimeClassName;
    if (name == null) return undefined;
    const found = await lookUp<RuntimeClass>(runtimeClasses, '', name);
    if (found === undefined) throw refusal(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    return found;
  };
  return {
    name: 'RuntimeClass',
    async mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const found = await classFor(attributes);
      const { spec } = attributes.object as Pod;
      if (found === undefined || spec === undefined) return;
      const { overhead, scheduling } = found;
      if (overhead?.podFixed != null) {
        if (spec.overhead != null && !deepEqual(spec.overhead, overhead.podFixed)) throw refusal(attributes, MISMATCH);
        spec.overhead = { ...overhead.podFixed };
      }
      if (scheduling == null) return;
      const nodeSelector = { ...spec.nodeSelector };
      for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
        const own = nodeSelector[key];
        if (own !== undefined && own !== value)
          throw refusal(
            attributes,
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          );
        nodeSelector[key] = value;
      }
      if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = nodeSelector;
      const merged = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations ?? []);
      if (merged.length > 0) spec.tolerations = merged;
    },
    async validate(attributes) {
      if (!isNewPod(attributes)) return;
      const podFixed = (await classFor(attributes))?.overhead?.podFixed;
      const overhead = (attributes.object as Pod).spec?.overhead;
      if (podFixed != null) {
        if (!deepEqual(overhead ?? {}, podFixed)) throw refusal(attributes, MISMATCH);
      } else if (overhead != null)
        throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    },
  };
}

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function isNewPod({ operation, kind, subresource }: AdmissionAttributes): boolean {
  return operation === 'CREATE' && subresource === '' && isResource(kind, '', 'pods');
}
