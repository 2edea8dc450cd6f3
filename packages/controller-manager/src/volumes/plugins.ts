import type { PersistentVolume } from '@keelson/api';

/** Plugins of old and the drivers that have taken over from them. */
const MIGRATED: ReadonlyMap<string, string> = new Map([
  ['kubernetes.io/aws-ebs', 'ebs.csi.aws.com'],
  ['kubernetes.io/azure-disk', 'disk.csi.azure.com'],
  ['kubernetes.io/azure-file', 'file.csi.azure.com'],
  ['kubernetes.io/cinder', 'cinder.csi.openstack.org'],
  ['kubernetes.io/gce-pd', 'pd.csi.storage.gke.io'],
  ['kubernetes.io/portworx-volume', 'pxd.portworx.com'],
  ['kubernetes.io/vsphere-volume', 'csi.vsphere.vmware.com'],
]);

/** Fields of volumes that such plugins were for. */
const SOURCES = [
  ['awsElasticBlockStore', 'kubernetes.io/aws-ebs'],
  ['azureDisk', 'kubernetes.io/azure-disk'],
  ['azureFile', 'kubernetes.io/azure-file'],
  ['cinder', 'kubernetes.io/cinder'],
  ['gcePersistentDisk', 'kubernetes.io/gce-pd'],
  ['portworxVolume', 'kubernetes.io/portworx-volume'],
  ['vsphereVolume', 'kubernetes.io/vsphere-volume'],
] as const;

/** The plugin of old that a volume is for, if a driver has taken over from it. */
export function pluginOf({ spec }: PersistentVolume): string | undefined {
  return SOURCES.find(([field]) => spec?.[field] !== undefined)?.[1];
}

/** Prefix of names that no external provisioner has. */
export const IN_TREE = 'kubernetes.io/';

/** Kinds of volumes that are known here, though nothing is done about their content. */
const KNOWN_SOURCES = ['nfs', 'local', 'csi'] as const;

/** The driver behind a plugin that is one no more. */
export function driverOf(plugin: string): string | undefined {
  return MIGRATED.get(plugin);
}

/** Whether what is behind a volume has a plugin here. */
export function isKnownSource({ spec }: PersistentVolume): boolean {
  return KNOWN_SOURCES.some((it) => spec?.[it] !== undefined);
}
