import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, KindRegistry } from '@keelson/api';
import { ResourceMapper } from '../cluster/mapper.js';
import { resourceArguments } from './arguments.js';

const mapper = new ResourceMapper({
  resources: new KindRegistry(allKinds).all().map((kind) => ({
    group: kind.group,
    version: kind.version,
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: kind.verbs,
    shortNames: kind.shortNames,
    categories: kind.categories,
  })),
});

const read = (...words: string[]) =>
  resourceArguments(words, mapper).map(({ resource, name }) =>
    name === undefined ? resource.plural : `${resource.plural}/${name}`,
  );

test('types go by plural, singular, short name, kind, and with their group', () => {
  for (const name of [
    'deployments',
    'deployment',
    'deploy',
    'Deployment',
    'deployments.apps',
    'deployments.v1.apps',
    'deploy.apps',
  ]) {
    assert.deepEqual(read(name), ['deployments'], name);
  }
  assert.equal(mapper.find('events').group, '');
  assert.equal(mapper.find('events.events.k8s.io').group, 'events.k8s.io');
});

test('words name collections and objects', () => {
  assert.deepEqual(read('pods,svc'), ['pods', 'services']);
  assert.deepEqual(read('pod', 'a', 'b'), ['pods/a', 'pods/b']);
  assert.deepEqual(read('pod,svc', 'a'), ['pods/a', 'services/a']);
  assert.deepEqual(read('pod/a', 'svc/b'), ['pods/a', 'services/b']);
  assert.ok(read('all').includes('deployments') && read('all').includes('pods'));
});

test('what does not fit is said', () => {
  assert.throws(() => read('foo'), /the server doesn't have a resource type "foo"/);
  assert.throws(() => read('pod', 'svc/b'), /there is no need to specify a resource type as a separate argument/);
  assert.throws(() => read('pod/'), /must have a single resource and name/);
  assert.throws(() => read('pod/a/b'), /may not have more than one slash/);
  assert.throws(() => read('pods,'), /empty resource types/);
});
