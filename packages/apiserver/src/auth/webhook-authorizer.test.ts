import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { JsonReply } from '../webhooks/json-endpoint.js';
import { type AuthorizationAttributes, anyOf } from './authorizer.js';
import { compileMatchConditions } from './match-conditions.js';
import { WebhookAuthorizer, type WebhookAuthorizerOptions } from './webhook-authorizer.js';

const ATTRIBUTES: AuthorizationAttributes = {
  user: { user: 'ann', groups: ['devs'], uid: '7', extra: { a: ['b'] } },
  ...{ verb: 'list', group: 'apps', version: 'v1', resource: 'deployments', subresource: '', namespace: 'n', name: '' },
  fieldSelector: [{ key: 'metadata.name', operator: 'In', values: ['x'] }],
};

function webhook(answer: () => JsonReply, more: Partial<WebhookAuthorizerOptions> = {}) {
  const asked: object[] = [];
  const clock = new ManualClock(0);
  const endpoint = {
    ask: async (body?: object) => {
      asked.push(body ?? {});
      return answer();
    },
  };
  const options = {
    ...{ name: 'w', authorizedTtlMs: 1000, unauthorizedTtlMs: 100, failurePolicy: 'NoOpinion', version: 'v1' },
    ...more,
  } as WebhookAuthorizerOptions;
  return { asked, clock, authorizer: new WebhookAuthorizer(options, { endpoint, clock, logger: silentLogger }) };
}
const says = (status: object): JsonReply => ({ status: 200, body: { status } });

test('it is asked in full, and what it allows is remembered for a while', async () => {
  const { asked, clock, authorizer } = webhook(() => says({ allowed: true, reason: 'so' }));
  assert.deepEqual(await authorizer.authorize(ATTRIBUTES), { allowed: true, reason: 'so' });
  assert.deepEqual(asked, [
    {
      ...{
        kind: 'SubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        metadata: {},
        status: { allowed: false },
      },
      spec: {
        resourceAttributes: {
          ...{ namespace: 'n', verb: 'list', group: 'apps', version: 'v1', resource: 'deployments' },
          fieldSelector: { requirements: [{ key: 'metadata.name', operator: 'In', values: ['x'] }] },
        },
        ...{ user: 'ann', groups: ['devs'], extra: { a: ['b'] }, uid: '7' },
      },
    },
  ]);
  clock.advance(999);
  await authorizer.authorize(ATTRIBUTES);
  assert.equal(asked.length, 1);
  clock.advance(1);
  await authorizer.authorize(ATTRIBUTES);
  assert.equal(asked.length, 2);
});

test('a denial ends the asking; no opinion does not', async () => {
  const last = { authorize: () => ({ allowed: true, reason: 'last' }) };
  const denies = webhook(() => says({ denied: true, reason: 'no' })).authorizer;
  assert.deepEqual(await anyOf([denies, last]).authorize(ATTRIBUTES), { allowed: false, denied: true, reason: 'no' });
  const shrugs = webhook(() => says({ allowed: false })).authorizer;
  assert.equal((await anyOf([shrugs, last]).authorize(ATTRIBUTES)).allowed, true);
});

test('no answer is what the policy says, and is not remembered', async () => {
  const fails = () => ({ status: 500, body: {} });
  const open = webhook(fails);
  const decision = await open.authorizer.authorize(ATTRIBUTES);
  assert.equal(decision.denied, undefined);
  assert.match(decision.evaluationError ?? '', /answered with 500/);
  await open.authorizer.authorize(ATTRIBUTES);
  assert.equal(open.asked.length, 2);
  const closed = webhook(fails, { failurePolicy: 'Deny' });
  assert.equal((await closed.authorizer.authorize(ATTRIBUTES)).denied, true);
  const both = webhook(() => says({ allowed: true, denied: true }));
  assert.equal((await both.authorizer.authorize(ATTRIBUTES)).allowed, false);
});

test('conditions decide about what it is asked', async () => {
  const about = (...expressions: string[]) => ({ matches: compileMatchConditions(expressions) });
  const asked = async (more: Partial<WebhookAuthorizerOptions>) => {
    const it = webhook(() => says({ allowed: true }), more);
    const decision = await it.authorizer.authorize(ATTRIBUTES);
    return [it.asked.length, decision.allowed, decision.denied ?? false];
  };
  assert.deepEqual(await asked(about("request.resourceAttributes.namespace == 'n'", "'devs' in request.groups")), [
    ...[1, true, false],
  ]);
  assert.deepEqual(await asked(about('has(request.nonResourceAttributes)')), [0, false, false]);
  // What is not known is a failure, unless another condition does not hold.
  const unknown = "request.extra['none'][0] == 'x'";
  assert.deepEqual(await asked({ ...about(unknown), failurePolicy: 'Deny' }), [0, false, true]);
  assert.deepEqual(await asked({ ...about(unknown), failurePolicy: 'NoOpinion' }), [0, false, false]);
  assert.deepEqual(await asked({ ...about(unknown, 'false'), failurePolicy: 'Deny' }), [0, false, false]);
});

test('questions as long as a caller likes are not remembered', async () => {
  const { asked, authorizer } = webhook(() => says({ allowed: true }));
  for (let i = 0; i < 2; i += 1) await authorizer.authorize({ ...ATTRIBUTES, name: 'x'.repeat(20_000) });
  assert.equal(asked.length, 2);
});
