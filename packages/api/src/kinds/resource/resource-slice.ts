import { path } from '../../field-errors.js';
import type { ResourceSlice } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { RESOURCE_GROUP } from './limits.js';
import { validateSliceSpec } from './slice-rules.js';

const spec = path('spec');

export const resourceSlice = defineKind<ResourceSlice>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  scope: 'Cluster',
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'Node', type: 'string', value: (it) => it.spec?.nodeName ?? '' },
    { name: 'Driver', type: 'string', value: (it) => it.spec?.driver ?? '' },
    { name: 'Pool', type: 'string', value: (it) => it.spec?.pool?.name ?? '' },
    ageColumn(),
  ],
  selectableFields: {
    'spec.nodeName': (it) => it.spec?.nodeName ?? '',
    'spec.driver': (it) => it.spec?.driver ?? '',
  },
  validate: (it, old) => validateSliceSpec(it.spec ?? {}, old?.spec, spec),
  strategy: {
    prepareForCreate(it) {
      dropGated(it);
      addTaintTimes(it, it.metadata.creationTimestamp);
    },
    prepareForUpdate(next, _old, now) {
      dropGated(next);
      addTaintTimes(next, now);
    },
  },
});

const LISTS = ['bools', 'ints', 'strings', 'versions'] as const;

/** What is behind feature gates that are off. */
function dropGated({ spec: own = {} }: ResourceSlice): void {
  for (const device of own.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) for (const field of LISTS) delete attribute[field];
  }
}

function addTaintTimes({ spec: own = {} }: ResourceSlice, now: string | undefined): void {
  if (now === undefined) return;
  for (const taint of (own.devices ?? []).flatMap((device) => device.taints ?? [])) taint.timeAdded ??= now;
}
