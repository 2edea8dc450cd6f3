import assert from 'node:assert/strict';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, configMap, PODS, pod } from './samples.js';

const versionOf = (object: Record<string, unknown>) =>
  (object['metadata'] as { resourceVersion: string }).resourceVersion;
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type).join();

export const watches: readonly Behaviour[] = [
  {
    name: 'a watch from now, from a version and from the state',
    async run(visit) {
      const create = (name: string) => visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap(name) });
      await create('a');
      const resourceVersion = versionOf(await visit.ask({ verb: 'list', ...CONFIG_MAPS }));
      const changes = async () => {
        await create('b');
        const body = { data: { c: 'd' } };
        await visit.ask({
          ...{ verb: 'patch', ...CONFIG_MAPS, name: 'b', body },
          patchType: 'application/merge-patch+json',
        });
        await visit.ask({ verb: 'delete', ...CONFIG_MAPS, name: 'b' });
      };
      const events = await visit.watch({ ...CONFIG_MAPS, options: { resourceVersion } }, 3, changes);
      assert.equal(types(events), 'ADDED,MODIFIED,DELETED');
      assert.equal(types(await visit.watch({ ...CONFIG_MAPS, options: { resourceVersion } }, 3)), types(events));
      assert.equal(types(await visit.watch(CONFIG_MAPS, 1)), 'ADDED');
      assert.equal(types(await visit.watch({ ...CONFIG_MAPS, options: { resourceVersion: '0' } }, 1)), 'ADDED');
    },
  },
  {
    name: 'bookmarks, and the end of the initial events',
    async run(visit) {
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('a') });
      const initial = { resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true } as const;
      const state = { ...initial, sendInitialEvents: true };
      assert.equal(types(await visit.watch({ ...CONFIG_MAPS, options: state }, 2)), 'ADDED,BOOKMARK');
      const none = { ...initial, sendInitialEvents: false };
      const events = await visit.watch({ ...CONFIG_MAPS, options: none }, 1, async () => {
        await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('b') });
      });
      assert.equal((events[0]!.object as { metadata: { name: string } }).metadata.name, 'b', 'only what is new');
    },
  },
  {
    name: 'watches that select, and objects that enter and leave them',
    async run(visit) {
      const label = (tier: string) => configMap('a', {}, { labels: { tier } });
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: label('x') });
      const options = { labelSelector: 'tier=y', timeoutSeconds: 30 };
      const events = await visit.watch({ ...CONFIG_MAPS, options }, 2, async () => {
        for (const tier of ['y', 'z'])
          await visit.ask({ verb: 'update', ...CONFIG_MAPS, name: 'a', body: label(tier) });
      });
      assert.equal(types(events), 'ADDED,DELETED');
      await visit.ask({ verb: 'create', ...PODS, body: pod('p') });
      const unscheduled = { fieldSelector: 'spec.nodeName=,metadata.name=p' };
      assert.equal(types(await visit.watch({ ...PODS, options: unscheduled }, 1)), 'ADDED');
    },
  },
  {
    name: 'a watch that ends in its time',
    async run(visit) {
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('a') });
      await visit.watch({ ...CONFIG_MAPS, options: { timeoutSeconds: 1 } }, undefined);
    },
  },
  {
    name: 'watches of tables',
    async run(visit) {
      await visit.ask({ verb: 'create', ...PODS, body: pod('p') });
      const options = { allowWatchBookmarks: true };
      for (const table of ['None', 'Metadata', 'Object'])
        assert.equal(types(await visit.watch({ ...PODS, table, options }, 2)), 'ADDED,BOOKMARK');
    },
  },
  {
    name: 'a watch of an old kind warns as it begins',
    async run(visit) {
      await visit.ask({
        ...{ verb: 'create', resource: 'endpoints' },
        body: { metadata: { name: 'e' }, subsets: [] },
      });
      await visit.watch({ resource: 'endpoints' }, 1);
    },
  },
  {
    name: 'watches that are refused',
    async run(visit) {
      const refused = (options: object, code: number) => visit.refusedWatch({ ...CONFIG_MAPS, options }, code);
      await refused({ resourceVersion: 'x' }, 500);
      await refused({ sendInitialEvents: true }, 422);
      await refused({ sendInitialEvents: false }, 422);
      await refused({ resourceVersionMatch: 'Exact' }, 422);
      await refused({ labelSelector: '((' }, 400);
      await refused({ fieldSelector: 'data.a=1' }, 400);
      await visit.refusedWatch({ ...CONFIG_MAPS, table: 'Some' }, 400);
      await visit.refusedWatch({ resource: 'nothings' }, 404);
      await visit.refusedWatch({ ...CONFIG_MAPS, as: { cert: 'jane' } }, [403, /cannot watch resource "configmaps"/]);
      await visit.refusedWatch({ resource: 'endpoints', options: { resourceVersion: 'x' } }, 500);
    },
  },
];
