import type { Container, PersistentVolume, Pod, PodSpec, Volume } from '@keelson/api';

export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

/** The secrets of its own namespace that a pod names, wherever it may. */
export function secretsOf(spec: PodSpec): string[] {
  const inVolumes = (spec.volumes ?? []).flatMap((it) => [
    it.secret?.secretName,
    it.azureFile?.secretName,
    it.cephfs?.secretRef?.name,
    it.cinder?.secretRef?.name,
    it.csi?.nodePublishSecretRef?.name,
    it.flexVolume?.secretRef?.name,
    it.iscsi?.secretRef?.name,
    it.rbd?.secretRef?.name,
    it.scaleIO?.secretRef?.name,
    it.storageos?.secretRef?.name,
    ...(it.projected?.sources ?? []).map((source) => source.secret?.name),
  ]);
  const inEnv = containersOf(spec).flatMap((it) => [
    ...(it.env ?? []).map((env) => env.valueFrom?.secretKeyRef?.name),
    ...(it.envFrom ?? []).map((from) => from.secretRef?.name),
  ]);
  return named([...inVolumes, ...inEnv, ...(spec.imagePullSecrets ?? []).map((it) => it.name)]);
}

export function configMapsOf(spec: PodSpec): string[] {
  const inVolumes = (spec.volumes ?? []).flatMap((it) => [
    it.configMap?.name,
    ...(it.projected?.sources ?? []).map((source) => source.configMap?.name),
  ]);
  const inEnv = containersOf(spec).flatMap((it) => [
    ...(it.env ?? []).map((env) => env.valueFrom?.configMapKeyRef?.name),
    ...(it.envFrom ?? []).map((from) => from.configMapRef?.name),
  ]);
  return named([...inVolumes, ...inEnv]);
}

/** Claims, also those that are made for the pod. */
export function volumeClaimsOf({ metadata, spec }: Pod): string[] {
  return named((spec?.volumes ?? []).map((it) => claimOf(metadata.name ?? '', it)));
}

/** The claim behind a pod's volume. */
export function claimOf(podName: string, volume: Volume): string | undefined {
  if (volume.ephemeral != null) return `${podName}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}

/** Claims of devices: named, made from a template, or for extended resources. */
export function resourceClaimsOf({ spec, status }: Pod): string[] {
  const made = new Map((status?.resourceClaimStatuses ?? []).map((it) => [it.name, it.resourceClaimName]));
  const claims = (spec?.resourceClaims ?? []).map((it) => it.resourceClaimName ?? made.get(it.name));
  return named([...claims, status?.extendedResourceClaimStatus?.resourceClaimName]);
}

/** `namespace/name` of the secrets that a node needs to mount a volume. */
export function volumeSecretsOf({ spec = {} }: PersistentVolume): string[] {
  const own = spec.claimRef?.namespace;
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, rbd, scaleIO, storageos } = spec;
  const references = [
    azureFile && { name: azureFile.secretName, namespace: azureFile.secretNamespace },
    ...[cephfs?.secretRef, cinder?.secretRef, flexVolume?.secretRef, iscsi?.secretRef, rbd?.secretRef],
    ...[scaleIO?.secretRef, storageos?.secretRef],
    ...[csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef],
  ];
  return references.flatMap((it) => (it?.name ? [`${it.namespace || (own ?? '')}/${it.name}`] : []));
}

function containersOf(spec: PodSpec): Container[] {
  const ephemeral = (spec.ephemeralContainers ?? []) as Container[];
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...ephemeral];
}

function named(names: readonly (string | null | undefined)[]): string[] {
  return names.filter((it): it is string => it != null && it !== '');
}
