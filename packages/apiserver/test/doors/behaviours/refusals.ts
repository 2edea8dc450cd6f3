import { PATCH_TYPES } from '@keelson/api';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, configMap, PODS, pod } from './samples.js';

const CREATE = { verb: 'create', ...CONFIG_MAPS } as const;
const MEBIBYTE = 1024 * 1024;

export const refusals: readonly Behaviour[] = [
  {
    name: 'bodies that are none',
    async run(visit) {
      const refused = (body: Buffer) => visit.refused({ ...CREATE, body }, 400);
      for (const text of ['', '{', 'null', '[]', '7', '"x"', '{"metadata":[]}', '{"metadata":{"name":7}}'])
        await refused(Buffer.from(text));
      await refused(Buffer.from([0xff, 0xfe, 0x7b, 0x7d]));
      await refused(Buffer.from('{"metadata":{"name":"x","labels":{"a":1}}}'));
      await refused(Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`));
      await visit.refused({ ...CREATE, body: Buffer.from('{"__proto__":{"a":1},"metadata":{}}') }, 422);
      await visit.refused({ ...CREATE, body: { ...configMap('a'), apiVersion: 'v2' } }, 400);
    },
  },
  {
    name: 'objects of many mistakes, each told',
    async run(visit) {
      const containers = [
        { name: 'A', image: '', ports: [{ containerPort: 70_000 }] },
        { name: 'b' },
        { name: 'b', image: 'i' },
      ];
      await visit.refused({ verb: 'create', ...PODS, body: pod('p', { containers, restartPolicy: 'Maybe' }) }, 422);
      await visit.refused(
        { verb: 'create', ...PODS, body: pod('p', { volumes: [{ name: 'v' }, { name: 'v' }] }) },
        422,
      );
    },
  },
  {
    name: 'the limit of bodies',
    async run(visit) {
      await visit.ask({ ...CREATE, body: configMap('large', { a: 'x'.repeat(MEBIBYTE - 1024) }) });
      await visit.refused({ ...CREATE, body: configMap('a', { a: 'x'.repeat(MEBIBYTE + 1024) }) }, 422);
      for (const size of [3 * MEBIBYTE + 1, 5 * MEBIBYTE]) {
        const body = Buffer.from(JSON.stringify(configMap('a', { a: 'x'.repeat(size) })));
        const refusal = [413, /limit is 3145728/] as const;
        await visit.refused({ ...CREATE, body }, refusal);
        await visit.refused({ verb: 'update', ...CONFIG_MAPS, name: 'large', body }, refusal);
        await visit.refused(
          { verb: 'patch', ...CONFIG_MAPS, name: 'large', patchType: PATCH_TYPES.merge, body },
          refusal,
        );
        await visit.refused({ verb: 'delete', ...CONFIG_MAPS, name: 'large', body }, refusal);
        await visit.refused({ verb: 'deletecollection', ...CONFIG_MAPS, body }, refusal);
      }
    },
  },
  {
    name: 'names with what no path may have',
    async run(visit) {
      for (const name of ['A', 'a b', 'a\tb', 'ä', 'a?b', 'a#b', '__proto__', 'constructor', 'x'.repeat(300)]) {
        await visit.refused({ verb: 'get', ...CONFIG_MAPS, name }, 404);
        await visit.refused({ verb: 'delete', ...CONFIG_MAPS, name }, 404);
      }
      for (const resource of ['__proto__', 'constructor', 'hasOwnProperty/v1/x', 'apps/constructor/deployments'])
        await visit.refused({ verb: 'list', resource }, 404);
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, name: 'a', subresource: '__proto__' }, 404);
    },
  },
  {
    name: 'a scope that a kind has not',
    async run(visit) {
      await visit.refused({ verb: 'get', resource: 'nodes', name: 'n' }, 404);
      await visit.refused({ verb: 'get', ...CONFIG_MAPS, namespace: '', name: 'a' }, 400);
      await visit.refused({ verb: 'delete', ...CONFIG_MAPS, namespace: '', name: 'a' }, 400);
      await visit.ask({
        verb: 'list',
        ...CONFIG_MAPS,
        namespace: '',
        options: { fieldSelector: 'metadata.name=none' },
      });
    },
  },
  {
    name: 'verbs that a kind has not',
    async run(visit) {
      const reviews = { resource: 'authentication.k8s.io/v1/tokenreviews', namespace: '' } as const;
      await visit.refused({ verb: 'list', ...reviews }, 405);
      await visit.refused({ verb: 'get', ...reviews, name: 'x' }, 404);
      await visit.refused({ verb: 'get', resource: 'bindings', name: 'x' }, 404);
    },
  },
];
