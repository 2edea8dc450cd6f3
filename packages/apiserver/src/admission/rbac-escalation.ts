import {
  apiErrors,
  type ClusterRole,
  deepEqual,
  type Kind,
  type KubeObject,
  type PolicyRule,
  type RoleBinding,
} from '@keelson/api';
import type { Authorizer } from '../auth/authorizer.js';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import { missingRules, quotedList, ruleText } from '../auth/rbac/rules.js';
import { SUPERUSERS, type User } from '../auth/user.js';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.js';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = new Set(['roles', 'clusterroles']);

/** Nobody grants by roles and bindings what they do not hold themselves, unless they may `escalate` or `bind`. */
export function rbacEscalation(dependencies: { rbac: RbacAuthorizer; authorizer: Authorizer }): AdmissionPlugin {
  const { rbac, authorizer } = dependencies;

  const may = (user: User, verb: string, resource: string, namespace: string, name: string) =>
    authorizer.authorize({ user, verb, group: GROUP, resource, subresource: '', namespace, name }).allowed;

  const confirm = (kind: Kind, user: User, namespace: string, name: string, wanted: readonly PolicyRule[]) => {
    const missing = missingRules(rbac.rulesOf(user, namespace), wanted).map(ruleText).sort();
    if (missing.length === 0) return;
    const who = `user ${JSON.stringify(user.user)} (groups=${quotedList(user.groups)})`;
    const text = `${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`;
    throw apiErrors.forbidden(kind, name, text);
  };

  const checkRole = ({ kind, namespace, object, old, context }: AdmissionAttributes) => {
    const role = object as ClusterRole;
    const name = role.metadata.name ?? '';
    if (old !== undefined && sameGrant(role, old)) return;
    if (may(context.user, 'escalate', kind.plural, namespace, name)) return;
    confirm(kind, context.user, namespace, name, role.rules ?? []);
    if (
      role.aggregationRule == null ||
      deepEqual(role.aggregationRule, (old as ClusterRole | undefined)?.aggregationRule)
    )
      return;
    const everything = [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ];
    confirm(kind, context.user, namespace, name, everything);
  };

  const checkBinding = ({ kind, namespace, object, old, context }: AdmissionAttributes) => {
    const { roleRef = {}, subjects, metadata } = object as RoleBinding;
    const before = old as RoleBinding | undefined;
    if (before !== undefined && deepEqual(roleRef, before.roleRef) && deepEqual(subjects, before.subjects)) return;
    const plural = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    const name = roleRef.name ?? '';
    if (may(context.user, 'bind', plural, namespace, name)) return;
    const rules = rbac.rulesOfRole(roleRef, namespace);
    if (rules === undefined) throw apiErrors.notFound(kind, name);
    confirm(kind, context.user, namespace, metadata.name ?? '', rules);
  };

  return {
    name: 'RBACEscalation',
    validate(attributes) {
      const { kind, operation, context } = attributes;
      if (kind.group !== GROUP || operation === 'DELETE' || context.user.groups.includes(SUPERUSERS)) return;
      if (ROLES.has(kind.plural)) checkRole(attributes);
      else checkBinding(attributes);
    },
  };
}

function sameGrant(role: ClusterRole, old: KubeObject): boolean {
  const before = old as ClusterRole;
  return (
    deepEqual(role.rules ?? [], before.rules ?? []) &&
    deepEqual(role.aggregationRule ?? null, before.aggregationRule ?? null)
  );
}
