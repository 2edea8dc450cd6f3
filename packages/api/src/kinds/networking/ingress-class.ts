import { type FieldError, forbidden, type Path, path, required, tooLong } from '../../field-errors.js';
import type { IngressClass, IngressClassParametersReference } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsLabel, domainPrefixedPath, oneOf } from '../rules.js';
import { validateTypedReference } from './references.js';

const spec = path('spec');

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'Cluster',
  updateMetadata: ['update', 'change', 'create', 'rules'],
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
    ...((own.controller ?? '').length > CONTROLLER_MAX ? [tooLong(spec.child('controller'), CONTROLLER_MAX)] : []),
    ...domainPrefixedPath(own.controller ?? '', spec.child('controller')),
    ...(own.parameters === undefined ? [] : validateParameters(own.parameters, spec.child('parameters'))),
  ],
  validateUpdate: (next, old) => immutableField(next.spec?.controller, old.spec?.controller, spec.child('controller')),
});

const CONTROLLER_MAX = 250;

function validateParameters(parameters: IngressClassParametersReference, at: Path): FieldError[] {
  const { scope, namespace } = parameters;
  const errors = validateTypedReference(parameters, at);
  if (scope === undefined) return [...errors, required(at.child('scope'))];
  errors.push(...oneOf(scope, ['Cluster', 'Namespace'], at.child('scope')));
  const here = at.child('namespace');
  if (scope === 'Namespace')
    errors.push(
      ...(namespace === undefined
        ? [required(here, "`parameters.scope` is set to 'Namespace'")]
        : dnsLabel(namespace, here)),
    );
  if (scope === 'Cluster' && namespace !== undefined)
    errors.push(forbidden(here, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

function parametersText({ spec: own }: IngressClass): string {
  if (own?.parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = own.parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}
