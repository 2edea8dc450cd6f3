import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { CustomResourceDefinition } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { dns1035LabelErrors } from '../../names.js';
import { dnsSubdomain, oneOf } from '../rules.js';

const spec = path('spec');

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  plainFinalizers: true,
  strategy: { allowUnconditionalUpdate: false },
  generation: ['spec'],
  subresources: [status],
  defaults(it) {
    it.spec ??= {};
    it.spec.conversion ??= {};
    it.spec.conversion.strategy ??= 'None';
    const { names } = it.spec;
    if (names === undefined) return;
    if ((names.singular ?? '') === '') names.singular = (names.kind ?? '').toLowerCase();
    if ((names.listKind ?? '') === '' && (names.kind ?? '') !== '') names.listKind = `${names.kind}List`;
    for (const column of it.spec.versions?.flatMap((version) => version.additionalPrinterColumns ?? []) ?? []) {
      if (column.priority === 0) delete column.priority;
    }
  },
  validate: validateDefinition,
  validateUpdate: (next, old) =>
    old.status?.conditions?.some((it) => it.type === 'Established' && it.status === 'True') === true
      ? [
          ...immutableField(next.spec?.scope, old.spec?.scope, spec.child('scope')),
          ...immutableField(next.spec?.names?.kind, old.spec?.names?.kind, spec.child('names', 'kind')),
        ]
      : [],
});

function validateDefinition(it: CustomResourceDefinition): FieldError[] {
  const { group = '', names = {}, scope, versions = [] } = it.spec ?? {};
  const wanted = `${names.plural ?? ''}.${group}`;
  const errors: FieldError[] = [];
  if (it.metadata.name !== wanted) {
    errors.push(invalid(path('metadata', 'name'), it.metadata.name, `must be spec.names.plural+"."+spec.group`));
  }
  if (group === '') errors.push(required(spec.child('group')));
  else {
    errors.push(...dnsSubdomain(group, spec.child('group')));
    if (!group.includes('.'))
      errors.push(invalid(spec.child('group'), group, 'should be a domain with at least one dot'));
  }
  errors.push(...oneOf(scope, ['Cluster', 'Namespaced'], spec.child('scope')));
  for (const field of ['plural', 'singular'] as const) {
    const at = spec.child('names', field);
    errors.push(...dns1035LabelErrors(names[field] ?? '').map((text) => invalid(at, names[field] ?? '', text)));
  }
  if ((names.kind ?? '') === '') errors.push(required(spec.child('names', 'kind')));
  if (versions.filter((version) => version.storage === true).length !== 1) {
    errors.push(invalid(spec.child('versions'), versions, 'must have exactly one version marked as storage version'));
  }
  for (const [index, version] of versions.entries()) {
    const at = spec.child('versions').index(index);
    errors.push(
      ...dns1035LabelErrors(version.name ?? '').map((text) => invalid(at.child('name'), version.name ?? '', text)),
    );
    if (version.schema?.openAPIV3Schema === undefined) {
      errors.push(required(at.child('schema', 'openAPIV3Schema'), 'schemas are required'));
    }
  }
  return errors;
}
