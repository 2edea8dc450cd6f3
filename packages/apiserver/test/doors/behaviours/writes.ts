import assert from 'node:assert/strict';
import { PATCH_TYPES } from '@keelson/api';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod } from './samples.js';

const CREATE = { verb: 'create', ...CONFIG_MAPS } as const;
const UPDATE = { verb: 'update', ...CONFIG_MAPS, name: 'a' } as const;
const PATCH = { verb: 'patch', ...CONFIG_MAPS, name: 'a' } as const;

export const writes: readonly Behaviour[] = [
  {
    name: 'create, and names that are made',
    async run(visit) {
      await visit.ask({ ...CREATE, body: configMap('a') });
      await visit.refused({ ...CREATE, body: configMap('a') }, [409, /configmaps "a" already exists/]);
      const made = await visit.ask({ ...CREATE, body: { metadata: { generateName: 'random-' }, data: {} } });
      assert.match((made['metadata'] as { name: string }).name, /^random-[a-z0-9]{5}$/);
      await visit.refused({ ...CREATE, body: { data: {} } }, [422, /name or generateName is required/]);
      await visit.refused({ ...CREATE, body: configMap('A B') }, [422, /RFC 1123/]);
      await visit.refused({ ...CREATE, body: configMap('b', {}, { namespace: 'elsewhere' }) }, [400, /does not match/]);
      await visit.refused({ ...CREATE, body: { ...configMap('b'), kind: 'Secret' } }, 400);
      await visit.refused({ ...CREATE, body: configMap('b', {}, { resourceVersion: '5' }) }, 500);
      await visit.refused({ ...CREATE, namespace: `none-${visit.tag}`, body: configMap('b') }, [404, /namespaces/]);
      await visit.refused({ ...CREATE, namespace: '', body: configMap('b') }, 400);
      await visit.refused({ ...CREATE, resource: 'nodes', body: { metadata: { name: 'n' } } }, 404);
    },
  },
  {
    name: 'update, with its version and without',
    async run(visit) {
      const made = await visit.ask({ ...CREATE, body: configMap('a') });
      await visit.ask({ ...UPDATE, body: configMap('a', { v: '1' }) });
      await visit.ask({ ...UPDATE, body: configMap('a', { v: '1' }) });
      await visit.refused({ ...UPDATE, body: made }, [409, /the object has been modified/]);
      await visit.refused({ ...UPDATE, body: configMap('b') }, 400);
      await visit.refused({ ...UPDATE, name: 'b', body: configMap('b') }, 404);
      const uid = '00000000-0000-4000-8000-000000000000';
      await visit.refused({ ...UPDATE, body: configMap('a', {}, { uid }) }, [409, /Precondition failed/]);
      await visit.ask({
        verb: 'update',
        resource: 'coordination.k8s.io/v1/leases',
        name: 'l',
        body: { metadata: { name: 'l' }, spec: {} },
      });
      await visit.ask({ ...CREATE, body: { ...configMap('fixed'), immutable: true } });
      await visit.refused(
        { ...UPDATE, name: 'fixed', body: { ...configMap('fixed', { x: 'y' }), immutable: true } },
        422,
      );
    },
  },
  {
    name: 'every kind of patch',
    async run(visit) {
      await visit.ask({ ...CREATE, body: configMap('a', { a: 'b', c: 'd' }) });
      await visit.ask({ ...PATCH, patchType: PATCH_TYPES.merge, body: { data: { a: null, e: 'f' } } });
      await visit.ask({
        ...PATCH,
        patchType: PATCH_TYPES.json,
        body: [{ op: 'replace', path: '/data/e', value: 'g' }],
      });
      await visit.ask({ verb: 'create', ...DEPLOYMENTS, body: deployment('a') });
      const containers = [{ name: 'other', image: 'example.test/other:1' }];
      const spec = { template: { spec: { containers } } };
      const strategic = { verb: 'patch', ...DEPLOYMENTS, name: 'a', patchType: PATCH_TYPES.strategic } as const;
      const patched = await visit.ask({ ...strategic, body: { spec } });
      const both = (patched['spec'] as { template: { spec: { containers: object[] } } }).template.spec.containers;
      assert.equal(both.length, 2);
      await visit.refused(
        { ...PATCH, patchType: PATCH_TYPES.json, body: [{ op: 'test', path: '/data/e', value: 'x' }] },
        422,
      );
      await visit.refused({ ...PATCH, patchType: PATCH_TYPES.json, body: [{ op: 'remove', path: '/data/none' }] }, 422);
      await visit.refused({ ...PATCH, patchType: PATCH_TYPES.json, body: {} }, 400);
      await visit.refused({ ...PATCH, patchType: PATCH_TYPES.merge, body: { data: 7 } }, 422);
      await visit.refused({ ...PATCH, patchType: PATCH_TYPES.merge, body: Buffer.from('{') }, 400);
      await visit.refused({ ...PATCH, patchType: 'application/json', body: {} }, [415, /Unsupported Media Type/]);
      for (const patchType of ['text/plain', 'application/apply-patch+cbor', 'application/cbor'])
        await visit.refused({ ...PATCH, patchType, body: Buffer.from([0xd9, 0xd9, 0xf7, 0xa0]) }, 415);
      await visit.refused({ ...PATCH, name: 'none', patchType: PATCH_TYPES.merge, body: {} }, 404);
      for (const force of [true, false])
        await visit.refused({ ...PATCH, patchType: PATCH_TYPES.merge, body: {}, options: { force } }, [
          422,
          /non-apply/,
        ]);
      await visit.refused(
        { ...PATCH, patchType: PATCH_TYPES.merge, body: { metadata: { resourceVersion: '1' } } },
        409,
      );
    },
  },
  {
    name: 'apply: its owners, conflicts and force',
    async run(visit) {
      const apply = { verb: 'patch', ...DEPLOYMENTS, name: 'd', patchType: PATCH_TYPES.apply } as const;
      await visit.ask({ ...apply, body: deployment('d'), options: { fieldManager: 'one' } });
      await visit.ask({ ...apply, body: deployment('d'), options: { fieldManager: 'two' } });
      const other = deployment('d', 5);
      await visit.refused({ ...apply, body: other, options: { fieldManager: 'two' } }, [409, /conflict with "one"/]);
      await visit.refused({ ...apply, body: other, options: { fieldManager: 'two', force: false } }, 409);
      await visit.ask({ ...apply, body: other, options: { fieldManager: 'two', force: true } });
      await visit.refused({ ...apply, body: other }, [422, /fieldManager: Required/]);
      const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: "1"}\n';
      const map = { verb: 'patch', ...CONFIG_MAPS, name: 'yaml', patchType: PATCH_TYPES.apply } as const;
      await visit.ask({ ...map, body: Buffer.from(yaml), options: { fieldManager: 'yaml' } });
      await visit.refused({ ...map, body: Buffer.from('a: b: c'), options: { fieldManager: 'yaml' } }, 400);
      await visit.refused({ ...map, body: { kind: 'ConfigMap' }, options: { fieldManager: 'yaml' } }, 400);
      const managed = { ...configMap('yaml'), metadata: { name: 'yaml', managedFields: [] } };
      await visit.refused({ ...map, body: managed, options: { fieldManager: 'yaml' } }, [
        400,
        /managedFields must be nil/,
      ]);
    },
  },
  {
    name: 'dry runs change nothing',
    async run(visit) {
      const dryRun = ['All'];
      await visit.ask({ ...CREATE, body: configMap('a'), options: { dryRun } });
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, name: 'a' }, 404);
      await visit.ask({ ...CREATE, body: configMap('a') });
      await visit.ask({ ...UPDATE, body: configMap('a', { x: 'y' }), options: { dryRun } });
      await visit.ask({ ...PATCH, patchType: PATCH_TYPES.merge, body: { data: { z: 'z' } }, options: { dryRun } });
      await visit.ask({ verb: 'delete', ...CONFIG_MAPS, name: 'a', body: { dryRun } });
      await visit.ask({ verb: 'deletecollection', ...CONFIG_MAPS, body: { dryRun } });
      const kept = await visit.ask({ verb: 'get', ...CONFIG_MAPS, name: 'a' });
      assert.deepEqual(kept['data'], { a: 'b' });
      for (const wrong of [['Some'], ['All', 'None'], ['']])
        await visit.refused({ ...CREATE, body: configMap('b'), options: { dryRun: wrong } }, 422);
    },
  },
  {
    name: 'field validation, and warnings beside answers and refusals',
    async run(visit) {
      const body = { ...configMap('a'), surplus: 1, metadata: { name: 'a', more: true } };
      await visit.ask({ ...CREATE, body });
      await visit.ask({ ...UPDATE, body, options: { fieldValidation: 'Ignore' } });
      await visit.ask({ ...UPDATE, body, options: { fieldValidation: 'Warn' } });
      await visit.refused({ ...UPDATE, body, options: { fieldValidation: 'Strict' } }, [
        400,
        /unknown field "surplus"/,
      ]);
      await visit.refused({ ...UPDATE, body, options: { fieldValidation: 'Maybe' } }, [422, /fieldValidation/]);
      await visit.refused({ ...CREATE, body }, 409);
      const twice = Buffer.from('{"metadata":{"name":"b"},"data":{"x":"1","x":"2"}}');
      await visit.ask({ ...CREATE, body: twice });
      const odd = pod('o', { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }, { more: 1 });
      await visit.ask({ verb: 'create', ...PODS, body: odd });
      await visit.refused({ verb: 'create', ...PODS, body: { ...odd, spec: { containers: [] } } }, 422);
    },
  },
  {
    name: 'the names of field managers',
    async run(visit) {
      await visit.ask({ ...CREATE, body: configMap('a'), options: { fieldManager: 'mine' } });
      await visit.refused({ ...UPDATE, body: configMap('a'), options: { fieldManager: 'x'.repeat(129) } }, 422);
      await visit.refused({ ...UPDATE, body: configMap('a'), options: { fieldManager: 'tab\tbed' } }, 422);
    },
  },
];
