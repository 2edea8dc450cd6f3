import { type Clock, Histogram, type Registry } from '@keelson/service';
import type { AdmissionMetrics } from '../admission/admission.js';

/** Upstream's bounds. */
const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

/** How long the two steps of admission take, under upstream's name. */
export function admissionMetrics(registry: Registry, { clock }: { clock: Clock }): AdmissionMetrics {
  const seconds = new Histogram({
    name: 'apiserver_admission_step_admission_duration_seconds',
    help: 'Times of the steps of admission, of all plugins together',
    labelNames: ['operation', 'rejected', 'type'],
    buckets: SECONDS,
    registers: [registry],
  });
  return {
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
