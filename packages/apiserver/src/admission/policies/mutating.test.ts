import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { allKinds, KindRegistry, type KubeObject, type Pod } from '@keelson/api';
import { admitted, written } from '../../../test/admission.js';
import { context, world } from '../../../test/world.js';
import { alwaysAllow } from '../../auth/authorizer.js';
import { Admission } from '../admission.js';
import { openConnection } from '../connections.js';
import { mutatingPolicies } from './mutating.js';
import { MutationProgram } from './mutation-program.js';
import { Policies } from './policies.js';

const kinds = new KindRegistry(allKinds);
const GROUP = 'admissionregistration.k8s.io';
const merge = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });

describe('mutating admission policies', () => {
  let cluster: Awaited<ReturnType<typeof world>> | undefined;
  let admission = new Admission([]);
  afterEach(async () => {
    await cluster?.close();
    cluster = undefined;
  });

  async function withPolicies(policies: Record<string, object>) {
    cluster = await world();
    const { collection, make, cache } = cluster;
    await make('namespaces', '', { metadata: { name: 'default' } });
    await make('configmaps', '', { metadata: { name: 'params' }, data: { label: 'from-params' } });
    const resources = ['configmaps', 'pods'];
    const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources }];
    for (const [name, spec] of Object.entries(policies)) {
      const whole = { reinvocationPolicy: 'Never', matchConstraints: { resourceRules }, ...spec };
      await make('mutatingadmissionpolicies', GROUP, { metadata: { name }, spec: whole });
      const paramRef = { name: 'params', parameterNotFoundAction: 'Deny' };
      const bound = { policyName: name, ...('paramKind' in spec ? { paramRef } : {}) };
      await make('mutatingadmissionpolicybindings', GROUP, { metadata: { name }, spec: bound });
    }
    await cache.fresh();
    const plugin = mutatingPolicies({
      policies: new Policies({
        policies: collection('mutatingadmissionpolicies', GROUP),
        bindings: collection('mutatingadmissionpolicybindings', GROUP),
        kinds,
        compile: (spec) => new MutationProgram(spec),
      }),
      ...{ kinds, namespaces: collection('namespaces'), authorizer: alwaysAllow },
      collectionOf: ({ plural, group }) => collection(plural, group),
    });
    admission = new Admission([plugin]);
    return async (more: object, plural = 'configmaps') => {
      const kind = allKinds.find((it) => it.plural === plural)!;
      const object = { apiVersion: 'v1', kind: kind.kind, ...more };
      return (await admitted(admission, written(kind, object))) as KubeObject & { data?: object };
    };
  }

  it('merge what they make into the object, keyed lists item by item', async () => {
    const admit = await withPolicies({
      p: {
        mutations: [
          merge(
            'Object{metadata: Object.metadata{labels: {"by": "p"}}, spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, imagePullPolicy: "Always"})}}',
          ),
        ],
      },
    });
    const containers = [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1', imagePullPolicy: 'Never' },
    ];
    const { metadata, spec } = (await admit({ spec: { containers } }, 'pods')) as Pod;
    assert.deepEqual(metadata.labels, { by: 'p' });
    assert.deepEqual(
      spec?.containers?.map(({ name, image, imagePullPolicy }) => [name, image, imagePullPolicy]),
      [
        ['a', 'a:1', 'Always'],
        ['b', 'b:1', 'Always'],
      ],
    );
  });

  it('see what those before them made, and their parameters and variables', async () => {
    const admit = await withPolicies({
      a: { mutations: [merge('Object{data: {"n": "1"}}'), merge('Object{data: {"m": object.data.n + "2"}}')] },
      b: {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        variables: [{ name: 'label', expression: 'params.data.label' }],
        mutations: [patch('[JSONPatch{op: "add", path: "/data/l", value: variables.label + object.data.m}]')],
      },
    });
    assert.deepEqual((await admit({})).data, { n: '1', m: '12', l: 'from-params12' });
  });

  it('are asked again where something changed after them, if they want that', async () => {
    const count = 'Object{data: {"times": has(object.data) && "times" in object.data ? object.data.times + "i" : "i"}}';
    const admit = await withPolicies({
      a: { reinvocationPolicy: 'IfNeeded', mutations: [merge(count)] },
      b: { mutations: [merge('Object{data: {"b": "y"}}')] },
    });
    assert.deepEqual((await admit({})).data, { times: 'ii', b: 'y' });
  });

  it('do nothing with a patch of which a test fails', async () => {
    const admit = await withPolicies({
      p: {
        mutations: [
          patch(
            '[JSONPatch{op: "add", path: "/data/z", value: "z"}, JSONPatch{op: "test", path: "/data/a", value: "y"}]',
          ),
        ],
      },
    });
    assert.deepEqual((await admit({ data: { a: 'n' } })).data, { a: 'n' });
    assert.deepEqual((await admit({ data: { a: 'y' } })).data, { a: 'y', z: 'z' });
  });

  for (const [mutation, text] of [
    [merge('Object{data: {"x": string(object.data.nope)}}'), /^expression '.*' resulted in error: no such key: nope$/],
    [patch('[JSONPatch{op: "remove", path: "/data/none"}]'), /^JSON Patch: error in remove for path: '\/data\/none': /],
    [
      merge('Object{nope: 1}'),
      /^error applying patch: failed to convert patch object to typed object: .*nope: field not declared in schema/,
    ],
    [
      merge('Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", command: ["x"]}]}}'),
      /^error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \.spec\.containers\[0\]\.command$/,
    ],
    [
      merge('Object{metadata: Object.spec{labels: {"a": "b"}}}'),
      /^type mismatch: unexpected type name "Object.spec", expected "Object.metadata"/,
    ],
  ] as const) {
    const expression = Object.values(mutation)[1] as { expression: string };
    it(`of ${expression.expression} refuse, or leave the object alone`, async () => {
      const plural = expression.expression.includes('containers') ? 'pods' : 'configmaps';
      const object = plural === 'pods' ? { spec: { containers: [{ name: 'c', image: 'i' }] } } : { data: { a: '1' } };
      const strict = await withPolicies({ p: { mutations: [mutation] } });
      await assert.rejects(strict(object, plural), (error: Error & { code: number; reason: string }) => {
        assert.deepEqual([error.code, error.reason], [403, 'Invalid']);
        assert.match(error.message.replace("policy 'p' with binding 'p' denied request: ", ''), text);
        return true;
      });
      await cluster?.close();
      const lax = await withPolicies({ p: { failurePolicy: 'Ignore', mutations: [mutation] } });
      const left = (await lax(object, plural)) as unknown as Record<string, unknown>;
      for (const [field, value] of Object.entries(object)) assert.deepEqual(left[field], value);
    });
  }

  it('change how a connection is opened, by patches and not by merging', async () => {
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] };
    const mutations = [patch('[JSONPatch{op: "replace", path: "/command", value: ["true"]}]')];
    const matchConstraints = { resourceRules: [rule] };
    await withPolicies({ p: { matchConstraints, mutations } });
    const pods = allKinds.find((it) => it.plural === 'pods')!;
    const path = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'x', subresource: 'exec' };
    const asked = { command: ['sh'], stdin: true };
    const open = () => openConnection(admission, [pods])(path, asked, context);
    assert.deepEqual(await open(), { command: ['true'], stdin: true });
    assert.deepEqual(asked, { command: ['sh'], stdin: true });
    await cluster?.close();
    await withPolicies({ p: { matchConstraints, mutations: [merge('Object{}')] } });
    await assert.rejects(open(), /error applying patch: no schema is known of kind PodExecOptions/);
  });
});
