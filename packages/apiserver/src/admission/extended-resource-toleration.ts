import { deepEqual, isExtendedResource, type Pod } from '@keelson/api';
import { type AdmissionPlugin, isResource } from './admission.js';

/** Nodes with devices can be kept for those who ask for them: pods that do tolerate a taint of the device's name. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  mutate({ operation, kind, object, subresource }) {
    if (operation === 'DELETE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
    const { spec } = object as Pod;
    if (spec === undefined) return;
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    const asked = containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {}));
    for (const key of [...new Set(asked.filter(isExtendedResource))].sort()) {
      const toleration = { key, operator: 'Exists', effect: 'NoSchedule' };
      if (spec.tolerations?.some((it) => deepEqual(it, toleration))) continue;
      spec.tolerations = [...(spec.tolerations ?? []), toleration];
    }
  },
};
