import { isApiError, type StorageClass } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';

const NAME = 'local';
const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';

/** Has a class of directories on this machine there, as the default one if there is none, for the pods of its nodes. */
export async function ensureLocalClass(client: Pick<ApiClient, 'list' | 'create'>): Promise<void> {
  const { items } = await client.list(resources.storageClasses);
  if (items.some(({ metadata }) => metadata.name === NAME)) return;
  const isTaken = items.some(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true');
  const local: StorageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: NAME, ...(isTaken ? {} : { annotations: { [IS_DEFAULT]: 'true' } }) },
    provisioner: 'keelson.dev/local',
    reclaimPolicy: 'Delete',
    // Every node reaches every directory: none has to be chosen first.
    volumeBindingMode: 'Immediate',
    allowVolumeExpansion: true,
  };
  try {
    await client.create(resources.storageClasses, local);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}
