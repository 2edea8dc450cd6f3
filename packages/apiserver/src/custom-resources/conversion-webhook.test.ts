import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@keelson/api';
import { Registry, seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { conversionMetrics } from '../metrics/conversion-metrics.js';
import { conversionWebhook } from './conversion-webhook.js';

test('what a webhook is asked is counted, with what went wrong', async () => {
  const clock = new ManualClock();
  const registry = new Registry();
  let says: (review: { request: { uid: string; objects: object[] } }) => object | Error = () => new Error('gone');
  const ask = async (_config: object, review: object) => {
    const answer = says(review as Parameters<typeof says>[0]);
    if (answer instanceof Error) throw answer;
    return { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: answer };
  };
  const convert = conversionWebhook({
    ...{ hookClient: { ask } as never, random: seededRandom(1), signal: new AbortController().signal, clock },
    metrics: conversionMetrics(registry),
  });
  const definition = {
    metadata: { name: 'boxes.example.com' },
    spec: { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } } },
  } as CustomResourceDefinition;
  const box = { apiVersion: 'example.com/v1', kind: 'Box', metadata: { name: 'a' } };
  const result = { status: 'Success' };
  const answers: [string, typeof says][] = [
    ['call', () => new Error('gone')],
    ['malformed_response', ({ request: { uid } }) => ({ uid: `${uid}x`, result })],
    ['partial_response', ({ request: { uid } }) => ({ uid, result, convertedObjects: [] })],
    ['invalid_converted_object', ({ request: { uid, objects } }) => ({ uid, result, convertedObjects: objects })],
  ];
  for (const [, answer] of answers) {
    says = answer;
    await assert.rejects(convert(definition, [box], 'example.com/v2'));
  }
  says = ({ request: { uid, objects } }) => ({
    ...{ uid, result, convertedObjects: objects.map((it) => ({ ...it, apiVersion: 'example.com/v2' })) },
  });
  await convert(definition, [box], 'example.com/v2');
  const text = await registry.metrics();
  for (const [failure] of answers)
    assert.match(
      text,
      new RegExp(`request_total\\{result="failure",failure_type="conversion_webhook_${failure}_failure"\\} 1`),
    );
  assert.match(text, /apiserver_conversion_webhook_request_total\{result="success",failure_type=""\} 1/);
  const of = 'crd_name="boxes.example.com",from_version="v1",to_version="v2"';
  assert.match(text, new RegExp(`crd_conversion_webhook_duration_seconds_count\\{${of},succeeded="true"\\} 1`));
  assert.match(text, new RegExp(`crd_conversion_webhook_duration_seconds_count\\{${of},succeeded="false"\\} 4`));
});
