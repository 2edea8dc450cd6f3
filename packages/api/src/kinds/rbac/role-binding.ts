import type { RoleBinding } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { pathSegmentName } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import {
  defaultBinding,
  RBAC_GROUP,
  roleColumn,
  subjectColumns,
  validateBinding,
  validateBindingUpdate,
} from './rules.js';

export const roleBinding = defineKind<RoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'Namespaced',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  nameRule: pathSegmentName,
  columns: [nameColumn(), roleColumn(), ageColumn(), ...subjectColumns<RoleBinding>()],
  defaults: defaultBinding,
  validate: (it) => validateBinding(it, ['Role', 'ClusterRole']),
  validateUpdate: validateBindingUpdate,
  strategy: { allowCreateOnUpdate: true },
});
