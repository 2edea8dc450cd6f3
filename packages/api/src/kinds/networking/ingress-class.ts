import { path } from '../../field-errors.js';
import type { IngressClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOf, requiredString } from '../rules.js';

const spec = path('spec');

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'Cluster',
  updateMetadata: 'both',
  generation: ['spec'],
  columns: [
    nameColumn(),
    { name: 'Controller', type: 'string', value: (it) => it.spec?.controller ?? '' },
    { name: 'Parameters', type: 'string', value: parametersText },
    ageColumn(),
  ],
  defaults(it) {
    if (it.spec?.parameters !== undefined) it.spec.parameters.scope ??= 'Cluster';
  },
  validate: ({ spec: own = {} }) => [
    ...requiredString(own.controller, spec.child('controller')),
    ...(own.parameters === undefined
      ? []
      : [
          ...requiredString(own.parameters.kind, spec.child('parameters', 'kind')),
          ...requiredString(own.parameters.name, spec.child('parameters', 'name')),
          ...oneOf(own.parameters.scope, ['Cluster', 'Namespace'], spec.child('parameters', 'scope')),
        ]),
  ],
  validateUpdate: (next, old) => immutableField(next.spec?.controller, old.spec?.controller, spec.child('controller')),
});

function parametersText({ spec: own }: IngressClass): string {
  if (own?.parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = own.parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}
