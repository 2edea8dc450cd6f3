import type { MutatingWebhookConfiguration } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { ageColumn, nameColumn } from '../columns.js';
import { ADMISSION_GROUP, defaultWebhook, validateWebhooks } from './webhook-rules.js';

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'create',
  plainFinalizers: true,
  strategy: { allowUnconditionalUpdate: false },
  generation: ['webhooks'],
  emptyIsChange: true,
  columns: [nameColumn(), { name: 'Webhooks', type: 'integer', value: (it) => it.webhooks?.length ?? 0 }, ageColumn()],
  defaults(it) {
    for (const webhook of it.webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: (it, old) => validateWebhooks(it.webhooks, old?.webhooks),
});
