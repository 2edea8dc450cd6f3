import type { Toleration, Volume } from '@keelson/api';
import type { Description } from './description.js';

export function volumes(out: Description, list: readonly Volume[] | undefined, level: number, space: string): void {
  if (list === undefined || list.length === 0) {
    out.field('Volumes', '<none>', level);
    return;
  }
  out.line('Volumes:', level);
  for (const volume of list) {
    out.line(`${space}${volume.name}:`, level);
    for (const line of volumeLines(volume)) out.line(`${space}  ${line}`, level);
  }
}

function volumeLines(volume: Volume): string[] {
  const { emptyDir, hostPath, configMap, secret, downwardAPI, projected, persistentVolumeClaim } = volume;
  if (emptyDir !== undefined) {
    return [
      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${emptyDir.medium ?? ''}`,
      `SizeLimit:\t${emptyDir.sizeLimit ?? '<unset>'}`,
    ];
  }
  if (hostPath !== undefined) {
    return [
      'Type:\tHostPath (bare host directory volume)',
      `Path:\t${hostPath.path}`,
      `HostPathType:\t${hostPath.type ?? ''}`,
    ];
  }
  if (configMap !== undefined) {
    return [
      'Type:\tConfigMap (a volume populated by a ConfigMap)',
      `Name:\t${configMap.name}`,
      `Optional:\t${configMap.optional ?? false}`,
    ];
  }
  if (secret !== undefined) {
    return [
      'Type:\tSecret (a volume populated by a Secret)',
      `SecretName:\t${secret.secretName}`,
      `Optional:\t${secret.optional ?? false}`,
    ];
  }
  if (downwardAPI !== undefined) {
    const items = (downwardAPI.items ?? []).map(
      (it) => `  ${it.fieldRef?.fieldPath ?? it.resourceFieldRef?.resource} -> ${it.path}`,
    );
    return ['Type:\tDownwardAPI (a volume populated by information about the pod)', 'Items:', ...items];
  }
  if (projected !== undefined) {
    return [
      'Type:\tProjected (a volume that contains injected data from multiple sources)',
      ...(projected.sources ?? []).flatMap((it) => {
        if (it.secret !== undefined)
          return [`SecretName:\t${it.secret.name}`, `SecretOptionalName:\t${it.secret.optional ?? '<nil>'}`];
        if (it.downwardAPI !== undefined) return ['DownwardAPI:\ttrue'];
        if (it.configMap !== undefined)
          return [`ConfigMapName:\t${it.configMap.name}`, `ConfigMapOptional:\t${it.configMap.optional ?? '<nil>'}`];
        return [`TokenExpirationSeconds:\t${it.serviceAccountToken?.expirationSeconds ?? 3600}`];
      }),
    ];
  }
  if (persistentVolumeClaim !== undefined) {
    return [
      'Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      `ClaimName:\t${persistentVolumeClaim.claimName}`,
      `ReadOnly:\t${persistentVolumeClaim.readOnly ?? false}`,
    ];
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  return [`Type:\t${type}`];
}

export function tolerationTexts(list: readonly Toleration[] | undefined): string[] {
  return (list ?? [])
    .map(({ key = '', value = '', effect = '', operator, tolerationSeconds }) => {
      const head = `${key}${value === '' ? '' : `=${value}`}${effect === '' ? '' : `:${effect}`}`;
      const exists =
        operator === 'Exists' && value === '' ? (key !== '' || effect !== '' ? ' op=Exists' : 'op=Exists') : '';
      return `${head}${exists}${tolerationSeconds === undefined ? '' : ` for ${tolerationSeconds}s`}`;
    })
    .sort();
}
