import { apiErrors, type DeviceClass, type Pod, quotaEvaluators } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { ObjectCollection } from '../../registry/collection.js';
import type { AdmissionPlugin } from '../admission.js';
import type { ResourceQuotaConfiguration } from './configuration.js';
import { QuotaLedger } from './ledger.js';

const TIMEOUT_MS = 10_000;

/** Nothing is stored that its namespace's quotas have no room for. What goes is given back by who sums up. */
export function resourceQuota(
  dependencies: {
    clock: Clock;
    quotas: ObjectCollection;
    pods: ObjectCollection;
    deviceClasses: ObjectCollection;
  },
  { limitedResources = [] }: ResourceQuotaConfiguration = {},
): AdmissionPlugin {
  const { clock, quotas, pods, deviceClasses } = dependencies;
  const ledger = new QuotaLedger({ quotas, clock }, limitedResources);
  const evaluatorOf = quotaEvaluators({
    now: () => clock.now(),
    extendedResourceOf: (name) => (deviceClasses.cache.get(name)?.object as DeviceClass)?.spec?.extendedResourceName,
    pod: (namespace, name) => pods.cache.get(`${namespace}/${name}`)?.object as Pod | undefined,
  });
  return {
    name: 'ResourceQuota',
    async validate(attributes) {
      const { operation, kind } = attributes;
      if (operation === 'DELETE' || kind.scope !== 'Namespaced') return;
      const evaluator = evaluatorOf(kind);
      if (evaluator?.handles(attributes) !== true) return;
      await within(clock, ledger.charge(attributes, evaluator));
    },
  };
}

async function within(clock: Clock, charging: Promise<void>): Promise<void> {
  let timer: ReturnType<Clock['after']> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const refuse = () => reject(apiErrors.internalError('resource quota evaluation timed out'));
    timer = clock.after(TIMEOUT_MS, refuse);
  });
  try {
    await Promise.race([charging, late]);
  } finally {
    timer?.cancel();
  }
}
