import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, type KubeObject } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { context } from '../../../test/world.js';
import type { JsonReply } from '../../webhooks/json-endpoint.js';
import { imagePolicyWebhook } from './image-policy.js';

const kind = allKinds.find((it) => it.kind === 'Pod')!;
const containers = [{ name: 'c', image: 'a:1' }];

function webhook(answer: () => JsonReply | Error, defaultAllow = false) {
  const asked: { spec: object; apiVersion: string }[] = [];
  const clock = new ManualClock(0);
  const ask = async (body?: object) => {
    asked.push(body as (typeof asked)[0]);
    const reply = answer();
    if (reply instanceof Error) throw reply;
    return reply;
  };
  const policy = { target: { url: 'https://x' }, firstPauseMs: 1, allowedTtlMs: 1_000, deniedTtlMs: 100, defaultAllow };
  const plugin = imagePolicyWebhook(policy, { clock, random: seededRandom(1), ask });
  const annotations = new Map<string, string>();
  const admit = async (
    spec: object,
    more: { subresource?: string; operation?: 'CREATE' | 'UPDATE'; noted?: object } = {},
  ) => {
    const object = { metadata: { name: 'p', namespace: 'n', annotations: more.noted }, spec } as unknown as KubeObject;
    await plugin.validate?.({
      ...{ operation: more.operation ?? 'CREATE', kind, namespace: 'n', object, old: undefined },
      ...{ subresource: more.subresource ?? '', dryRun: false, write: {} },
      context: { ...context, annotate: (key, value) => void annotations.set(key, value) },
    });
    return object;
  };
  return { asked, clock, admit, annotations };
}
const says = (status: object): JsonReply => ({ status: 200, body: { kind: 'ImageReview', status } });

test('it is shown the images and what is noted for it, and what it says holds for a while', async () => {
  const { asked, clock, admit, annotations } = webhook(() => says({ allowed: true, auditAnnotations: { by: 'x' } }));
  const noted = { 'a.image-policy.k8s.io/break-glass': 'yes', other: 'no' };
  const pod = {
    containers,
    initContainers: [{ name: 'i', image: 'b:2' }],
    ephemeralContainers: [{ name: 'e', image: 'c' }],
  };
  await admit(pod, { noted });
  assert.deepEqual(asked, [
    {
      ...{ kind: 'ImageReview', apiVersion: 'imagepolicy.k8s.io/v1alpha1', metadata: {}, status: { allowed: false } },
      spec: {
        containers: [{ image: 'a:1' }, { image: 'b:2' }],
        annotations: { 'a.image-policy.k8s.io/break-glass': 'yes' },
        namespace: 'n',
      },
    },
  ]);
  assert.equal(annotations.get('imagepolicywebhook.image-policy.k8s.io/by'), 'x');
  clock.advance(999);
  await admit(pod, { noted, operation: 'UPDATE' });
  assert.equal(asked.length, 1);
  clock.advance(1);
  await admit(pod, { noted });
  assert.equal(asked.length, 2);
  await admit(pod, { subresource: 'ephemeralcontainers', operation: 'UPDATE' });
  assert.deepEqual(asked[2]?.spec, { containers: [{ image: 'c' }], namespace: 'n' });
  for (const subresource of ['status', 'binding', 'resize']) await admit(pod, { subresource });
  assert.equal(asked.length, 3);
});

test('what it denies is refused with its reason', async () => {
  let reason = 'too old';
  const { asked, clock, admit } = webhook(() => says({ allowed: false, reason }));
  const text = 'pods "p" is forbidden: image policy webhook backend denied one or more images: too old';
  await assert.rejects(admit({ containers }), { code: 403, message: text });
  reason = '';
  await assert.rejects(admit({ containers }), { message: text });
  clock.advance(100);
  await assert.rejects(admit({ containers }), /: one or more images rejected by webhook backend$/);
  assert.equal(asked.length, 2);
});

for (const [what, answer, why] of [
  ['fails', () => ({ status: 503, body: {} }), /Error contacting webhook: 503/],
  ['cannot be reached', () => new Error('nobody there'), /nobody there/],
  ['answers with something else', () => ({ status: 200, body: { kind: 'Status' } }), /answered with a Status/],
] as const) {
  test(`a webhook that ${what} lets pass only what it is told to`, async () => {
    await assert.rejects(webhook(answer).admit({ containers }), why);
    const { admit, annotations } = webhook(answer, true);
    const { metadata } = await admit({ containers }, { noted: { own: '1' } });
    assert.deepEqual(metadata.annotations, { own: '1', 'alpha.image-policy.k8s.io/failed-open': 'true' });
    assert.equal(annotations.get('imagepolicywebhook.image-policy.k8s.io/failed-open'), 'true');
  });
}
