import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from '../doors/rest/route.js';
import { frontProxyHeaders } from './front-proxy-headers.js';
import type { RemoteApi } from './remote-apis.js';
import { remoteRouteOf } from './remote-route.js';

const api = { name: 'v1.a.io', group: 'a.io', version: 'v1' } as RemoteApi;
const find = (group: string, version: string) => (group === 'a.io' && version === 'v1' ? api : undefined);
const route = (path: string) => remoteRouteOf(routeOf(path), find);
const asked = (path: string) => {
  const { path: it } = route(path) ?? {};
  return it && [it.namespace, it.resource, it.name, it.subresource].join(' ');
};

test('what is below a group and version of another server is its, and nothing else', () => {
  assert.equal(asked('/apis/a.io/v1/things'), ' things  ');
  assert.equal(asked('/apis/a.io/v1/namespaces/n/things/t/status'), 'n things t status');
  assert.equal(asked('/apis/a.io/v1/namespaces/n/things/t/proxy/a/b'), 'n things t proxy');
  assert.equal(asked('/apis/a.io/v1/things/t/proxy/a/b'), ' things t proxy');
  assert.equal(route('/apis/a.io/v1/watch/things')?.watch, true);
  for (const path of ['/apis/a.io/v1', '/apis/a.io/v1/', '/openapi/v3/apis/a.io/v1']) {
    assert.equal(route(path)?.api, api, path);
    assert.equal(route(path)?.path, undefined);
  }
  const own = ['/apis', '/apis/a.io', '/apis/a.io/v2/things', '/api/v1/pods', '/openapi/v3', '/openapi/v2'];
  for (const path of [...own, '/api/v1/nodes/n/proxy/apis/a.io/v1/x']) assert.equal(route(path), undefined, path);
});

test('a path that the other would read as another is refused', () => {
  const paths = [
    '/apis/a.io/v1/namespaces/n%2Fthings/things',
    '/apis/a.io/v1/things/a%2Fb',
    '/apis/a.io/v1/a/b/c%2Fd/e/f',
  ];
  for (const path of paths) assert.throws(() => route(path), /has a slash in it/, path);
});

test('headers say as whom, with what they cannot hold escaped', () => {
  const extra = { 'a/b %': ['1', '2'], none: [] };
  assert.deepEqual(
    frontProxyHeaders({ user: 'ü\r\nX-Remote-Group: system:masters', uid: 'u', groups: ['a', 'b'], extra }),
    {
      'x-remote-user': `${Buffer.from('ü').toString('latin1')} X-Remote-Group: system:masters`,
      'x-remote-uid': 'u',
      'x-remote-group': ['a', 'b'],
      'x-remote-extra-a%2Fb%20%25': ['1', '2'],
    },
  );
  assert.deepEqual(frontProxyHeaders({ user: 'u', groups: [] }), { 'x-remote-user': 'u' });
});
