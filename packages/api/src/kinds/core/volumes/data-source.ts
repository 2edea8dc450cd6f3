/** Where a claim's volume gets its first content from: two fields for one thing, of which the older takes less. */
import type { PersistentVolumeClaimSpec } from '../../../gen/types.js';
import { deepClone } from '../../../object.js';
import { roundUpToMilli } from '../../../quantity.js';

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
  for (const list of [spec.resources?.limits, spec.resources?.requests]) {
    for (const [name, quantity] of Object.entries(list ?? {}))
      if (list !== undefined) list[name] = roundUpToMilli(quantity);
  }
}

/**
 * Drops what is behind a gate that is off, and what the older field never took; then writes both fields. What the
 * claim had already it may keep.
 */
export function settleDataSource(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  if ((spec.dataSourceRef?.namespace ?? '') !== '' && old?.dataSourceRef === undefined) delete spec.dataSourceRef;
  const hadSource = old?.dataSource !== undefined || old?.dataSourceRef !== undefined;
  if (!hadSource && spec.dataSourceRef === undefined && !isVolumeOrSnapshot(spec)) delete spec.dataSource;
  if (spec.dataSourceRef === undefined && spec.dataSource !== undefined) {
    spec.dataSourceRef = deepClone(spec.dataSource);
  } else if (spec.dataSource === undefined && spec.dataSourceRef !== undefined) {
    const { namespace, ...local } = spec.dataSourceRef;
    if (namespace === undefined || namespace === '') spec.dataSource = deepClone(local);
  }
}

function isVolumeOrSnapshot({ dataSource }: PersistentVolumeClaimSpec): boolean {
  const { kind, apiGroup } = dataSource ?? {};
  const group = apiGroup ?? '';
  return (
    (kind === 'PersistentVolumeClaim' && group === '') ||
    (kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io')
  );
}
