import {
  type AggregationRule,
  type ClusterRole,
  type ClusterRoleBinding,
  labelSelectorMatcher,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  type Subject,
} from '@keelson/api';
import type { ResourceCache } from '../../storage/resource-cache.js';
import { type AuthorizationAttributes, type Authorizer, type Decision, NO_OPINION } from '../authorizer.js';
import { serviceAccountUser, type User } from '../user.js';
import { ruleAllows } from './rules.js';

export interface RbacCaches {
  readonly roles: ResourceCache;
  readonly roleBindings: ResourceCache;
  readonly clusterRoles: ResourceCache;
  readonly clusterRoleBindings: ResourceCache;
}

/** A binding that speaks of a user, with the rules that it grants; `rules` is absent where its role is missing. */
interface Grant {
  readonly binding: RoleBinding | ClusterRoleBinding;
  readonly bindingKind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly subject: Subject;
  readonly rules: readonly PolicyRule[] | undefined;
}

/** Role-based access control over the cached roles and bindings. */
export class RbacAuthorizer implements Authorizer {
  readonly #caches: RbacCaches;

  constructor(caches: RbacCaches) {
    this.#caches = caches;
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    const missing: string[] = [];
    for (const { binding, bindingKind, subject, rules } of this.#grants(attributes.user, attributes.namespace)) {
      if (rules === undefined) missing.push(missingText(binding.roleRef ?? {}));
      else if (rules.some((rule) => ruleAllows(rule, attributes)))
        return { allowed: true, reason: reason(binding, bindingKind, subject) };
    }
    return missing.length === 0 ? NO_OPINION : { allowed: false, reason: `RBAC: ${list(missing)}` };
  }

  /** Everything that a user may do in a namespace; cluster-wide only, if that is empty. */
  rulesOf(user: User, namespace: string): PolicyRule[] {
    return [...this.#grants(user, namespace)].flatMap(({ rules }) => rules ?? []);
  }

  /** The rules of the role that a binding in `namespace` refers to; undefined: there is no such role. */
  rulesOfRole({ kind, name = '' }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (kind === 'Role') {
      const role = this.#caches.roles.get(`${namespace}/${name}`)?.object as Role | undefined;
      return role && (role.rules ?? []);
    }
    const role = this.#caches.clusterRoles.get(name)?.object as ClusterRole | undefined;
    if (role === undefined) return undefined;
    const { aggregationRule, rules } = role;
    return aggregationRule == null
      ? (rules ?? [])
      : [...(rules ?? []), ...this.#aggregated(aggregationRule, new Set([name]))];
  }

  /** The rules of all roles that an aggregated role takes together, of aggregated ones among them too. */
  #aggregated({ clusterRoleSelectors }: AggregationRule, seen: Set<string>): PolicyRule[] {
    const matchers = (clusterRoleSelectors ?? []).map(labelSelectorMatcher);
    const found: PolicyRule[] = [];
    for (const stored of this.#caches.clusterRoles.list()) {
      const { metadata, rules, aggregationRule } = stored.object as ClusterRole;
      if (seen.has(metadata.name ?? '') || !matchers.some((it) => it.matches(metadata.labels ?? {}))) continue;
      seen.add(metadata.name ?? '');
      found.push(...(rules ?? []));
      if (aggregationRule != null) found.push(...this.#aggregated(aggregationRule, seen));
    }
    return found;
  }

  *#grants(user: User, namespace: string): IterableIterator<Grant> {
    for (const stored of this.#caches.clusterRoleBindings.list()) {
      const binding = stored.object as ClusterRoleBinding;
      const subject = subjectOf(binding.subjects, user, '');
      if (subject === undefined) continue;
      yield { binding, bindingKind: 'ClusterRoleBinding', subject, rules: this.rulesOfRole(binding.roleRef ?? {}, '') };
    }
    if (namespace === '') return;
    for (const stored of this.#caches.roleBindings.list(`${namespace}/`)) {
      const binding = stored.object as RoleBinding;
      const subject = subjectOf(binding.subjects, user, namespace);
      if (subject === undefined) continue;
      yield { binding, bindingKind: 'RoleBinding', subject, rules: this.rulesOfRole(binding.roleRef ?? {}, namespace) };
    }
  }
}

function subjectOf(subjects: readonly Subject[] | null | undefined, { user, groups }: User, namespace: string) {
  return (subjects ?? []).find((it) => {
    if (it.kind === 'User') return it.name === user;
    if (it.kind === 'Group') return groups.includes(it.name ?? '');
    return it.kind === 'ServiceAccount' && serviceAccountUser(it.namespace || namespace, it.name ?? '') === user;
  });
}

function reason(
  { metadata, roleRef = {} }: RoleBinding | ClusterRoleBinding,
  kind: Grant['bindingKind'],
  subject: Subject,
): string {
  const where = kind === 'ClusterRoleBinding' ? metadata.name : `${metadata.name}/${metadata.namespace}`;
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace}` : subject.name;
  const to = `${subject.kind} ${JSON.stringify(who)}`;
  return `RBAC: allowed by ${kind} ${JSON.stringify(where)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${to}`;
}

function missingText({ kind, name }: RoleRef): string {
  return `${(kind ?? '').toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;
}

function list(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`;
}
