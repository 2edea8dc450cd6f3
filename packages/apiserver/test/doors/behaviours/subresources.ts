import assert from 'node:assert/strict';
import { PATCH_TYPES } from '@keelson/api';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, DEPLOYMENTS, deployment, PODS, pod } from './samples.js';

const MERGE = { verb: 'patch', patchType: PATCH_TYPES.merge } as const;

export const subresources: readonly Behaviour[] = [
  {
    name: 'status is apart from the rest',
    async run(visit) {
      await visit.ask({ verb: 'create', ...DEPLOYMENTS, body: deployment('d') });
      const status = { ...DEPLOYMENTS, name: 'd', subresource: 'status' } as const;
      await visit.ask({ verb: 'get', ...status });
      const body = { spec: { replicas: 9 }, status: { replicas: 1, observedGeneration: 1 } };
      const patched = await visit.ask({ ...MERGE, ...status, body });
      assert.equal((patched['spec'] as { replicas: number }).replicas, 2);
      await visit.ask({ verb: 'update', ...status, body: { ...deployment('d'), status: { replicas: 2 } } });
      await visit.refused({ ...MERGE, ...status, body: { status: { replicas: -1 } } }, 422);
      await visit.refused({ verb: 'create', ...status, body: deployment('d') }, 405);
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, name: 'a', subresource: 'status' }, 404);
      const applied = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        status: { readyReplicas: 1 },
      };
      const options = { fieldManager: 'me', force: true };
      await visit.ask({ verb: 'patch', ...status, patchType: PATCH_TYPES.apply, body: applied, options });
    },
  },
  {
    name: 'scale',
    async run(visit) {
      await visit.ask({ verb: 'create', ...DEPLOYMENTS, body: deployment('d') });
      const scale = { ...DEPLOYMENTS, name: 'd', subresource: 'scale' } as const;
      const now = await visit.ask({ verb: 'get', ...scale });
      await visit.ask({ verb: 'update', ...scale, body: { ...now, spec: { replicas: 4 } } });
      await visit.ask({ ...MERGE, ...scale, body: { spec: { replicas: 5 } } });
      await visit.refused({ ...MERGE, ...scale, body: { spec: { replicas: -1 } } }, 422);
      await visit.refused({ verb: 'get', ...scale, name: 'none' }, 404);
      const applied = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 6 } };
      const options = { fieldManager: 'me' };
      const apply = { verb: 'patch', ...scale, patchType: PATCH_TYPES.apply, body: applied } as const;
      await visit.refused({ ...apply, options }, [409, /conflict with "doors" with subresource "scale"/]);
      await visit.ask({ ...apply, options: { ...options, force: true } });
    },
  },
  {
    name: 'binding and eviction',
    async run(visit) {
      await visit.ask({ verb: 'create', ...PODS, body: pod('p') });
      const at = (subresource: string) => ({ verb: 'create', ...PODS, name: 'p', subresource }) as const;
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'p' },
        target: { kind: 'Node', name: 'n' },
      };
      await visit.refused({ ...at('binding'), body: { ...binding, target: { kind: 'Rock', name: 'n' } } }, 500);
      await visit.ask({ ...at('binding'), body: binding });
      await visit.refused({ ...at('binding'), body: binding }, 409);
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
      await visit.ask({ ...at('eviction'), body: { ...eviction, deleteOptions: { dryRun: ['All'] } } });
      const budget = { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'held' } } } };
      await visit.ask({ verb: 'create', resource: 'policy/v1/poddisruptionbudgets', body: budget });
      await visit.ask({ verb: 'create', ...PODS, body: pod('held', { nodeName: 'n' }, { labels: { app: 'held' } }) });
      const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
      await visit.ask({ ...MERGE, ...PODS, name: 'held', subresource: 'status', body: running });
      const held = { ...eviction, metadata: { name: 'held' } };
      await visit.refused({ ...at('eviction'), name: 'held', body: held }, 429);
      await visit.refused({ ...at('eviction'), name: 'none', body: { ...eviction, metadata: { name: 'none' } } }, 404);
      await visit.ask({ ...at('eviction'), body: eviction });
    },
  },
  {
    name: 'tokens of service accounts, and what they let in',
    async run(visit) {
      const accounts = { resource: 'serviceaccounts' } as const;
      await visit.ask({ verb: 'create', ...accounts, body: { metadata: { name: 'robot' } } });
      const at = { verb: 'create', ...accounts, name: 'robot', subresource: 'token' } as const;
      const { status } = await visit.ask({ ...at, body: { spec: { expirationSeconds: 3600 } } });
      const { token } = status as { token: string };
      const refusal = [403, /system:serviceaccount:.*:robot" cannot list resource "configmaps"/] as const;
      await visit.refused({ verb: 'list', ...CONFIG_MAPS, as: { token } }, refusal);
      await visit.refused({ ...at, body: { spec: { expirationSeconds: 5 } } }, 422);
      await visit.refused({ ...at, name: 'none', body: { spec: {} } }, 404);
      await visit.ask({
        ...{ verb: 'create', resource: 'authentication.k8s.io/v1/tokenreviews', namespace: '' },
        body: { spec: { token } },
      });
    },
  },
  {
    name: 'what only some kinds have: resize, ephemeral containers, approval, finalize',
    async run(visit) {
      await visit.ask({ verb: 'create', ...PODS, body: pod('p') });
      const ephemeral = [{ name: 'debug', image: 'example.test/debug:1' }];
      const named = { ...PODS, name: 'p' } as const;
      await visit.ask({
        ...{ verb: 'patch', ...named, subresource: 'ephemeralcontainers', patchType: PATCH_TYPES.strategic },
        body: { spec: { ephemeralContainers: ephemeral } },
      });
      const resources = { requests: { cpu: '1' } };
      await visit.refused(
        {
          ...{ verb: 'patch', ...named, subresource: 'resize', patchType: PATCH_TYPES.strategic },
          body: { spec: { containers: [{ name: 'main', resources }] } },
        },
        422,
      );
      await visit.refused({ verb: 'get', ...named, subresource: 'approval' }, 404);
      const namespace = { resource: 'namespaces', namespace: '' } as const;
      const name = `final-${visit.tag}`;
      await visit.ask({ verb: 'create', ...namespace, body: { metadata: { name } } });
      const body = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
        spec: { finalizers: ['example.test/x'] },
      };
      await visit.ask({ verb: 'update', ...namespace, name, subresource: 'finalize', body });
      await visit.refused({ verb: 'get', ...namespace, name, subresource: 'finalize' }, 405);
    },
  },
  {
    name: 'streams of pods that cannot be reached',
    async run(visit) {
      await visit.ask({ verb: 'create', ...PODS, body: pod('p') });
      await visit.refusedLogs('none', '', 404);
      await visit.refusedLogs('p', 'other', [400, /container other is not valid/]);
      await visit.refusedLogs('p', 'main', 400, { cert: 'admin' });
      await visit.refusedLogs('p', '', 403, { cert: 'jane' });
      for (const verb of ['exec', 'attach'] as const) {
        await visit.refusedStream(verb, 'none', 404);
        await visit.refusedStream(verb, 'p', 400);
        await visit.refusedStream(verb, 'p', [403, /cannot create resource "pods\//], { cert: 'jane' });
      }
    },
  },
];
