import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { allKinds, KindRegistry, type KubeObject } from '@keelson/api';
import { admitted, written } from '../../../test/admission.js';
import { context, world } from '../../../test/world.js';
import { alwaysAllow } from '../../auth/authorizer.js';
import { Admission } from '../admission.js';
import { Policies } from './policies.js';
import { PolicyProgram } from './program.js';
import { validatingPolicies } from './validating.js';

const kinds = new KindRegistry(allKinds);
const GROUP = 'admissionregistration.k8s.io';
const configMaps = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['configmaps'],
};

describe('validating admission policies', () => {
  let cluster: Awaited<ReturnType<typeof world>> | undefined;
  afterEach(async () => {
    await cluster?.close();
    cluster = undefined;
  });

  /** Policies by name, each with one binding of the same name that denies, and other objects. */
  async function withPolicies(
    policies: Record<string, { spec: object; binding?: object }>,
    others: readonly (KubeObject & { kind: string })[] = [],
  ) {
    cluster = await world();
    const { collection, make, cache } = cluster;
    await make('namespaces', '', { metadata: { name: 'default', labels: { tier: 'gold' } } });
    for (const object of others) {
      const kind = allKinds.find((it) => it.kind === object.kind)!;
      await make(kind.plural, kind.group, object);
    }
    for (const [name, { spec, binding }] of Object.entries(policies)) {
      const whole = { matchConstraints: { resourceRules: [configMaps] }, ...spec };
      await make('validatingadmissionpolicies', GROUP, { metadata: { name }, spec: whole });
      const bound = { policyName: name, validationActions: ['Deny'], ...binding };
      await make('validatingadmissionpolicybindings', GROUP, { metadata: { name }, spec: bound });
    }
    await cache.fresh();
    const plugin = validatingPolicies({
      policies: new Policies({
        policies: collection('validatingadmissionpolicies', GROUP),
        bindings: collection('validatingadmissionpolicybindings', GROUP),
        kinds,
        compile: (spec) => new PolicyProgram(spec),
      }),
      ...{ kinds, namespaces: collection('namespaces'), authorizer: alwaysAllow },
      collectionOf: ({ plural, group }) => collection(plural, group),
    });
    const admission = new Admission([plugin]);
    const warnings: string[] = [];
    const noted = new Map<string, string>();
    const admit = async (name: string, data?: object, plural = 'configmaps') => {
      const kind = allKinds.find((it) => it.plural === plural)!;
      const namespace = kind.scope === 'Namespaced' ? 'default' : '';
      const object = { apiVersion: 'v1', kind: kind.kind, metadata: { name, namespace }, ...(data && { data }) };
      const told = {
        ...context,
        warn: (text: string) => void warnings.push(text),
        annotate: (key: string, value: string) => void noted.set(key, value),
      };
      await admitted(admission, written(kind, object, { namespace, context: told }));
    };
    const refused = async (...asked: Parameters<typeof admit>) => {
      try {
        await admit(...asked);
        return undefined;
      } catch (error) {
        return (error as Error).message.replace(/^.*? is forbidden: ValidatingAdmissionPolicy /, '');
      }
    };
    return { admit, refused, warnings, noted };
  }
  const rule = (expression: string, more: object = {}) => ({ validations: [{ expression, ...more }] });

  it('deny, warn or leave a trace, as their bindings say', async () => {
    const spec = rule("object.metadata.name != 'x'", {
      reason: 'Forbidden',
      messageExpression: "'no ' + object.metadata.name",
    });
    const { admit, warnings, noted } = await withPolicies({
      deny: { spec },
      tell: { spec, binding: { validationActions: ['Warn', 'Audit'] } },
    });
    await admit('y');
    const message =
      "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'deny' with binding 'deny' denied request: no x";
    await assert.rejects(admit('x'), {
      ...{ code: 403, reason: 'Forbidden', message },
      details: {
        name: 'x',
        kind: 'configmaps',
        causes: [{ message: message.slice('configmaps "x" is forbidden: '.length) }],
      },
    });
    assert.deepEqual(warnings, ["Validation failed for ValidatingAdmissionPolicy 'tell' with binding 'tell': no x"]);
    assert.deepEqual(JSON.parse(noted.get('validation.policy.admission.k8s.io/validation_failure') ?? ''), [
      { message: 'no x', policy: 'tell', binding: 'tell', expressionIndex: 0, validationActions: ['Warn', 'Audit'] },
    ]);
  });

  it('say why in their own words, or which expression failed', async () => {
    const text = async (validation: object, variables: object[] = []) => {
      const { refused } = await withPolicies({
        p: { spec: { variables, validations: [{ expression: 'false', ...validation }] } },
      });
      const told = await refused('x');
      await cluster?.close();
      return told?.replace("'p' with binding 'p' denied request: ", '');
    };
    assert.equal(await text({}), 'failed expression: false');
    assert.equal(await text({ message: 'told' }), 'told');
    assert.equal(await text({ message: 'told', messageExpression: "'a\\nb'" }), 'told');
    assert.equal(await text({ message: 'told', messageExpression: 'string(object.nope)' }), 'told');
    assert.equal(
      await text({ messageExpression: "'v ' + variables.v" }, [{ name: 'v', expression: 'object.metadata.name' }]),
      'v x',
    );
    assert.equal(
      await text({ expression: 'object.nope == 1' }),
      "expression 'object.nope == 1' resulted in error: no such key: nope",
    );
    cluster = undefined;
  });

  it('see the namespace, their parameters and what was computed before', async () => {
    const params = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } };
    const by = (paramRef: object) => ({ paramRef: { parameterNotFoundAction: 'Deny', ...paramRef } });
    const param = (name: string, max: string) =>
      ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default', labels: { p: 'y' } },
        data: { max },
      }) as never;
    const spec = {
      ...params,
      variables: [{ name: 'size', expression: 'has(object.data) ? object.data.size() : 0' }],
      ...rule('variables.size <= int(params.data.max)', { messageExpression: "'more than ' + params.data.max" }),
    };
    const { refused } = await withPolicies(
      {
        a: { spec, binding: by({ name: 'two' }) },
        b: { spec, binding: by({ selector: { matchLabels: { p: 'y' } } }) },
        c: { spec, binding: { paramRef: { name: 'none', parameterNotFoundAction: 'Allow' } } },
        d: { spec: rule("namespaceObject.metadata.labels.tier == 'gold'") },
      },
      [param('one', '1'), param('two', '2')],
    );
    assert.equal(await refused('x', { a: '1' }), undefined);
    assert.equal(await refused('x', { a: '1', b: '2' }), "'b' with binding 'b' denied request: more than 1");
    assert.equal(await refused('x', { a: '', b: '', c: '' }), "'a' with binding 'a' denied request: more than 2");
  });

  it('that are not whole deny, unless their failures are let pass', async () => {
    const unknown = { paramKind: { apiVersion: 'x.io/v1', kind: 'Odd' }, ...rule('true') };
    const missing = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...rule('true') };
    const paramRef = { name: 'none', parameterNotFoundAction: 'Deny' };
    for (const [policy, text] of [
      [
        { spec: unknown },
        "'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'x.io/v1, Kind=Odd'",
      ],
      [
        { spec: missing, binding: { paramRef } },
        "'p' with binding 'p' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
      ],
    ] as const) {
      const { refused } = await withPolicies({ p: policy });
      assert.equal(await refused('x'), text);
      await cluster?.close();
      const open = await withPolicies({ p: { ...policy, spec: { ...policy.spec, failurePolicy: 'Ignore' } } });
      assert.equal(await open.refused('x'), undefined);
      await cluster?.close();
    }
    cluster = undefined;
  });

  it('are about what their rules and their bindings match', async () => {
    const never = rule('false');
    const everything = { ...configMaps, resources: ['*'], apiGroups: ['*'] };
    const { refused } = await withPolicies({
      a: {
        spec: {
          ...never,
          matchConstraints: {
            resourceRules: [everything],
            excludeResourceRules: [
              { ...everything, resourceNames: ['spared'] },
              { ...configMaps, resources: ['secrets'] },
            ],
          },
          matchConditions: [{ name: 'c', expression: "object.metadata.name != 'condition'" }],
        },
        binding: { matchResources: { namespaceSelector: { matchLabels: { tier: 'gold' } } } },
      },
      b: { spec: never, binding: { matchResources: { objectSelector: { matchLabels: { none: 'y' } } } } },
    });
    assert.match((await refused('x')) ?? '', /^'a'/);
    assert.match((await refused('x', undefined, 'nodes')) ?? '', /^'a'/);
    for (const name of ['spared', 'condition']) assert.equal(await refused(name), undefined);
    assert.equal(await refused('x', undefined, 'secrets'), undefined);
    assert.equal(await refused('x', undefined, 'validatingadmissionpolicies'), undefined);
  });

  it('note what they are told to note', async () => {
    const annotation = (key: string, valueExpression: string) => ({ key, valueExpression });
    const auditAnnotations = [
      annotation('name', 'string(object.metadata.name)'),
      annotation('none', 'null'),
      annotation('fails', 'string(object.nope)'),
    ];
    const { refused, noted } = await withPolicies({ p: { spec: { auditAnnotations } } });
    assert.match((await refused('x')) ?? '', /no such key: nope$/);
    assert.deepEqual([noted.get('p/name'), noted.has('p/none')], ['x', false]);
  });
});
