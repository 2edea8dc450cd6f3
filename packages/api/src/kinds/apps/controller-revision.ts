import { path, required } from '../../field-errors.js';
import type { ControllerRevision } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { controllerOf, parseApiVersion } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { nonNegative } from '../rules.js';

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  scope: 'Namespaced',
  updateMetadata: 'both',
  columns: [
    nameColumn(),
    { name: 'Controller', type: 'string', value: controllerText },
    { name: 'Revision', type: 'string', value: (it) => it.revision ?? 0 },
    ageColumn(),
  ],
  validate: (it) => [
    ...nonNegative(it.revision, path('revision')),
    ...(it.data === undefined ? [required(path('data'), 'data is mandatory')] : []),
  ],
  validateUpdate: (next, old) => immutableField(next.data, old.data, path('data')),
});

function controllerText(it: ControllerRevision): string {
  const owner = controllerOf(it);
  if (owner === undefined) return '<none>';
  const { group } = parseApiVersion(owner.apiVersion ?? '');
  const kind = (owner.kind ?? '').toLowerCase();
  return `${group === '' ? kind : `${kind}.${group}`}/${owner.name}`;
}
