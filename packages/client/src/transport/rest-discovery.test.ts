import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError, apiErrors } from '@keelson/api';
import { discoverOverRest } from './rest-discovery.js';

const resource = (name: string, kind: string, namespaced = true, verbs = ['get', 'list']) => ({
  ...{ name, kind, namespaced, verbs, singularName: kind.toLowerCase() },
});

/** A server without aggregated discovery. */
const PLAIN: Record<string, unknown> = {
  '/version': { gitVersion: 'v1.25.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/api/v1': { resources: [resource('pods', 'Pod'), resource('pods/status', 'Pod'), resource('nodes', 'Node', false)] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'batch',
        versions: [{ version: 'v1beta1' }, { version: 'v1' }],
        preferredVersion: { version: 'v1' },
      },
      { name: 'metrics.k8s.io', versions: [{ version: 'v1beta1' }] },
    ],
  },
  '/apis/batch/v1': { resources: [resource('jobs', 'Job')] },
  '/apis/batch/v1beta1': { resources: [resource('cronjobs', 'CronJob')] },
};

const AGGREGATED = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
const group = (name: string, version: string, plural: string, freshness = 'Current') => ({
  metadata: { name },
  versions: [
    {
      ...{ version, freshness },
      resources: [{ resource: plural, responseKind: { group: name, version, kind: 'K' }, scope: 'Cluster', verbs: [] }],
    },
  ],
});

const server =
  (documents: Record<string, unknown>, contentType = 'application/json', asked: string[] = []) =>
  async (path: string, accept: string) => {
    asked.push(path);
    if (path === '/apis/metrics.k8s.io/v1beta1')
      throw new ApiError({ code: 503, reason: 'ServiceUnavailable', message: '' });
    if (!(path in documents)) throw apiErrors.resourceNotServed();
    return { value: documents[path], contentType: accept.includes('as=') ? contentType : 'application/json' };
  };

describe('discovery over REST', () => {
  it('takes two documents of a server that puts all into them', async () => {
    const asked: string[] = [];
    const documents = {
      '/version': { gitVersion: 'v1.36.0' },
      '/api': { items: [group('', 'v1', 'pods')] },
      '/apis': { items: [group('apps', 'v1', 'deployments'), group('metrics.k8s.io', 'v1', 'pods', 'Stale')] },
    };
    for (const version of ['v2', 'v2beta1']) {
      asked.length = 0;
      const found = await discoverOverRest(server(documents, AGGREGATED(version), asked));
      assert.deepEqual(asked, ['/api', '/apis', '/version']);
      assert.deepEqual(
        found.resources.map(({ group: of, resource: plural }) => `${of}/${plural}`),
        ['/pods', 'apps/deployments', 'metrics.k8s.io/pods'],
      );
      assert.deepEqual(found.stale, [{ group: 'metrics.k8s.io', version: 'v1' }]);
      assert.equal(found.version['gitVersion'], 'v1.36.0');
    }
  });

  it('asks for each version of one that does not, best first, and goes on without what does not answer', async () => {
    const found = await discoverOverRest(server(PLAIN));
    assert.deepEqual(
      found.resources.map(({ group: of, version, resource: plural, scope }) => `${of}/${version}/${plural} ${scope}`),
      ['/v1/pods Namespaced', '/v1/nodes Cluster', 'batch/v1/jobs Namespaced', 'batch/v1beta1/cronjobs Namespaced'],
    );
    assert.deepEqual(found.resources[0]?.subresources, [{ subresource: 'status', verbs: ['get', 'list'] }]);
    assert.deepEqual(found.resources[2]?.responseKind, { group: 'batch', version: 'v1', kind: 'Job' });
    assert.deepEqual(found.stale, [{ group: 'metrics.k8s.io', version: 'v1beta1' }]);
    assert.deepEqual(
      found.groups.map(({ name, versions }) => [name, ...versions]),
      [
        ['', 'v1'],
        ['batch', 'v1', 'v1beta1'],
        ['metrics.k8s.io', 'v1beta1'],
      ],
    );
  });

  it('fails where the server itself cannot be asked', async () => {
    const away = async (): Promise<never> => {
      throw new ApiError({ code: 503, reason: 'ServiceUnavailable', message: 'away', cause: new Error('refused') });
    };
    await assert.rejects(discoverOverRest(away), /away/);
    const half = async (path: string, accept: string) => {
      if (path === '/apis/batch/v1') return await away();
      return await server(PLAIN)(path, accept);
    };
    await assert.rejects(discoverOverRest(half), /away/);
  });
});
