#!/usr/bin/env node
import {
  createLogger,
  createMetrics,
  Lifecycle,
  type LogLevel,
  parseFlags,
  systemClock,
  systemRandom,
} from '@keelson/service';
import { checkFlags, storeFlags, toConfig } from './flags.js';
import { Store } from './store.js';

// Whoever reads a member's files reads everything.
process.umask(0o077);
const flags = parseFlags('keelson-store', storeFlags, checkFlags);
const clock = systemClock();
const logger = createLogger('store', { level: flags['log-level'] as LogLevel, instance: flags.name });
const lifecycle = new Lifecycle({}, { clock, logger });

await lifecycle.run(async () => {
  const store = new Store(toConfig(flags, clock.now()), {
    clock,
    logger,
    random: systemRandom(),
    metrics: createMetrics(),
    onFailure: (error) => lifecycle.fail(error),
  });
  lifecycle.onStop('store', () => store.close());
  await store.open();
  await store.ready();
  logger.info({ clientUrls: flags['listen-client-urls'] }, 'ready to serve client requests');
});
