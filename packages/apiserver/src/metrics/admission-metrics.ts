import { type Clock, Counter, Histogram, type Registry } from '@keelson/service';
import type { AdmissionMetrics } from '../admission/admission.js';
import type { HookMetrics } from '../admission/webhooks/hook-metrics.js';
import { TalliedHistogram } from './tallied-histogram.js';

/** Upstream's bounds. */
const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

/** How long the two steps of admission and the plugins in them take, under upstream's names. */
export function admissionMetrics(registry: Registry, { clock }: { clock: Clock }): AdmissionMetrics {
  const seconds = new Histogram({
    name: 'apiserver_admission_step_admission_duration_seconds',
    help: 'Times of the steps of admission, of all plugins together',
    labelNames: ['operation', 'rejected', 'type'],
    buckets: SECONDS,
    registers: [registry],
  });
  const ofPlugins = new TalliedHistogram({
    name: 'apiserver_admission_controller_admission_duration_seconds',
    help: 'Times of the plugins of admission, each by itself',
    labelNames: ['name', 'operation', 'rejected', 'type'],
    buckets: SECONDS,
    registers: [registry],
  });
  return {
    now: () => clock.monotonic(),
    plugin(name, type) {
      const known = { true: new Map<string, (seconds: number) => void>(), false: new Map() } as const;
      return (operation, isRejected, ms) => {
        const rejected = isRejected ? 'true' : 'false';
        let observe = known[rejected].get(operation);
        if (observe === undefined) {
          observe = ofPlugins.tally({ name, operation, rejected, type });
          known[rejected].set(operation, observe);
        }
        observe(ms / 1000);
      };
    },
    async step(type, operation, run) {
      const startedAt = clock.monotonic();
      let rejected = 'true';
      try {
        await run();
        rejected = 'false';
      } finally {
        seconds.observe({ operation, rejected, type }, (clock.monotonic() - startedAt) / 1000);
      }
    },
  };
}

/** What webhooks are asked and say, under upstream's names. */
export function hookMetrics(registry: Registry): HookMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `apiserver_admission_${name}`, help, labelNames, registers });
  const seconds = new Histogram({
    name: 'apiserver_admission_webhook_admission_duration_seconds',
    help: 'How long webhooks took, each by itself',
    labelNames: ['name', 'type', 'operation', 'rejected'],
    buckets: [...SECONDS, 10, 25],
    registers,
  });
  const asked = counter('webhook_request_total', 'Times that webhooks were asked, and what came of it', [
    ...['name', 'type', 'operation', 'code', 'rejected'],
  ]);
  const refused = counter('webhook_rejection_count', 'Requests that were refused because of a webhook', [
    ...['name', 'type', 'operation', 'error_type', 'rejection_code'],
  ]);
  const open = counter('webhook_fail_open_count', 'Failures of webhooks that are passed over', ['name', 'type']);
  return {
    asked({ name, type, operation }, { rejected, code, seconds: took }) {
      const labels = { name, type, operation, rejected: String(rejected) };
      seconds.observe(labels, took);
      asked.inc({ ...labels, code: String(code) });
    },
    rejected({ name, type, operation }, errorType, code) {
      refused.inc({ name, type, operation, error_type: errorType, rejection_code: String(code) });
    },
    failedOpen({ name, type }) {
      open.inc({ name, type });
    },
  };
}
