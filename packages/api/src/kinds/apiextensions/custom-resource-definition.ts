import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../names.js';
import { oneOf } from '../rules.js';

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
    if (!names.singular && names.kind) names.singular = names.kind.toLowerCase();
    if ((names.listKind ?? '') === '' && (names.kind ?? '') !== '') names.listKind = `${names.kind}List`;
    for (const column of it.spec.versions?.flatMap((version) => version.additionalPrinterColumns ?? []) ?? []) {
      if (column.priority === 0) delete column.priority;
    }
  },
  validate: validateDefinition,
  validateUpdate(next, old) {
    const isEstablished = old.status?.conditions?.some((it) => it.type === 'Established' && it.status === 'True');
    const [now, before] = [next.spec ?? {}, old.spec ?? {}];
    const fixed = (at: Path, value: string | undefined, was: string | undefined) =>
      immutableField(value ?? '', was ?? '', at);
    return [
      ...(isEstablished === true
        ? [
            ...fixed(spec.child('scope'), now.scope, before.scope),
            ...fixed(spec.child('names', 'kind'), now.names?.kind, before.names?.kind),
          ]
        : []),
      ...fixed(spec.child('group'), now.group, before.group),
      ...fixed(spec.child('names', 'plural'), now.names?.plural, before.names?.plural),
    ];
  },
});

function validateDefinition(it: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { group = '', names = {}, scope = '', versions = [], preserveUnknownFields } = it.spec ?? {};
  const wanted = `${names.plural ?? ''}.${group}`;
  const errors: FieldError[] = [];
  if (old === undefined && it.metadata.name !== wanted)
    errors.push(invalid(path('metadata', 'name'), it.metadata.name, `must be spec.names.plural+"."+spec.group`));
  errors.push(...validateGroup(group, spec.child('group')));
  errors.push(
    ...(scope === '' ? [required(spec.child('scope'))] : oneOf(scope, ['Cluster', 'Namespaced'], spec.child('scope'))),
  );
  if (preserveUnknownFields === true && old?.spec?.preserveUnknownFields !== true) {
    const text =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalid(spec.child('preserveUnknownFields'), true, text));
  }
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
  return [...errors, ...validateNames(names, spec.child('names'))];
}

function validateGroup(group: string, at: Path): FieldError[] {
  if (group === '') return [required(at)];
  const errors = dns1123SubdomainErrors(group);
  if (errors.length > 0) return [invalid(at, group, errors.join(','))];
  return group.includes('.') ? [] : [invalid(at, group, 'should be a domain with at least one dot')];
}

function validateNames(names: CustomResourceDefinitionNames, path: Path): FieldError[] {
  const label = (value: string, at: Path, before = '') => {
    const errors = dns1035LabelErrors(before === '' ? value : value.toLowerCase());
    return errors.length === 0 ? [] : [invalid(at, value, before + errors.join(','))];
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  const needed = (field: 'plural' | 'singular' | 'kind' | 'listKind', before = '') => {
    const value = names[field] ?? '';
    return value === '' ? [required(path.child(field))] : label(value, path.child(field), before);
  };
  const listed = (field: 'shortNames' | 'categories') =>
    (names[field] ?? []).flatMap((it, index) => label(it, path.child(field).index(index)));
  const errors = [
    ...needed('plural'),
    ...needed('singular'),
    ...needed('kind', mixed),
    ...needed('listKind', mixed),
    ...listed('shortNames'),
  ];
  if (names.kind && names.kind === names.listKind)
    errors.push(invalid(path.child('listKind'), names.listKind, 'kind and listKind may not be the same'));
  return [...errors, ...listed('categories')];
}
