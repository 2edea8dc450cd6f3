import type { Pod } from '@keelson/api';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';

const HOSTNAME = 'kubernetes.io/hostname';

/** No pod may keep others off more than its node. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  validate(attributes) {
    const { operation, kind, object, subresource } = attributes;
    if (operation === 'DELETE' || subresource !== '' || !isResource(kind, '', 'pods')) return;
    const terms = (object as Pod).spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const wide = terms.find(({ topologyKey }) => topologyKey !== HOSTNAME);
    if (wide === undefined) return;
    const what = 'affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey';
    throw refusal(attributes, `${what} ${wide.topologyKey} but only key ${HOSTNAME} is allowed`);
  },
};
