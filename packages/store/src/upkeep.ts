import type { Clock, Logger, Timer } from '@keelson/service';
import { type StoreConfig, TUNING } from './config.js';
import type { Core } from './core.js';
import type { CorruptionMonitor } from './integrity/corruption-monitor.js';
import { AutoCompactor } from './mvcc/auto-compactor.js';
import { QuotaGuard } from './quota/quota-guard.js';
import { QuotaRules } from './quota/quota-rules.js';

/** Starts what a member does by itself from time to time. */
export function startUpkeep(
  config: StoreConfig,
  self: bigint,
  dependencies: {
    readonly core: Core;
    readonly monitor: CorruptionMonitor;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Timer[] {
  const { core, monitor, clock, logger } = dependencies;
  const { replica } = core;
  const quota = new QuotaGuard(
    { bytesMax: config.quotaBackendBytes, intervalMs: TUNING.quotaCheckMs },
    { replica, memberId: self, bytesInUse: () => core.backend.size().inUse, logger },
  );
  const rules = new QuotaRules(config.prefixQuotas, { replica, logger });
  const timers = [quota.start(clock), rules.start(clock, TUNING.quotaCheckMs), ...monitor.start()];
  const { autoCompaction } = config;
  if (autoCompaction) timers.push(new AutoCompactor(autoCompaction, { replica, clock, logger }).start());
  return timers;
}
