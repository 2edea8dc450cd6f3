/** Rules of roles and bindings, after upstream's pkg/apis/rbac/validation. */

import { type FieldError, invalid, notSupported, type Path, path, required } from '../../field-errors.js';
import type { PolicyRule, RoleRef, Subject } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import type { Column, KubeObject } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { pathSegmentErrors } from '../../names.js';
import { dnsSubdomain } from '../rules.js';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export function validateRule(rule: PolicyRule, isNamespaced: boolean, at: Path): FieldError[] {
  const { verbs, apiGroups, resources, nonResourceURLs } = rule;
  const errors: FieldError[] = [];
  if ((verbs ?? []).length === 0) errors.push(required(at.child('verbs'), 'verbs must contain at least one value'));
  if ((nonResourceURLs ?? []).length > 0) {
    if (isNamespaced) {
      errors.push(
        invalid(at.child('nonResourceURLs'), nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'),
      );
    }
    if ((apiGroups ?? []).length + (resources ?? []).length + (rule.resourceNames ?? []).length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalid(at.child('nonResourceURLs'), nonResourceURLs, text));
    }
    return errors;
  }
  if ((apiGroups ?? []).length === 0) {
    errors.push(required(at.child('apiGroups'), 'resource rules must supply at least one api group'));
  }
  if ((resources ?? []).length === 0) {
    errors.push(required(at.child('resources'), 'resource rules must supply at least one resource'));
  }
  return errors;
}

/** A binding as far as both kinds of it go. */
export interface Binding extends KubeObject {
  readonly roleRef?: RoleRef | undefined;
  readonly subjects?: Subject[] | undefined;
}

export function defaultBinding(it: Binding): void {
  if (it.roleRef !== undefined && (it.roleRef.apiGroup ?? '') === '') it.roleRef.apiGroup = RBAC_GROUP;
  for (const subject of it.subjects ?? []) {
    if ((subject.apiGroup ?? '') === '' && subject.kind !== 'ServiceAccount') subject.apiGroup = RBAC_GROUP;
    if (subject.kind === 'ServiceAccount') subject.apiGroup ??= '';
    if (subject.apiGroup === '') delete subject.apiGroup;
  }
}

export function validateBinding(it: Binding, roleKinds: readonly string[]): FieldError[] {
  const at = path('roleRef');
  const { apiGroup = '', kind = '', name = '' } = it.roleRef ?? {};
  const errors: FieldError[] = [];
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported(at.child('apiGroup'), apiGroup, [RBAC_GROUP]));
  if (!roleKinds.includes(kind)) errors.push(notSupported(at.child('kind'), kind, roleKinds));
  if (name === '') errors.push(required(at.child('name')));
  else errors.push(...pathSegmentErrors(name).map((text) => invalid(at.child('name'), name, text)));
  const isNamespaced = roleKinds.includes('Role');
  return [
    ...errors,
    ...(it.subjects ?? []).flatMap((subject, index) =>
      validateSubject(subject, isNamespaced, path('subjects').index(index)),
    ),
  ];
}

function validateSubject(subject: Subject, isNamespaced: boolean, at: Path): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject;
  const errors: FieldError[] = name === '' ? [required(at.child('name'))] : [];
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...dnsSubdomain(name, at.child('name')));
      if (apiGroup !== '') errors.push(notSupported(at.child('apiGroup'), apiGroup, ['']));
      if (!isNamespaced && namespace === '') errors.push(required(at.child('namespace')));
      return errors;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(at.child('apiGroup'), apiGroup, [RBAC_GROUP]));
      return errors;
    default:
      return [...errors, notSupported(at.child('kind'), kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

export function validateBindingUpdate(next: Binding, old: Binding): FieldError[] {
  return immutableField(next.roleRef, old.roleRef, path('roleRef')).map((error) => ({
    ...error,
    value: internalForm('io.k8s.api.rbac.v1.RoleRef', next.roleRef),
    detail: 'cannot change roleRef',
  }));
}

export function roleColumn<T extends Binding>(): Column<T> {
  return { name: 'Role', type: 'string', value: ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}` };
}

/** Who is bound, in wide output. */
export function subjectColumns<T extends Binding>(): Column<T>[] {
  const namesOf = (it: T, kind: string) => (it.subjects ?? []).filter((subject) => subject.kind === kind);
  return [
    {
      name: 'Users',
      type: 'string',
      priority: 1,
      value: (it) =>
        namesOf(it, 'User')
          .map((user) => user.name)
          .join(', '),
    },
    {
      name: 'Groups',
      type: 'string',
      priority: 1,
      value: (it) =>
        namesOf(it, 'Group')
          .map((group) => group.name)
          .join(', '),
    },
    {
      name: 'ServiceAccounts',
      type: 'string',
      priority: 1,
      value: (it) =>
        namesOf(it, 'ServiceAccount')
          .map((account) => `${account.namespace ?? ''}/${account.name}`)
          .join(', '),
    },
  ];
}
