import { type ClusterRole, deepEqual, labelSelectorMatcher, type PolicyRule } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Decision, NOTHING, update } from '../../framework/actions.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';

/** Keeps the rules of roles that are made of others: admin, edit and view among them. */
export const clusterRoleAggregation: Controller = reconciler<ClusterRole>({
  name: 'clusterrole-aggregation',
  resource: resources.clusterRoles,
  concurrency: { workers: 5 },
  setUp({ owners, loop }) {
    const isAggregated = ({ aggregationRule }: ClusterRole) => aggregationRule !== undefined;
    // Whose selector matched before and no longer does has to be looked at too: all of them, they are few.
    loop.feed(owners, () =>
      owners
        .list()
        .filter(isAggregated)
        .map(({ metadata }) => metadata.name ?? ''),
    );
    return (role) => aggregate(role, owners.list());
  },
});

function aggregate(role: ClusterRole, all: readonly ClusterRole[]): Decision {
  if (role.aggregationRule === undefined || role.metadata.deletionTimestamp !== undefined) return NOTHING;
  const rules = aggregatedRules(role, all);
  if (deepEqual(rules, role.rules ?? [])) return NOTHING;
  return { steps: [[update(resources.clusterRoles, { ...role, rules }, { ignore: ['NotFound'] })]] };
}

/** The rules of all roles that one of the selectors matches, selector by selector and by name, each once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const byName = [...all].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matcher = labelSelectorMatcher(selector);
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !matcher.matches(other.metadata.labels ?? {})) continue;
      for (const rule of other.rules ?? []) if (!rules.some((it) => deepEqual(it, rule))) rules.push(rule);
    }
  }
  return rules;
}
