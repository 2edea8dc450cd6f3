import assert from 'node:assert/strict';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, configMap } from './samples.js';

const LIST = { verb: 'list', ...CONFIG_MAPS } as const;
const RBAC = 'rbac.authorization.k8s.io/v1';
const REVIEW = {
  verb: 'create',
  resource: 'authentication.k8s.io/v1/selfsubjectreviews',
  namespace: '',
  body: {},
} as const;
export const access: readonly Behaviour[] = [
  {
    name: 'who one is, and what nobody vouches for',
    async run(visit) {
      await visit.ask(REVIEW);
      await visit.ask({ ...REVIEW, as: { cert: 'jane' } });
      await visit.refused({ ...LIST, as: {} }, [403, /"system:anonymous" cannot list resource "configmaps"/]);
      await visit.refused({ ...LIST, as: { cert: 'stranger' } }, [401, /^Unauthorized$/]);
      await visit.refused({ ...LIST, as: { token: 'nonsense' } }, 401);
      await visit.refused({ ...LIST, as: { headers: { authorization: 'Basic eDp5' } } }, 403);
    },
  },
  {
    name: 'what one may',
    async run(visit) {
      const jane = { cert: 'jane' };
      await visit.refused({ ...LIST, as: jane }, [403, /User "jane" cannot list resource "configmaps"/]);
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'create'] }];
      await visit.ask({ verb: 'create', resource: `${RBAC}/roles`, body: { metadata: { name: 'r' }, rules } });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };
      const subjects = [{ kind: 'User', name: 'jane' }];
      await visit.ask({
        ...{ verb: 'create', resource: `${RBAC}/rolebindings` },
        body: { metadata: { name: 'r' }, roleRef, subjects },
      });
      await visit.ask({ ...LIST, as: jane });
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('a'), as: jane });
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, name: 'a', as: jane }, 403);
      await visit.refused({ verb: 'delete', ...CONFIG_MAPS, name: 'a', as: jane }, 403);
      await visit.refused({ verb: 'deletecollection', ...CONFIG_MAPS, as: jane }, 403);
      await visit.refused({ ...LIST, namespace: '', as: jane }, 403);
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, name: 'a', subresource: 'nothing', as: jane }, 403);
      await visit.refused({ verb: 'list', resource: 'no.group/v1/things', as: jane }, 403);
      const more = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
      await visit.refused(
        { verb: 'create', resource: `${RBAC}/roles`, body: { metadata: { name: 'x' }, rules: more }, as: jane },
        403,
      );
    },
  },
  {
    name: 'acting as others',
    async run(visit) {
      const as = (headers: Record<string, string | string[]>, cert = 'admin') => ({ cert, headers });
      await visit.ask({ ...REVIEW, as: as({ 'impersonate-user': 'ann' }) });
      await visit.ask({ ...REVIEW, as: as({ 'impersonate-user': 'system:serviceaccount:a:b' }) });
      const everything = {
        ...{ 'impersonate-user': 'ann', 'impersonate-group': ['one', 'two'], 'impersonate-uid': 'u' },
        'impersonate-extra-scopes': ['x', 'y'],
      };
      await visit.ask({ ...REVIEW, as: as(everything) });
      await visit.refused({ ...REVIEW, as: as({ 'impersonate-group': 'one' }) }, [400, /without impersonating a user/]);
      await visit.refused({ ...REVIEW, as: as({ 'impersonate-user': 'ann' }, 'jane') }, [403, /cannot impersonate/]);
      await visit.refused({ ...LIST, as: as({ 'impersonate-user': 'ann' }) }, [403, /User "ann" cannot list/]);
      const discovered = await visit.door.discover(as({ 'impersonate-user': 'ann' }, 'jane'));
      assert.equal(discovered.refused?.code, 403, visit.door.name);
      visit.note(discovered);
    },
  },
  {
    name: 'more than there is room for',
    async run(visit) {
      const group = 'flowcontrol.apiserver.k8s.io/v1';
      const name = `closed-${visit.tag}`;
      const limited = { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } };
      const level = { metadata: { name }, spec: { type: 'Limited', limited } };
      await visit.ask({
        ...{ verb: 'create', resource: `${group}/prioritylevelconfigurations`, namespace: '', body: level },
      });
      const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true };
      const rules = [{ subjects: [{ kind: 'User', user: { name } }], resourceRules: [all] }];
      const spec = { priorityLevelConfiguration: { name }, matchingPrecedence: 200, rules };
      const body = { metadata: { name }, spec };
      await visit.ask({ verb: 'create', resource: `${group}/flowschemas`, namespace: '', body });
      const call = {
        ...LIST,
        namespace: visit.namespace,
        as: { cert: 'admin', headers: { 'impersonate-user': name } },
      };
      let outcome = await visit.door.ask(call);
      // Until the server has seen it, the user is refused as one who may not.
      while (outcome.refused?.code === 403) outcome = await visit.door.ask(call);
      // REST says it in a line of text, as upstream does.
      const { code, message } = outcome.refused ?? {};
      assert.deepEqual([code, message], [429, 'Too many requests, please try again later.']);
      assert.ok(outcome.headers['x-kubernetes-pf-flowschema-uid']);
    },
  },
  {
    name: 'rules that are asked for',
    async run(visit) {
      const group = 'authorization.k8s.io/v1';
      const resourceAttributes = { namespace: visit.namespace, verb: 'get', resource: 'pods' };
      const ask = (kind: string, spec: object) =>
        visit.ask({
          verb: 'create',
          resource: `${group}/${kind}`,
          namespace: '',
          body: { spec },
          as: { cert: 'admin' },
        });
      await ask('selfsubjectaccessreviews', { resourceAttributes });
      await ask('subjectaccessreviews', { resourceAttributes, user: 'jane' });
      await ask('selfsubjectrulesreviews', { namespace: visit.namespace });
      await visit.refused(
        { verb: 'create', resource: `${group}/subjectaccessreviews`, namespace: '', body: { spec: {} } },
        422,
      );
    },
  },
];
