/** Defaults of volume sources, in pods and in persistent volumes. */
import type {
  AzureDiskVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  PersistentVolumeSpec,
  RBDVolumeSource,
  Volume,
} from '../../../gen/types.js';

interface Sources {
  readonly hostPath?: HostPathVolumeSource | undefined;
  readonly iscsi?: Pick<ISCSIVolumeSource, 'iscsiInterface'> | undefined;
  readonly rbd?: Pick<RBDVolumeSource, 'pool' | 'user' | 'keyring'> | undefined;
  readonly azureDisk?: AzureDiskVolumeSource | undefined;
  readonly scaleIO?: { storageMode?: string | undefined; fsType?: string | undefined } | undefined;
}

export function defaultVolumeSource({
  hostPath,
  iscsi,
  rbd,
  azureDisk,
  scaleIO,
}: Sources & (PersistentVolumeSpec | Volume)): void {
  if (hostPath !== undefined) hostPath.type ??= '';
  if (iscsi !== undefined) iscsi.iscsiInterface ??= 'default';
  if (rbd !== undefined) {
    rbd.pool ??= 'rbd';
    rbd.user ??= 'admin';
    rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ??= 'ThinProvisioned';
    scaleIO.fsType ??= 'xfs';
  }
}
