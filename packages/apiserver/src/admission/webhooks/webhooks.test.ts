import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { allKinds, KindRegistry, type KubeObject } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { admitted, written } from '../../../test/admission.js';
import { context, world } from '../../../test/world.js';
import { Admission } from '../admission.js';
import { openConnection } from '../connections.js';
import { HookCaller } from './caller.js';
import { HookStatusError } from './client.js';
import { Hooks } from './hook.js';
import type { HookMetrics, HookType } from './hook-metrics.js';
import { mutatingWebhooks } from './mutating.js';
import { validatingWebhooks } from './validating.js';

interface Review {
  readonly hook: string;
  readonly request: Record<string, never> & {
    readonly uid: string;
    readonly operation: string;
    readonly object: (KubeObject & { data?: object; spec?: object }) | null;
    readonly kind: { version: string; kind: string };
    readonly requestKind: { version: string };
  };
}
/** What a webhook says: fields of its response, or an error. */
type Says = (review: Review, nth: number) => object | Error;

const kinds = new KindRegistry(allKinds);
const GROUP = 'admissionregistration.k8s.io';
const OTHERS = {
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  timeoutSeconds: 5,
};
const rule = (resources: string[], more: object = {}) => ({
  ...{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources },
  ...more,
});
const patch = (...operations: object[]) => ({
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  patchType: 'JSONPatch',
});
const label = (name: string) => patch({ op: 'add', path: '/metadata/labels', value: { [name]: 'y' } });

describe('admission webhooks', () => {
  let cluster: Awaited<ReturnType<typeof world>> | undefined;
  afterEach(async () => {
    await cluster?.close();
    cluster = undefined;
  });

  /** Webhooks by name, mutating ones beginning with `m-`, each in a configuration of its own. */
  async function withHooks(says: Record<string, Says>, settings: Record<string, object> = {}) {
    cluster = await world();
    const { collection, make, cache } = cluster;
    const asked: Review[] = [];
    const count = new Map<string, number>();
    const client = {
      ask: async ({ url = '' }: { url?: string }, review: object) => {
        const hook = url.slice('https://hooks/'.length);
        const seen = { ...JSON.parse(JSON.stringify(review)), hook } as Review;
        asked.push(seen);
        const nth = count.get(hook) ?? 0;
        count.set(hook, nth + 1);
        const response = says[hook]!(seen, nth);
        if (response instanceof Error) throw response;
        const { uid } = seen.request;
        return {
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid, allowed: true, ...response },
        };
      },
    };
    const counted: unknown[] = [];
    const metrics: HookMetrics = {
      asked: ({ name, type }, { rejected, code }) => void counted.push([name, type, code, rejected]),
      rejected: ({ name }, type, code) => void counted.push([name, type, code]),
      failedOpen: ({ name, type }) => void counted.push([name, type, 'open']),
    };
    const parts = { client, authorizer: rights, random: seededRandom(1), clock: new ManualClock(), metrics };
    const dependencies = (type: HookType, plural: string) => ({
      hooks: new Hooks(collection(plural, GROUP), kinds),
      ...{ caller: new HookCaller(type, parts), kinds, namespaces: collection('namespaces') },
    });
    const admission = new Admission([
      mutatingWebhooks(dependencies('admit', 'mutatingwebhookconfigurations')),
      validatingWebhooks(dependencies('validating', 'validatingwebhookconfigurations')),
    ]);
    await make('namespaces', '', { metadata: { name: 'default', labels: { kind: 'plain' } } });
    for (const name of Object.keys(says)) {
      const plural = name.startsWith('m-') ? 'mutatingwebhookconfigurations' : 'validatingwebhookconfigurations';
      const webhook = {
        ...{ name: `${name}.example.com`, clientConfig: { url: `https://hooks/${name}` }, ...OTHERS },
        rules: [rule(['configmaps', 'horizontalpodautoscalers'])],
        ...settings[name],
      };
      await make(plural, GROUP, { metadata: { name }, webhooks: [webhook] });
    }
    await cache.fresh();
    const warnings: string[] = [];
    const noted = new Map<string, string>();
    const admit = async (
      object: object,
      more: { plural?: string; group?: string; version?: string; old?: object; dryRun?: boolean } = {},
    ) => {
      const { plural = 'configmaps', group = '', version } = more;
      const kind = allKinds.find(
        (it) => it.plural === plural && it.group === group && (version ?? it.version) === it.version,
      )!;
      const own = { apiVersion: group === '' ? kind.version : `${group}/${kind.version}`, kind: kind.kind };
      const { old, dryRun = false } = more;
      const told = {
        ...context,
        warn: (it: string) => void warnings.push(it),
        annotate: (key: string, value: string) => void noted.set(key, value),
      };
      const whole = await admitted(admission, written(kind, { ...own, ...object }, { old, dryRun, context: told }));
      return whole as KubeObject & { data?: object; spec: object };
    };
    return { admission, asked, admit, warnings, noted, counted };
  }
  const may = new Set<string>();
  const rights = {
    authorize: async ({ verb, resource, user }: { verb: string; resource: string; user: { user: string } }) => {
      await new Promise((resolve) => setImmediate(resolve));
      return { allowed: may.has(`${user.user} ${verb} ${resource}`), reason: '' };
    },
  };

  it('change an object one after another and see what those before made of it', async () => {
    const { asked, admit, noted } = await withHooks({
      'm-a': () => label('a'),
      'm-b': () => patch({ op: 'add', path: '/metadata/labels/b', value: 'y' }),
      'v-a': () => ({}),
    });
    const { metadata } = await admit({ data: { k: 'v' } });
    assert.deepEqual(metadata.labels, { a: 'y', b: 'y' });
    assert.deepEqual(
      asked.map(({ hook, request: { object } }) => [hook, object?.metadata.labels]),
      [
        ['m-a', undefined],
        ['m-b', { a: 'y' }],
        ['v-a', { a: 'y', b: 'y' }],
      ],
    );
    assert.equal(
      noted.get('mutation.webhook.admission.k8s.io/round_0_index_1'),
      '{"configuration":"m-b","webhook":"m-b.example.com","mutated":true}',
    );
  });

  it('are counted, with what came of them', async () => {
    const fails = () => new HookStatusError(418, 'teapot');
    const Ignore = { failurePolicy: 'Ignore' };
    const { admit, counted } = await withHooks(
      {
        'm-a': () => label('a'),
        'm-b': fails,
        'v-a': () => ({ allowed: false, status: { code: 700 } }),
        'v-b': () => new Error('gone'),
        'v-c': () => ({}),
      },
      { 'm-b': Ignore, 'v-b': Ignore },
    );
    await assert.rejects(admit({}));
    const name = (it: string) => `${it}.example.com`;
    const text = (it: unknown) => JSON.stringify(it);
    assert.deepEqual(counted.map(text).sort(), [
      ...[
        [name('m-a'), 'admit', 200, false],
        [name('m-b'), 'admit', 418, false],
        [name('m-b'), 'admit', 'open'],
        [name('v-a'), 'no_error', 600],
        [name('v-a'), 'validating', 600, true],
        [name('v-b'), 'validating', 503, false],
        [name('v-b'), 'validating', 'open'],
        [name('v-c'), 'validating', 200, false],
      ]
        .map(text)
        .sort(),
    ]);
  });

  it('are asked again, once, only where they want that and something changed after them', async () => {
    const IfNeeded = { reinvocationPolicy: 'IfNeeded' };
    const { asked, admit } = await withHooks(
      {
        'm-a': () => label('a'),
        'm-b': (_, nth) => (nth === 0 ? label('b') : {}),
        'm-c': () => ({}),
        'm-d': () => patch({ op: 'add', path: '/data', value: { d: 'y' } }),
        'm-e': () => ({}),
      },
      { 'm-b': IfNeeded, 'm-c': IfNeeded, 'm-e': IfNeeded },
    );
    const { metadata, data } = await admit({});
    assert.deepEqual([metadata.labels, data], [{ b: 'y' }, { d: 'y' }]);
    assert.deepEqual(
      asked.map(({ hook }) => hook),
      ['m-a', 'm-b', 'm-c', 'm-d', 'm-e', 'm-b', 'm-c'],
    );
  });

  it('see an object in the version that they ask for, and change it there', async () => {
    const { asked, admit } = await withHooks(
      {
        'm-a': () => patch({ op: 'replace', path: '/spec/targetCPUUtilizationPercentage', value: 77 }),
        'v-exact': () => ({}),
      },
      {
        'm-a': { rules: [rule(['horizontalpodautoscalers'], { apiGroups: ['autoscaling'], apiVersions: ['v1'] })] },
        'v-exact': {
          matchPolicy: 'Exact',
          rules: [rule(['horizontalpodautoscalers'], { apiGroups: ['autoscaling'], apiVersions: ['v1'] })],
        },
      },
    );
    const target = { type: 'Utilization', averageUtilization: 50 };
    const spec = {
      ...{ maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    };
    const of = { plural: 'horizontalpodautoscalers', group: 'autoscaling', version: 'v2' };
    const admitted = await admit({ spec }, of);
    assert.equal(admitted.apiVersion, 'autoscaling/v2');
    assert.deepEqual((admitted.spec as typeof spec).metrics[0]?.resource.target.averageUtilization, 77);
    assert.deepEqual(
      asked.map(({ hook, request: { kind, requestKind } }) => [hook, kind.version, requestKind.version]),
      [['m-a', 'v1', 'v2']],
    );
  });

  it('are asked where their selectors and conditions hold, and by whom it is', async () => {
    may.add('tester approve widgets');
    const { asked, admit } = await withHooks(
      { 'v-a': () => ({}), 'v-b': () => ({}), 'v-c': () => ({}), 'v-d': () => ({}), 'v-e': () => ({}) },
      {
        'v-a': { objectSelector: { matchLabels: { watch: 'me' } } },
        'v-b': { namespaceSelector: { matchLabels: { kind: 'other' } } },
        'v-c': { matchConditions: [{ name: 'named', expression: "object.metadata.name.startsWith('y')" }] },
        'v-d': {
          matchConditions: [
            { name: 'may', expression: "authorizer.group('').resource('widgets').check('approve').allowed()" },
            { name: 'not', expression: "!authorizer.group('').resource('widgets').check('deny').allowed()" },
          ],
        },
        'v-e': { rules: [rule(['configmaps'], { scope: 'Cluster' })] },
      },
    );
    const hooksOf = async (object: object, more = {}) => {
      asked.length = 0;
      await admit(object, more);
      return asked.map(({ hook }) => hook);
    };
    assert.deepEqual(await hooksOf({}), ['v-d']);
    assert.deepEqual(await hooksOf({ metadata: { name: 'y', namespace: 'default' } }), ['v-c', 'v-d']);
    may.clear();
    assert.deepEqual(await hooksOf({}), []);
    const marked = { metadata: { name: 'x', namespace: 'default', labels: { watch: 'me' } } };
    // Whoever takes its mark from an object is seen to do so.
    assert.deepEqual(await hooksOf({}, { old: marked }), ['v-a']);
  });

  it('of which one condition fails refuse, or are not asked', async () => {
    const matchConditions = [
      { name: 'fails', expression: "object.data.nope == 'y'" },
      { name: 'decides', expression: "object.metadata.name != 'spared'" },
    ];
    const { admit } = await withHooks(
      { 'v-a': () => ({ allowed: false }), 'v-b': () => ({ allowed: false }) },
      { 'v-a': { matchConditions }, 'v-b': { matchConditions, failurePolicy: 'Ignore' } },
    );
    await assert.rejects(admit({}), {
      code: 403,
      message:
        "configmaps \"x\" is forbidden: expression 'object.data.nope == 'y'' resulted in error: no such key: data",
    });
    await admit({ metadata: { name: 'spared', namespace: 'default' } });
  });

  it('refuse in their own words', async () => {
    const status = { message: 'no entry', reason: 'Odd', code: 418, details: { name: 'n' } };
    const cases: [object | undefined, object][] = [
      [
        undefined,
        {
          code: 400,
          reason: '',
          message: 'admission webhook "v-a.example.com" denied the request without explanation',
        },
      ],
      [
        { reason: 'Odd' },
        { code: 400, reason: 'Odd', message: 'admission webhook "v-a.example.com" denied the request: Odd' },
      ],
      [
        { message: 'x', code: 200 },
        { code: 400, reason: '' },
      ],
      [
        status,
        {
          code: 418,
          reason: 'Odd',
          details: { name: 'n' },
          message: 'admission webhook "v-a.example.com" denied the request: no entry',
        },
      ],
    ];
    let said: object | undefined;
    const { admit, warnings } = await withHooks({
      'v-a': () => ({ allowed: false, status: said, warnings: ['told', '', 'line\nbreak'] }),
      'v-b': () => ({ warnings: ['both'] }),
    });
    for (const [given, error] of cases) {
      said = given;
      await assert.rejects(admit({}), error);
    }
    assert.deepEqual([...new Set(warnings)].sort(), ['both', 'told']);
  });

  it('that fail refuse or are passed over, as they are told to', async () => {
    const down = () => new Error('Post "https://hooks/x": nobody there');
    const Ignore = { failurePolicy: 'Ignore' };
    const failing: [string, Says, RegExp][] = [
      [
        'down',
        down,
        /failed calling webhook "(m|v)-a.example.com": failed to call webhook: Post "https:\/\/hooks\/x": nobody there$/,
      ],
      [
        'late',
        () => ({ uid: 'other' }),
        /received invalid webhook response: expected response.uid="[-0-9a-f]{36}", got "other"$/,
      ],
    ];
    for (const [, says, text] of failing)
      for (const name of ['m-a', 'v-a']) {
        const { admit } = await withHooks({ [name]: says });
        await assert.rejects(admit({}), (error: Error & { code: number }) => {
          assert.equal(error.code, 500);
          assert.match(error.message, text);
          return true;
        });
        await cluster?.close();
        const ignored = await withHooks({ [name]: says }, { [name]: Ignore });
        await ignored.admit({});
        const key = `failed-open.${name === 'm-a' ? 'mutation' : 'validating'}.webhook.admission.k8s.io/round_0_index_0`;
        assert.equal(ignored.noted.get(key), `${name}.example.com`);
        await cluster?.close();
        cluster = undefined;
      }
  });

  for (const [says, text] of [
    [
      patch({ op: 'remove', path: '/data/none' }),
      /Internal error occurred: error in remove for path: '\/data\/none': /,
    ],
    [
      { patch: 'eyJhIjoxfQ==', patchType: 'JSONPatch' },
      /undecodable patch in webhook response: json: cannot unmarshal object/,
    ],
    [{ patch: 'W10=' }, /response.patch but not response.patchType$/],
    [{ patchType: 'JSONPatch' }, /response.patchType but not response.patch$/],
    [
      patch({ op: 'add', path: '/data', value: { n: 5 } }),
      /cannot unmarshal number into Go struct field ConfigMap.data of type string$/,
    ],
  ] as const) {
    it(`that send ${JSON.stringify(says)} fail`, async () => {
      const { admit } = await withHooks({ 'm-a': () => says });
      await assert.rejects(admit({ data: { a: '1' } }), text);
    });
  }

  it('are told of a dry run', async () => {
    const { admit, asked } = await withHooks({ 'v-a': () => ({}) });
    await admit({}, { dryRun: true });
    assert.deepEqual(
      asked.map(({ request: it }) => (it as { dryRun?: boolean }).dryRun),
      [true],
    );
  });

  it('see connections and what is deleted, but no configuration of their own', async () => {
    const every = { rules: [rule(['*/*'], { operations: ['*'] })] };
    const { admission, asked, admit } = await withHooks(
      { 'm-a': () => label('a'), 'v-a': () => ({}) },
      { 'm-a': every, 'v-a': every },
    );
    await admit({ webhooks: [] }, { plural: 'validatingwebhookconfigurations', group: GROUP });
    assert.equal(asked.length, 0);
    const kind = allKinds.find((it) => it.kind === 'ConfigMap')!;
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'default' } } as KubeObject;
    const gone = {
      kind,
      namespace: 'default',
      object,
      old: object,
      subresource: '',
      context,
      dryRun: false,
      write: {},
    };
    const deleted = { ...gone, operation: 'DELETE', options: { gracePeriodSeconds: 5 } } as const;
    await assert.rejects(
      admission.mutate(deleted),
      /attempted to modify the object, which is not supported for this operation/,
    );
    await admission.validate(deleted);
    const { object: shown, oldObject, options } = asked.at(-1)!.request as unknown as Record<string, object | null>;
    assert.deepEqual([shown, oldObject], [null, object]);
    assert.deepEqual(options, { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', gracePeriodSeconds: 5 });
  });

  it('see what is opened, though that is no object', async () => {
    const every = { rules: [rule(['pods/*'], { operations: ['CONNECT'] })] };
    const says = { 'm-a': () => ({}), 'v-a': () => ({ allowed: false }), 'v-b': () => ({}) };
    const labelled = { ...every, objectSelector: { matchLabels: { a: 'b' } } };
    const { admission, asked } = await withHooks(says, { 'm-a': every, 'v-a': every, 'v-b': labelled });
    const path = { group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'p', subresource: 'exec' };
    const open = openConnection(admission, [allKinds.find((it) => it.kind === 'Pod')!]);
    await assert.rejects(open(path, { command: ['ls'] }, context), /"v-a.example.com" denied the request/);
    const { object, name, subResource, options } = asked[0]!.request as unknown as Record<string, unknown>;
    assert.deepEqual([name, subResource, options], ['p', 'exec', null]);
    assert.deepEqual(object, { kind: 'PodExecOptions', apiVersion: 'v1', command: ['ls'] });
    assert.deepEqual(
      asked.map(({ hook }) => hook),
      ['m-a', 'v-a'],
    );
  });
});
