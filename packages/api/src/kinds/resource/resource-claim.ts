import { path } from '../../field-errors.js';
import type { ResourceV1ResourceClaim } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { defaultClaimSpec, RESOURCE_GROUP, validateClaimSpec } from './device-rules.js';

export const resourceClaim = defineKind<ResourceV1ResourceClaim>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  scope: 'Namespaced',
  updateMetadata: 'both',
  subresources: [status],
  columns: [nameColumn(), { name: 'State', type: 'string', value: stateText }, ageColumn()],
  defaults(it) {
    if (it.spec !== undefined) defaultClaimSpec(it.spec);
  },
  validate: (it) => validateClaimSpec(it.spec ?? {}, path('spec')),
  validateUpdate: (next, old) => immutableField(next.spec, old.spec, path('spec')),
});

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
