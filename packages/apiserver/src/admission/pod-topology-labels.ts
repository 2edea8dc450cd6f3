import type { Binding, KubeObject, Node, Pod } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod knows by its labels where its node is, from the moment it has one. */
export function podTopologyLabels(nodes: ObjectCollection): AdmissionPlugin {
  const label = (object: KubeObject, node: string | undefined) => {
    const of = (nodes.cache.get(node ?? '')?.object as Node | undefined)?.metadata.labels ?? {};
    const found = LABELS.filter((name) => of[name] !== undefined).map((name) => [name, of[name]!] as const);
    if (found.length === 0) return;
    object.metadata.labels = { ...Object.fromEntries(found), ...object.metadata.labels };
  };
  return {
    name: 'PodTopologyLabels',
    mutate({ operation, kind, object, subresource }) {
      if (operation !== 'CREATE' || !isResource(kind, '', 'pods')) return;
      if (subresource === '' && (object as Pod).spec?.nodeName) label(object, (object as Pod).spec?.nodeName);
      if (subresource !== 'binding') return;
      const { target } = object as unknown as Binding;
      if (target?.kind === 'Node') label(object, target.name);
    },
  };
}
