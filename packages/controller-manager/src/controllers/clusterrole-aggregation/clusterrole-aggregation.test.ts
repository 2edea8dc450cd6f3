import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ClusterRole } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { aggregatedRules, clusterRoleAggregation } from './index.js';

const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const part = (name: string, label: string, ...rules: string[]): ClusterRole => ({
  metadata: { name, labels: { [label]: 'y' } },
  rules: rules.map(rule),
});
const whole = (name: string, ...labels: string[]): ClusterRole => ({
  metadata: { name },
  aggregationRule: { clusterRoleSelectors: labels.map((it) => ({ matchLabels: { [it]: 'y' } })) },
  rules: [],
});

it('rules come selector by selector, by name, each once, and not from the role itself', () => {
  const all = [part('b', 'x', 'pods', 'nodes'), part('a', 'x', 'pods'), part('c', 'y', 'secrets')];
  const role = { ...whole('a', 'x', 'y'), metadata: { name: 'sum', labels: { x: 'y' } }, rules: [rule('own')] };
  assert.deepEqual(aggregatedRules(role, [role, ...all]), [rule('pods'), rule('nodes'), rule('secrets')]);
});

it('a role follows its parts as they come, change and go, and then rests', async () => {
  const world = testWorld();
  const { client, informers, clock, server } = world;
  await world.start(clusterRoleAggregation);
  const rules = (name: string) =>
    informers
      .for(resources.clusterRoles)
      .get('', name)
      ?.rules?.map((it) => it.resources?.[0])
      .join(',');
  await client.create(resources.clusterRoles, whole('sum', 'x'));
  await client.create(resources.clusterRoles, part('one', 'x', 'pods'));
  await until(() => rules('sum') === 'pods', { clock });
  await client.create(resources.clusterRoles, part('two', 'x', 'nodes'));
  await until(() => rules('sum') === 'pods,nodes', { clock });
  await client.patch(resources.clusterRoles, { name: 'one' }, 'merge', { metadata: { labels: { x: null } } });
  await until(() => rules('sum') === 'nodes', { clock });
  await client.delete(resources.clusterRoles, { name: 'two' });
  await until(() => rules('sum') === '', { clock });
  // Two that are made of each other do not chase each other for ever.
  await client.create(resources.clusterRoles, { ...whole('a', 'b'), metadata: { name: 'a', labels: { a: 'y' } } });
  await client.create(resources.clusterRoles, { ...whole('b', 'a'), metadata: { name: 'b', labels: { b: 'y' } } });
  await clock.advanceAsync(60_000);
  const writes = () => server.requests.filter((it) => it.verb === 'update').length;
  const before = writes();
  await clock.advanceAsync(600_000);
  assert.equal(writes(), before);
  await world.stop();
});
