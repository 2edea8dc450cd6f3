import type { FlagTable } from '@keelson/service';
import type { Controller } from './controller.js';

/** The flags that say how many keys each controller works on at once. */
export function concurrencyFlags(controllers: readonly Controller[]): FlagTable {
  const flags = controllers.flatMap(({ name, concurrency }) =>
    concurrency?.flag === undefined ? [] : [{ name, flag: concurrency.flag, workers: concurrency.workers }],
  );
  return Object.fromEntries(
    flags.map(({ name, flag, workers }) => {
      const description = `Objects that the ${name} controller works on at once`;
      return [flag, { type: 'number' as const, default: workers, description }];
    }),
  );
}
