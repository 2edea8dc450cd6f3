import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { allKinds, type KubeObject, type PolicyRule } from '@keelson/api';
import { written } from '../../test/admission.js';
import { context } from '../../test/world.js';
import { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import { ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import { rbacEscalation } from './rbac-escalation.js';

const GROUP = 'rbac.authorization.k8s.io';
const ALL: PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];
const ROLES: PolicyRule = {
  apiGroups: [GROUP],
  resources: ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'],
  verbs: ['create', 'update', 'patch'],
};
const PODS: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const VIEW = { clusterRoleSelectors: [{ matchLabels: { 'aggregate-to-view': 'true' } }] };

let caches: Record<'roles' | 'roleBindings' | 'clusterRoles' | 'clusterRoleBindings', ResourceCache>;

beforeEach(() => {
  const fresh = () => new ResourceCache({ historyMax: 1 });
  caches = { roles: fresh(), roleBindings: fresh(), clusterRoles: fresh(), clusterRoleBindings: fresh() };
  role('cluster-admin', ALL);
  role('editor', [ROLES, PODS]);
  bind('root', 'cluster-admin');
  bind('jane', 'editor');
});

const put = (cache: ResourceCache, object: KubeObject) =>
  cache.put(new StoredObject(object.metadata.name ?? '', 1, object));
const roleOf = (name: string, rules: PolicyRule[], more: object = {}, metadata: object = {}) =>
  ({ ...more, rules, metadata: { name, ...metadata } }) as KubeObject;
const role = (name: string, rules: PolicyRule[], more: object = {}) =>
  put(caches.clusterRoles, roleOf(name, rules, more));
const bindingOf = (user: string, roleName: string, metadata: object = {}) =>
  ({
    metadata: { name: user, ...metadata },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: roleName },
    subjects: [{ kind: 'User', name: user }],
  }) as unknown as KubeObject;
const bind = (user: string, roleName: string) => put(caches.clusterRoleBindings, bindingOf(user, roleName));

/** Whether a user may write this; `old`: what it was before. */
async function allowed(user: string, plural: string, object: KubeObject, old?: KubeObject): Promise<boolean> {
  const rbac = new RbacAuthorizer(caches);
  const kind = allKinds.find((it) => it.group === GROUP && it.plural === plural)!;
  const asked = written(kind, object, { namespace: '', old, context: { ...context, user: { user, groups: [] } } });
  try {
    await rbacEscalation({ rbac, authorizer: rbac }).validate?.(asked);
    return true;
  } catch (error) {
    assert.match((error as Error).message, /RBAC permissions not currently held/);
    return false;
  }
}

test('nobody grants what they do not hold, by a rule or by a binding', async () => {
  assert.ok(await allowed('jane', 'clusterroles', roleOf('x', [PODS])));
  assert.ok(!(await allowed('jane', 'clusterroles', roleOf('x', [{ ...PODS, verbs: ['delete'] }]))));
  assert.ok(await allowed('jane', 'clusterrolebindings', bindingOf('bob', 'editor')));
  assert.ok(!(await allowed('jane', 'clusterrolebindings', bindingOf('jane', 'cluster-admin'))));
});

test('a label is a grant: it may make a role part of another', async () => {
  const before = roleOf('cluster-admin', ALL);
  const labelled = roleOf('cluster-admin', ALL, {}, { labels: { 'aggregate-to-view': 'true' } });
  assert.ok(!(await allowed('jane', 'clusterroles', labelled, before)));
  assert.ok(await allowed('root', 'clusterroles', labelled, before));
  const own = roleOf('mine', [PODS], {}, { labels: { 'aggregate-to-view': 'true' } });
  assert.ok(await allowed('jane', 'clusterroles', own, roleOf('mine', [PODS])));
});

test('an aggregated role takes whoever may do everything, whatever is changed of it', async () => {
  const view = roleOf('view', [], { aggregationRule: VIEW });
  assert.ok(!(await allowed('jane', 'clusterroles', view)));
  assert.ok(!(await allowed('jane', 'clusterroles', roleOf('view', []), view)));
  const labelled = roleOf('view', [], { aggregationRule: VIEW }, { labels: { 'aggregate-to-edit': 'true' } });
  assert.ok(!(await allowed('jane', 'clusterroles', labelled, view)));
  assert.ok(await allowed('root', 'clusterroles', view));
});

test('the garbage collector may always do its work', async () => {
  const before = roleOf('cluster-admin', ALL, {}, { finalizers: ['f'], resourceVersion: '1' });
  assert.ok(await allowed('jane', 'clusterroles', roleOf('cluster-admin', ALL, {}, { resourceVersion: '1' }), before));
  const binding = bindingOf('root', 'cluster-admin');
  assert.ok(
    await allowed('jane', 'clusterrolebindings', bindingOf('root', 'cluster-admin', { finalizers: ['f'] }), binding),
  );
  const labelled = bindingOf('root', 'cluster-admin', { labels: { a: 'b' } });
  assert.ok(!(await allowed('jane', 'clusterrolebindings', labelled, binding)));
});

test('who may escalate or bind may', async () => {
  role('escalator', [{ ...ROLES, verbs: ['escalate'] }]);
  role('binder', [{ ...ROLES, resourceNames: ['cluster-admin'], verbs: ['bind'] }]);
  bind('eve', 'escalator');
  bind('bob', 'binder');
  assert.ok(await allowed('eve', 'clusterroles', roleOf('view', ALL, { aggregationRule: VIEW })));
  assert.ok(!(await allowed('eve', 'clusterrolebindings', bindingOf('eve', 'cluster-admin'))));
  assert.ok(await allowed('bob', 'clusterrolebindings', bindingOf('bob', 'cluster-admin')));
  assert.ok(!(await allowed('bob', 'clusterrolebindings', bindingOf('bob', 'editor'))));
});
