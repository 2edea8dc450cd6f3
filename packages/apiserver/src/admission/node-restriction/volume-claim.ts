import { deepEqual, type PersistentVolumeClaim } from '@keelson/api';
import type { AdmissionAttributes } from '../admission.js';
import { Refused } from './refused.js';

/** A node says of a claim how large it is now, and nothing else. */
export function checkClaimStatus(node: string, { operation, subresource, object, old }: AdmissionAttributes): void {
  if (subresource !== 'status') throw new Refused('may only update PVC status');
  if (operation !== 'UPDATE') throw new Refused(`unexpected operation "${operation}"`);
  const [next, before] = [rest(object as PersistentVolumeClaim), rest(old as PersistentVolumeClaim)];
  const changed = (['metadata', 'spec', 'status'] as const).filter((field) => !deepEqual(next[field], before[field]));
  if (changed.length > 0)
    throw new Refused(
      `node "${node}" is not allowed to update fields other than status.quantity and status.conditions: ${changed.join(', ')}`,
    );
}

/** Everything that a node may not change. */
function rest({ metadata, spec, status = {} }: PersistentVolumeClaim) {
  const { resourceVersion: _version, managedFields: _fields, ...kept } = metadata;
  const { capacity: _capacity, conditions: _conditions, ...more } = status;
  const { allocatedResources: _resources, allocatedResourceStatuses: _statuses, ...others } = more;
  return { metadata: kept, spec, status: others };
}
