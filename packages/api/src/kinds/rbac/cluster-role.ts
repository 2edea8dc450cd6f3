import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { ClusterRole } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { pathSegmentName } from '../../meta.js';
import { validateLabelSelector } from '../rules.js';
import { RBAC_GROUP, validateRule } from './rules.js';

export const clusterRole = defineKind<ClusterRole>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  nameRule: pathSegmentName,
  validate: (it) => [
    ...(it.rules ?? []).flatMap((rule, index) => validateRule(rule, false, path('rules').index(index))),
    ...validateAggregation(it),
  ],
  strategy: { allowCreateOnUpdate: true },
});

function validateAggregation({ aggregationRule }: ClusterRole): FieldError[] {
  if (aggregationRule === undefined) return [];
  const at = path('aggregationRule', 'clusterRoleSelectors');
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    return [required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  }
  return selectors.flatMap((selector, index) => {
    const errors = validateLabelSelector(selector, at.index(index));
    return errors.length === 0 ? [] : [...errors, invalid(at.index(index), undefined, 'invalid label selector.')];
  });
}
