import type { CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '@keelson/api';
import { claimOf } from '../../auth/node/pod-references.js';
import type { ObjectCollection } from '../../registry/collection.js';
import { lookUp } from '../lookup.js';

export interface AudienceCollections {
  readonly persistentVolumeClaims: ObjectCollection;
  readonly persistentVolumes: ObjectCollection;
  readonly csiDrivers: ObjectCollection;
}

/** Whether a pod's own volumes ask for tokens of an audience: projected ones, or through the driver of a volume. */
export async function asksForAudience(pod: Pod, audience: string, places: AudienceCollections): Promise<boolean> {
  for (const volume of pod.spec?.volumes ?? []) {
    const projected = (volume.projected?.sources ?? []).flatMap((it) => it.serviceAccountToken ?? []);
    if (projected.some((it) => (it.audience ?? '') === audience)) return true;
    const driver = await driverOf(pod, volume, places);
    if (driver !== undefined && (await driverAsks(driver, audience, places))) return true;
  }
  return false;
}

async function driverOf(pod: Pod, volume: Volume, places: AudienceCollections): Promise<string | undefined> {
  if (volume.csi != null) return volume.csi.driver;
  const { namespace = '', name = '' } = pod.metadata;
  const claimName = claimOf(name, volume);
  if (!claimName) return undefined;
  const claim = await lookUp<PersistentVolumeClaim>(places.persistentVolumeClaims, namespace, claimName);
  const volumeName = claim?.spec?.volumeName;
  if (!volumeName) return undefined;
  return (await lookUp<PersistentVolume>(places.persistentVolumes, '', volumeName))?.spec?.csi?.driver;
}

async function driverAsks(name: string, audience: string, { csiDrivers }: AudienceCollections): Promise<boolean> {
  const driver = await lookUp<CSIDriver>(csiDrivers, '', name);
  return (driver?.spec?.tokenRequests ?? []).some((it) => (it.audience ?? '') === audience);
}
