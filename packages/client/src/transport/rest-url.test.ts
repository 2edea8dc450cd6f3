import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RequestOptions, RequestVerb, ResourcePath } from '@keelson/api';
import { restUrl } from './rest-url.js';

const url = (verb: RequestVerb, path: Partial<ResourcePath>, options: RequestOptions = {}) =>
  restUrl({
    verb,
    path: { group: '', version: 'v1', resource: 'pods', namespace: '', name: '', subresource: '', ...path },
    options,
  });

it('lays paths out as kube-apiserver does', () => {
  const apps = { group: 'apps', resource: 'deployments', namespace: 'shop' };
  assert.equal(url('list', {}), '/api/v1/pods');
  assert.equal(url('get', { namespace: 'shop', name: 'web' }), '/api/v1/namespaces/shop/pods/web');
  assert.equal(
    url('get', { ...apps, name: 'web', subresource: 'scale' }),
    '/apis/apps/v1/namespaces/shop/deployments/web/scale',
  );
  assert.equal(url('get', { resource: 'namespaces', name: 'shop' }), '/api/v1/namespaces/shop');
  assert.equal(url('update', { resource: 'namespaces', name: 'shop', namespace: 'shop' }), '/api/v1/namespaces/shop');
});

it('names the object in the path of a creation only for a subresource', () => {
  const pod = { namespace: 'shop', name: 'web' };
  assert.equal(url('create', pod), '/api/v1/namespaces/shop/pods');
  assert.equal(url('create', { ...pod, subresource: 'binding' }), '/api/v1/namespaces/shop/pods/web/binding');
});

it('writes options as query parameters and leaves out what is not set', () => {
  const options = { labelSelector: 'a=b,c in (d)', limit: 2, continueToken: 'x', allowWatchBookmarks: true };
  assert.equal(
    url('watch', {}, { ...options, resourceVersion: '', timeoutSeconds: undefined }),
    '/api/v1/pods?watch=true&labelSelector=a%3Db%2Cc+in+%28d%29&limit=2&allowWatchBookmarks=true&continue=x',
  );
  assert.equal(url('create', {}, { dryRun: ['All'], fieldManager: 'me' }), '/api/v1/pods?fieldManager=me&dryRun=All');
  assert.equal(url('watch', {}, { sendInitialEvents: false }), '/api/v1/pods?watch=true&sendInitialEvents=false');
});

it('escapes what a name must not do to a path', () => {
  assert.equal(url('get', { namespace: 'a/b', name: '..?x' }), '/api/v1/namespaces/a%2Fb/pods/..%3Fx');
});
