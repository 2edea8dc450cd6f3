import { path } from '../../field-errors.js';
import type { PodTemplate } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { labelsText, nameColumn, templateColumns } from '../columns.js';
import { defaultPodSpec } from './pod-spec/defaults.js';
import { dropGatedPodFields } from './pod-spec/gated.js';
import { validatePodTemplate } from './pod-spec/validate.js';
import { isSpecSame, templateWarnings } from './pod-spec/warnings.js';

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  scope: 'Namespaced',
  generation: ['template'],
  columns: [
    nameColumn(),
    ...templateColumns<PodTemplate>((it) => it.template).map((column) => ({ ...column, priority: 0 })),
    { name: 'Pod Labels', type: 'string', value: (it) => labelsText(it.template?.metadata?.labels) },
  ],
  defaults(it) {
    it.template ??= {};
    it.template.spec ??= {};
    defaultPodSpec(it.template.spec);
  },
  validate: (it) => validatePodTemplate(it.template ?? {}, path('template')),
  dropDisabled: (it) => dropGatedPodFields(it.template?.spec),
  strategy: {
    warnings: (it, old) => (isSpecSame(it, old) ? [] : templateWarnings(it.template, path('template'))),
  },
});
