import type { Volume } from '@keelson/api';
import { counted, type PodCheck, quoted, sortedSet } from '../check.js';

const ALLOWED = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
  'secret',
] as const satisfies readonly (keyof Volume)[];

/** In the order in which a volume that says more than one thing is taken for one of them. */
const RESTRICTED = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd'],
  ...['flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk'],
  ...['photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos'],
] as readonly (keyof Volume)[];

export const restrictedVolumes: PodCheck = {
  id: 'restrictedVolumes',
  level: 'restricted',
  versions: [
    {
      since: 0,
      overrides: ['hostPathVolumes'],
      rule({ spec }) {
        const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED.some((type) => volume[type] != null));
        if (bad.length === 0) return undefined;
        const types = sortedSet(bad.map((it) => RESTRICTED.find((type) => it[type] != null) ?? 'unknown'));
        const names = bad.map(({ name = '' }) => name);
        const what = types.length === 1 ? 'restricted volume type' : 'restricted volume types';
        const uses = `${names.length === 1 ? 'uses' : 'use'} ${what} ${quoted(types)}`;
        return { reason: 'restricted volume types', detail: `${counted('volume', names)} ${uses}` };
      },
    },
  ],
};
