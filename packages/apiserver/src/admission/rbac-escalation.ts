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

  const may = async (user: User, verb: string, resource: string, namespace: string, name: string) =>
    (await authorizer.authorize({ user, verb, group: GROUP, resource, subresource: '', namespace, name })).allowed;

  const confirm = (kind: Kind, user: User, namespace: string, name: string, wanted: readonly PolicyRule[]) => {
    const missing = missingRules(rbac.rulesOf(user, namespace), wanted).map(ruleText).sort();
    if (missing.length === 0) return;
    const who = `user ${JSON.stringify(user.user)} (groups=${quotedList(user.groups)})`;
    const text = `${who} is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`;
    throw apiErrors.forbidden(kind, name, text);
  };

  const checkRole = async ({ kind, namespace, object, old, context }: AdmissionAttributes) => {
    const role = object as ClusterRole;
    const name = role.metadata.name ?? '';
    if (await may(context.user, 'escalate', kind.plural, namespace, name)) return;
    confirm(kind, context.user, namespace, name, role.rules ?? []);
    // What an aggregated role takes together is not told by itself: it may come to anything.
    if (aggregates(role) || aggregates(old as ClusterRole | undefined))
      confirm(kind, context.user, namespace, name, EVERYTHING);
  };

  const checkBinding = async ({ kind, namespace, object, context }: AdmissionAttributes) => {
    const { roleRef = {}, metadata } = object as RoleBinding;
    const plural = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    const name = roleRef.name ?? '';
    if (await may(context.user, 'bind', plural, namespace, name)) return;
    const rules = rbac.rulesOfRole(roleRef, namespace);
    if (rules === undefined) throw apiErrors.notFound(kind, name);
    confirm(kind, context.user, namespace, metadata.name ?? '', rules);
  };

  return {
    name: 'RBACEscalation',
    async validate(attributes) {
      const { kind, operation, context, object, old } = attributes;
      if (kind.group !== GROUP || operation === 'DELETE' || context.user.groups.includes(SUPERUSERS)) return;
      if (old !== undefined && sameButForCollection(object, old)) return;
      if (ROLES.has(kind.plural)) await checkRole(attributes);
      else await checkBinding(attributes);
    },
  };
}

const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

function aggregates(role: ClusterRole | undefined): boolean {
  return (role?.aggregationRule?.clusterRoleSelectors ?? []).length > 0;
}

/**
 * Whether no more is changed than what the garbage collector must be able to change. Everything else is a grant: a
 * label may make a role part of another.
 */
function sameButForCollection(next: KubeObject, old: KubeObject): boolean {
  const compared = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _fields, ...kept } = metadata;
    return { ...rest, metadata: { ...kept, resourceVersion: undefined } };
  };
  return deepEqual(compared(next), compared(old));
}
