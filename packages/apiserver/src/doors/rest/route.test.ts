import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from './route.js';

const path = (text: string) => {
  const route = routeOf(text);
  if (route.type !== 'resource') return undefined;
  const { group, version, resource, namespace, name, subresource } = route.path;
  return [group, version, namespace, resource, name, subresource].join('|') + (route.watch ? ' watch' : '');
};

const CASES: readonly (readonly [string, string | undefined])[] = [
  ['/api/v1/pods', '|v1||pods||'],
  ['/api/v1/namespaces/n/pods/p/log', '|v1|n|pods|p|log'],
  ['/api/v1/namespaces/n', '|v1||namespaces|n|'],
  ['/api/v1/namespaces/n/finalize', '|v1||namespaces|n|finalize'],
  ['/apis/apps/v1/namespaces/n/deployments/d/scale', 'apps|v1|n|deployments|d|scale'],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    'rbac.authorization.k8s.io|v1||clusterroles|system:node|',
  ],
  ['/api/v1/watch/namespaces/n/pods/p', '|v1|n|pods|p| watch'],
  ['/apis/apps/v1/watch/deployments', 'apps|v1||deployments|| watch'],
  ['/api/v1', undefined],
  ['/apis/apps', undefined],
  ['/healthz', undefined],
  ['/api/v1/pods/%zz', undefined],
];

for (const [given, wanted] of CASES) test(`${given}`, () => assert.equal(path(given), wanted));

test('what is passed on keeps its path as it came', () => {
  const rest = (path: string) => {
    const route = routeOf(path);
    return route.type === 'proxy'
      ? [route.path.resource, route.path.namespace, route.path.name, route.rest]
      : route.type;
  };
  assert.deepEqual(rest('/api/v1/namespaces/n/pods/https:p:80/proxy/a//b%2Fc/'), [
    'pods',
    'n',
    'https:p:80',
    '/a//b%2Fc/',
  ]);
  assert.deepEqual(rest('/api/v1/namespaces/n/services/s%3Ahttp/proxy'), ['services', 'n', 's:http', '']);
  assert.deepEqual(rest('/api/v1/nodes/a/proxy/metrics'), ['nodes', '', 'a', '/metrics']);
  assert.equal(rest('/api/v1/namespaces/n/configmaps/c/proxy/x'), 'resource');
  assert.equal(rest('/api/v1/nodes/a/proxyx'), 'resource');
  assert.equal(rest('/api/v1/nodes/%zz/proxy/'), 'other');
});
