import { apiErrors, deepEqual, type Pod, type RuntimeClass, type Toleration } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource } from './admission.js';
import { lookUp } from './lookup.js';

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

function refusal({ kind, object }: AdmissionAttributes, text: string): Error {
  return apiErrors.forbidden(kind, object.metadata.name ?? '', text);
}

/** Both lists, without those that another one of them covers. */
function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  return all.filter(
    (it, at) => !all.some((other, by) => by !== at && covers(other, it) && (!covers(it, other) || by < at)),
  );
}

/** Whether a toleration tolerates all that another one does. */
function covers(a: Toleration, b: Toleration): boolean {
  if (deepEqual(a, b)) return true;
  if (a.key && a.key !== b.key) return false;
  if (a.effect && a.effect !== b.effect) return false;
  if (a.effect === 'NoExecute' && a.tolerationSeconds != null) {
    if (b.tolerationSeconds == null || b.tolerationSeconds > a.tolerationSeconds) return false;
  }
  if (a.operator === 'Exists') return true;
  const equals = (it: Toleration) => !it.operator || it.operator === 'Equal';
  return equals(a) && equals(b) && (a.value ?? '') === (b.value ?? '') && (a.key ?? '') === (b.key ?? '');
}
