import assert from 'node:assert/strict';
import type { Behaviour, Visit } from '../visit.js';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod } from './samples.js';

const LIST = { verb: 'list', ...CONFIG_MAPS } as const;
const GET = { verb: 'get', ...CONFIG_MAPS } as const;

async function five(visit: Visit): Promise<void> {
  for (const index of [1, 2, 3, 4, 5]) {
    const labels = { tier: index % 2 === 0 ? 'even' : 'odd', n: String(index) };
    await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap(`c${index}`, { v: String(index) }, { labels }) });
  }
}

const versionOf = (list: Record<string, unknown>) => (list['metadata'] as { resourceVersion: string }).resourceVersion;
const continueOf = (list: Record<string, unknown>) => (list['metadata'] as { continue?: string }).continue;

export const reads: readonly Behaviour[] = [
  {
    name: 'get at any version, and of what is not there',
    async run(visit) {
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('a') });
      for (const resourceVersion of [undefined, '', '0', '1'])
        await visit.ask({ ...GET, name: 'a', options: { resourceVersion } });
      await visit.refused({ ...GET, name: 'b' }, [404, /configmaps "b" not found/]);
      await visit.refused({ ...GET, name: 'a', options: { resourceVersion: 'x' } }, [500, /Invalid value: "x"/]);
      await visit.refused({ ...GET, name: 'a', options: { resourceVersion: '99999999' } }, [504, /Too large/]);
      await visit.refused({ ...GET, resource: 'nothings', name: 'a' }, [404, /could not find the requested resource/]);
      await visit.refused({ ...GET, resource: 'apps/v9/deployments', name: 'a' }, 404);
      await visit.refused({ ...GET, resource: 'no.such.group/v1/things', name: 'a' }, 404);
      await visit.refused({ ...GET, name: 'a', subresource: 'nothing' }, 404);
    },
  },
  {
    name: 'list by selectors',
    async run(visit) {
      await five(visit);
      const count = async (options: object, expected: number) => {
        const { items } = await visit.ask({ ...LIST, options });
        assert.equal((items as object[]).length, expected, JSON.stringify(options));
      };
      await count({}, 5);
      await count({ labelSelector: 'tier=odd' }, 3);
      await count({ labelSelector: 'tier in (even), n notin (2)' }, 1);
      await count({ labelSelector: '!tier' }, 0);
      await count({ labelSelector: 'n>3' }, 2);
      await count({ fieldSelector: 'metadata.name=c3' }, 1);
      await count({ fieldSelector: 'metadata.name!=c3', labelSelector: 'tier=odd' }, 2);
      await visit.refused({ ...LIST, options: { labelSelector: 'a=(b' } }, 400);
      await visit.refused({ ...LIST, options: { fieldSelector: 'data.v=1' } }, [400, /not a known field selector/]);
      await visit.refused({ ...LIST, options: { fieldSelector: 'metadata.name' } }, 400);
    },
  },
  {
    name: 'list in pages',
    async run(visit) {
      await five(visit);
      const names: string[] = [];
      let continueToken: string | undefined;
      do {
        const page = await visit.ask({ ...LIST, options: { limit: 2, continueToken } });
        names.push(...(page['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name));
        continueToken = continueOf(page);
      } while (continueToken);
      assert.deepEqual(names, ['c1', 'c2', 'c3', 'c4', 'c5']);
      await visit.ask({ ...LIST, options: { limit: 2, labelSelector: 'tier=odd' } });
      await visit.ask({ ...LIST, options: { limit: 0 } });
      await visit.ask({ ...LIST, options: { limit: 9_007_199_254_740_991 } });
      await visit.refused({ ...LIST, options: { continueToken: 'nonsense' } }, [400, /continue key is not valid/]);
      const next = continueOf(await visit.ask({ ...LIST, options: { limit: 1 } }));
      await visit.refused({ ...LIST, options: { continueToken: next, resourceVersion: '1' } }, 400);
    },
  },
  {
    name: 'list at versions',
    async run(visit) {
      await five(visit);
      const version = versionOf(await visit.ask(LIST));
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('later') });
      const count = async (options: object, expected: number) => {
        const list = await visit.ask({ ...LIST, options });
        assert.equal((list['items'] as object[]).length, expected, JSON.stringify(options));
      };
      await count({ resourceVersion: version, resourceVersionMatch: 'Exact' }, 5);
      await count({ resourceVersion: version, resourceVersionMatch: 'NotOlderThan' }, 6);
      await count({ resourceVersion: version }, 6);
      await count({ resourceVersion: version, limit: 3 }, 3);
      const refused = async (options: object, code: number) => visit.refused({ ...LIST, options }, code);
      await refused({ resourceVersionMatch: 'Exact' }, 422);
      await refused({ resourceVersionMatch: 'Exact', resourceVersion: '0' }, 422);
      await refused({ resourceVersionMatch: 'Sometime', resourceVersion: '5' }, 422);
      await refused({ resourceVersion: 'x' }, 400);
      await refused({ resourceVersion: '99999999' }, 504);
    },
  },
  {
    name: 'tables of objects and lists',
    async run(visit) {
      await visit.ask({ verb: 'create', ...PODS, body: pod('p') });
      await visit.ask({ verb: 'create', ...DEPLOYMENTS, body: deployment('d') });
      for (const table of ['None', 'Metadata', 'Object', '']) {
        const shown = await visit.ask({ verb: 'get', ...PODS, name: 'p', table });
        assert.equal(shown['kind'], 'Table');
        await visit.ask({ verb: 'list', ...DEPLOYMENTS, table });
      }
      await visit.refused({ verb: 'list', ...PODS, table: 'Some' }, [400, /includeObject: Invalid value: "Some"/]);
      await visit.ask({ verb: 'list', ...PODS, table: 'Metadata', options: { limit: 1 } });
      await visit.ask({ verb: 'get', ...DEPLOYMENTS, name: 'd', subresource: 'scale', table: 'Metadata' });
      await visit.refused({ verb: 'get', ...PODS, name: 'none', table: 'Metadata' }, 404);
    },
  },
  {
    name: 'what there is to ask for',
    async run(visit) {
      const { object } = await visit.door.discover();
      assert.ok((object as object[]).length > 15);
      visit.note(object);
      visit.note(await visit.door.discover({ cert: 'jane' }));
      const anonymous = await visit.door.discover({});
      assert.equal(anonymous.refused?.code, 403, visit.door.name);
    },
  },
  {
    name: 'lists of every kind, empty or not, with the warnings of old ones',
    async run(visit) {
      await visit.ask({ verb: 'list', resource: 'endpoints' });
      await visit.ask({ verb: 'list', resource: 'componentstatuses', namespace: '' });
      await visit.ask({ verb: 'list', resource: 'rbac.authorization.k8s.io/v1/roles' });
      await visit.ask({ verb: 'list', resource: 'apps/v1/replicasets', namespace: '', options: { limit: 1 } });
      await visit.refused({ verb: 'get', resource: 'endpoints', name: 'none' }, 404);
    },
  },
];
