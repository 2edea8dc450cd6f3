/** What the server relies on, whatever else is configured: nobody may change it. */
import { bootstrapObjects } from '../../bootstrap.js';
import type { FlowSchemaSpec, PriorityLevelConfigurationSpec } from '../../gen/types.js';

const FIXED = new Set(['exempt', 'catch-all']);

/** Specs of the mandatory priority levels, by name. */
export const fixedLevels = once(() => fixed<PriorityLevelConfigurationSpec>('priorityLevelConfigurations'));

/** Specs of the mandatory flow schemas, by name. */
export const fixedSchemas = once(() => fixed<FlowSchemaSpec>('flowSchemas'));

function fixed<S>(list: string): Readonly<Record<string, S>> {
  const all = (bootstrapObjects()[list] ?? []) as readonly { name: string; spec: S }[];
  return Object.fromEntries(all.filter(({ name }) => FIXED.has(name)).map(({ name, spec }) => [name, spec]));
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
