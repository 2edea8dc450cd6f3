import assert from 'node:assert/strict';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod } from './samples.js';

const DELETE = { verb: 'delete', ...CONFIG_MAPS, name: 'a' } as const;
const CREATE = { verb: 'create', ...CONFIG_MAPS } as const;

export const deletions: readonly Behaviour[] = [
  {
    name: 'delete on conditions',
    async run(visit) {
      const { metadata } = await visit.ask({ ...CREATE, body: configMap('a') });
      const { uid, resourceVersion } = metadata as { uid: string; resourceVersion: string };
      const other = '00000000-0000-4000-8000-000000000000';
      await visit.refused({ ...DELETE, body: { preconditions: { uid: other } } }, [409, /the UID in the precondition/]);
      await visit.refused({ ...DELETE, body: { preconditions: { resourceVersion: '1' } } }, 409);
      await visit.refused({ ...DELETE, name: 'none' }, 404);
      await visit.ask({ ...DELETE, body: { preconditions: { uid, resourceVersion } } });
      await visit.refused(DELETE, 404);
    },
  },
  {
    name: 'delete with a propagation, finalizers and a grace',
    async run(visit) {
      await visit.ask({ verb: 'create', ...DEPLOYMENTS, body: deployment('d') });
      const deployed = { verb: 'delete', ...DEPLOYMENTS, name: 'd' } as const;
      await visit.refused({ ...deployed, body: { propagationPolicy: 'Somehow' } }, 422);
      await visit.refused({ ...deployed, body: { propagationPolicy: 'Orphan', orphanDependents: true } }, 422);
      await visit.refused({ ...deployed, body: { gracePeriodSeconds: 'x' } }, 400);
      await visit.refused({ ...deployed, body: Buffer.from('{') }, 400);
      await visit.refused({ ...deployed, body: { kind: 'Pod', apiVersion: 'v1' } }, 400);
      const marked = await visit.ask({ ...deployed, body: { propagationPolicy: 'Foreground' } });
      assert.ok((marked['metadata'] as { deletionTimestamp?: string }).deletionTimestamp);
      await visit.ask({ ...CREATE, body: configMap('a', {}, { finalizers: ['example.test/held'] }) });
      await visit.ask(DELETE);
      await visit.ask({ verb: 'update', ...CONFIG_MAPS, name: 'a', body: configMap('a') });
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, name: 'a' }, 404);
      await visit.ask({ verb: 'create', ...PODS, body: pod('p', { nodeName: 'nowhere' }) });
      await visit.ask({ verb: 'delete', ...PODS, name: 'p' });
      await visit.ask({ verb: 'delete', ...PODS, name: 'p', body: { gracePeriodSeconds: 0 } });
    },
  },
  {
    name: 'delete what is selected, in pages too',
    async run(visit) {
      for (const index of [1, 2, 3, 4, 5])
        await visit.ask({ ...CREATE, body: configMap(`c${index}`, {}, { labels: { n: String(index) } }) });
      const all = { verb: 'deletecollection', ...CONFIG_MAPS } as const;
      const { metadata } = await visit.ask({ verb: 'list', ...CONFIG_MAPS });
      const { resourceVersion } = metadata as { resourceVersion: string };
      await visit.refused({ ...all, options: { labelSelector: '((' } }, 400);
      await visit.refused({ ...all, options: { resourceVersion: 'x' } }, 400);
      await visit.refused({ ...all, options: { continueToken: 'x' } }, 400);
      await visit.refused({ ...all, body: { propagationPolicy: 'Somehow' } }, 422);
      await visit.ask({ ...all, options: { labelSelector: 'n in (1,2)' } });
      await visit.ask({ ...all, options: { fieldSelector: 'metadata.name=c3' } });
      const exact = { resourceVersion, resourceVersionMatch: 'Exact', labelSelector: 'n=1' };
      await visit.ask({ ...all, options: exact });
      const { items } = await visit.ask({ ...all, options: { limit: 1 } });
      assert.equal((items as object[]).length, 1);
      const left = await visit.ask({ verb: 'list', ...CONFIG_MAPS });
      assert.equal((left['items'] as object[]).length, 1, 'only as many as were asked for');
      await visit.ask(all);
    },
  },
];
