import { path } from '../../field-errors.js';
import type { Role } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { pathSegmentName } from '../../meta.js';
import { RBAC_GROUP, validateRule } from './rules.js';

export const role = defineKind<Role>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  scope: 'Namespaced',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  nameRule: pathSegmentName,
  validate: (it) => (it.rules ?? []).flatMap((rule, index) => validateRule(rule, true, path('rules').index(index))),
  strategy: { allowCreateOnUpdate: true },
});
