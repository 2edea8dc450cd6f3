import { compareQuantities, deepEqual, type Node, type Pod, type ResourceRequirements } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';

/** What an update of a pod may ask of its node, by the names under which nodes declare that they can do it. */
const FEATURES: Readonly<Record<string, (old: Pod, next: Pod) => boolean>> = {
  GuaranteedQoSPodCPUResize: (old, next) =>
    (old.status === undefined || old.status.qosClass === 'Guaranteed') &&
    (old.spec?.containers ?? []).some(
      (container, index) => !sameQuantity(cpuOf(container), cpuOf(next.spec?.containers?.[index] ?? {})),
    ),
  InPlacePodLevelResourcesVerticalScaling: (old, next) => !sameResources(old.spec?.resources, next.spec?.resources),
};

/** A pod that has a node is changed only to what that node says it can do. */
export function nodeDeclaredFeatures(nodes: ObjectCollection): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    validate(attributes) {
      const { operation, kind, subresource } = attributes;
      if (operation !== 'UPDATE' || !isResource(kind, '', 'pods')) return;
      if (subresource !== '' && subresource !== 'resize') return;
      const [old, next] = [attributes.old as Pod, attributes.object as Pod];
      const name = next.spec?.nodeName ?? '';
      // The generation says whether anything was changed but the status.
      if (name === '' || old.metadata.generation === next.metadata.generation) return;
      const wanted = Object.keys(FEATURES).filter((feature) => FEATURES[feature]!(old, next));
      if (wanted.length === 0) return;
      const node = nodes.cache.get(name)?.object as Node | undefined;
      if (node === undefined) throw refusal(attributes, `node ${JSON.stringify(name)} not found`);
      const declared = node.status?.declaredFeatures ?? [];
      const missing = wanted.filter((feature) => !declared.includes(feature));
      if (missing.length === 0) return;
      const text = `pod update requires features ${missing.join(', ')} which are not available on node`;
      throw refusal(attributes, `${text} ${JSON.stringify(name)}`);
    },
  };
}

type Quantities = Readonly<Record<string, string>>;

function cpuOf({ resources }: { resources?: ResourceRequirements | undefined }): string {
  return (resources?.requests as Quantities | undefined)?.['cpu'] ?? '0';
}

function sameQuantity(a: string, b: string): boolean {
  return compareQuantities(a, b) === 0;
}

function sameResources(a: ResourceRequirements | undefined, b: ResourceRequirements | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const same = (of: Quantities = {}, to: Quantities = {}) =>
    Object.keys({ ...of, ...to }).every((name) => name in of && name in to && sameQuantity(of[name]!, to[name]!));
  return same(a.requests, b.requests) && same(a.limits, b.limits) && deepEqual(a.claims, b.claims);
}
