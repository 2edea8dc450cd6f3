import { ApiError, deepEqual, type Pod, type PodSpec, type RuntimeClass, wasSaidEmpty } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';
import { lookUp, nameRefusal } from './lookup.js';
import { mergeTolerations } from './tolerations.js';

/** What a pod's runtime class costs, and where its pods may be, becomes the pod's own. */
export function runtimeClass(runtimeClasses: ObjectCollection): AdmissionPlugin {
  const classFor = async (attributes: AdmissionAttributes): Promise<RuntimeClass | undefined> => {
    const name = (attributes.object as Pod).spec?.runtimeClassName;
    if (name == null) return undefined;
    const found = await lookUp<RuntimeClass>(runtimeClasses, '', name);
    if (found !== undefined) return found;
    const message = nameRefusal(name);
    if (message !== undefined) throw new ApiError({ code: 500, reason: '', message });
    throw refusal(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  };
  return {
    name: 'RuntimeClass',
    async mutate(attributes) {
      if (!isNewPod(attributes)) return;
      const found = await classFor(attributes);
      const { spec } = attributes.object as Pod;
      if (found === undefined || spec === undefined) return;
      const { overhead, scheduling } = found;
      if (overhead != null) {
        const own = overheadOf(spec);
        if (own !== undefined && !deepEqual(own, overhead.podFixed ?? {})) throw refusal(attributes, MISMATCH);
        if (overhead.podFixed == null) delete spec.overhead;
        else spec.overhead = { ...overhead.podFixed };
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
      const declared = (await classFor(attributes))?.overhead;
      const own = overheadOf((attributes.object as Pod).spec ?? {});
      if (declared != null) {
        if (!deepEqual(own ?? {}, declared.podFixed ?? {})) throw refusal(attributes, MISMATCH);
      } else if (own !== undefined)
        throw refusal(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    },
  };
}

/** What a pod says that it costs, which may be nothing. */
function overheadOf(spec: PodSpec): Record<string, string> | undefined {
  return spec.overhead ?? (wasSaidEmpty(spec, 'overhead') ? {} : undefined);
}

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function isNewPod({ operation, kind, subresource }: AdmissionAttributes): boolean {
  return operation === 'CREATE' && subresource === '' && isResource(kind, '', 'pods');
}
