import { invalid, path } from '../../field-errors.js';
import type { ResourceV1ResourceClaim } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { equalInForm } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { defaultClaimSpec, validateClaimSpec } from './claim-rules.js';
import { deviceId, validateClaimStatus } from './claim-status.js';
import { RESOURCE_GROUP } from './limits.js';

const SPEC_TYPE = 'io.k8s.api.resource.v1.ResourceClaimSpec';

export const resourceClaim = defineKind<ResourceV1ResourceClaim>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  scope: 'Namespaced',
  // A spec that may not change is not looked into again.
  updateMetadata: ['create', 'update', 'change'],
  subresources: [status],
  columns: [nameColumn(), { name: 'State', type: 'string', value: stateText }, ageColumn()],
  defaults(it) {
    if (it.spec !== undefined) defaultClaimSpec(it.spec);
  },
  validate: (it) => validateClaimSpec(it.spec ?? {}, path('spec')),
  validateUpdate: (next, old) =>
    equalInForm(next.spec, old.spec)
      ? []
      : [invalid(path('spec'), internalForm(SPEC_TYPE, next.spec), FIELD_IMMUTABLE)],
  validateStatusUpdate: (next, old) => validateClaimStatus(next, old, path('status')),
  strategy: { prepareForStatusUpdate: dropDeallocated },
});

/** What drivers say of devices goes when the devices are given back. */
function dropDeallocated(next: ResourceV1ResourceClaim, old: ResourceV1ResourceClaim): void {
  const given = new Set((old.status?.allocation?.devices?.results ?? []).map(deviceId));
  for (const result of next.status?.allocation?.devices?.results ?? []) given.delete(deviceId(result));
  if (next.status?.devices === undefined || given.size === 0) return;
  next.status.devices = next.status.devices.filter((device) => !given.has(deviceId(device)));
  if (next.status.devices.length === 0) delete next.status.devices;
}

function stateText(it: ResourceV1ResourceClaim): string {
  const states = [];
  if (it.metadata.deletionTimestamp !== undefined) states.push('deleted');
  if (it.status?.allocation === undefined) states.push('pending');
  else {
    states.push('allocated');
    if ((it.status.reservedFor ?? []).length > 0) states.push('reserved');
  }
  return states.join(',');
}
