import { Counter, Histogram, type Registry } from '@keelson/service';
import type { ConversionMetrics } from '../custom-resources/conversion-webhook.js';

/** Upstream's bounds. */
const WEBHOOK_SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60];
const DEFINITION_SECONDS = Array.from({ length: 15 }, (_, at) => 0.001 * 2 ** at);

/** What webhooks are asked that convert custom resources, under upstream's names. */
export function conversionMetrics(registry: Registry): ConversionMetrics {
  const registers = [registry];
  const outcome = ['result', 'failure_type'];
  const asked = new Counter({
    name: 'apiserver_conversion_webhook_request_total',
    help: 'Times that conversion webhooks were asked, and what came of it',
    labelNames: outcome,
    registers,
  });
  const took = new Histogram({
    name: 'apiserver_conversion_webhook_duration_seconds',
    help: 'How long conversion webhooks took',
    labelNames: outcome,
    buckets: WEBHOOK_SECONDS,
    registers,
  });
  const ofDefinitions = new Histogram({
    name: 'apiserver_crd_conversion_webhook_duration_seconds',
    help: 'How long conversions by webhooks took, by definition and versions',
    labelNames: ['crd_name', 'from_version', 'to_version', 'succeeded'],
    buckets: DEFINITION_SECONDS,
    registers,
  });
  return {
    asked({ definition, from, to, failure = '', seconds }) {
      const labels = { result: failure === '' ? 'success' : 'failure', failure_type: failure };
      asked.inc(labels);
      took.observe(labels, seconds);
      const succeeded = String(failure === '');
      ofDefinitions.observe({ crd_name: definition, from_version: from, to_version: to, succeeded }, seconds);
    },
  };
}
