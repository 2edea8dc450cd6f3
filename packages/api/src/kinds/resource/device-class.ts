import { type FieldError, invalid, path } from '../../field-errors.js';
import type { DeviceClass, DeviceClassSpec } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { dnsSubdomainName, ofNameOnly } from '../../meta.js';
import { equalInForm } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { isExtendedResource } from '../core/resource-names.js';
import { validateOpaque } from './configuration.js';
import { CONFIGS_MAX, RESOURCE_GROUP } from './limits.js';
import { validateSlice } from './lists.js';
import { validateSelectors } from './selectors.js';

const at = path('spec');

export const deviceClass = defineKind<DeviceClass>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  scope: 'Cluster',
  nameRule: ofNameOnly(dnsSubdomainName),
  updateMetadata: ['create', 'update', 'rules'],
  generation: ['spec'],
  columns: [nameColumn(), ageColumn()],
  validate: ({ spec = {} }, old) => validateClass(spec, old?.spec),
});

/** Selectors and configuration that are as they were are not looked into again. */
function validateClass(
  { selectors, config, extendedResourceName: name }: DeviceClassSpec,
  old?: DeviceClassSpec,
): FieldError[] {
  const isStored = (next: unknown, before: unknown) => old !== undefined && equalInForm(next, before);
  return [
    ...validateSelectors(selectors, at.child('selectors'), isStored(selectors, old?.selectors)),
    ...validateSlice(
      config,
      CONFIGS_MAX,
      (it, here) => validateOpaque(it.opaque, here, isStored(config, old?.config)),
      at.child('config'),
    ),
    ...(name === undefined || isExtendedResource(name)
      ? []
      : [invalid(at.child('extendedResourceName'), name, 'must be a valid extended resource name')]),
  ];
}
