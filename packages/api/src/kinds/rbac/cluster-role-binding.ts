import type { ClusterRoleBinding } from '../../gen/types.js';
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

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  nameRule: pathSegmentName,
  columns: [nameColumn(), roleColumn(), ageColumn(), ...subjectColumns<ClusterRoleBinding>()],
  defaults: defaultBinding,
  validate: (it) => validateBinding(it, ['ClusterRole']),
  validateUpdate: validateBindingUpdate,
  strategy: { allowCreateOnUpdate: true },
});
