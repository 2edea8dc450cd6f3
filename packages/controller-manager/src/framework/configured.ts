import type { Flags, FlagTable } from '@keelson/service';
import type { Concurrency, Controller } from './controller.js';

/** A controller that is made as flags of its own say. */
export interface ConfiguredController {
  readonly name: string;
  readonly concurrency?: Concurrency;
  readonly flags: FlagTable;
  /** What is wrong with its flags, naming the flag. */
  check(args: Readonly<Record<string, unknown>>): string | undefined;
  /** undefined: as things are it has nothing to do. */
  make(args: Readonly<Record<string, unknown>>): Controller | undefined;
}

export interface Configuration<F extends FlagTable> {
  readonly name: string;
  readonly concurrency?: Concurrency;
  readonly flags: F;
  check?(args: Flags<F>): string | undefined;
  make(args: Flags<F>): Controller | undefined;
}

export function configured<F extends FlagTable>(definition: Configuration<F>): ConfiguredController {
  return {
    ...definition,
    check: (args) => definition.check?.(args as Flags<F>),
    make: (args) => definition.make(args as Flags<F>),
  };
}

/** One that is always the same, or one that flags make. */
export type AnyController = Controller | ConfiguredController;

/** All flags of controllers: their own, and how many keys each works on at once. */
export function flagsOf(controllers: readonly AnyController[]): FlagTable {
  return Object.assign({}, ...controllers.map((it) => ('flags' in it ? it.flags : {})), concurrencyFlags(controllers));
}

/** What the flags of controllers are when nobody gives any. */
export function defaultsOf(controllers: readonly AnyController[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(flagsOf(controllers)).map(([name, flag]) => [name, flag.default]));
}

/** The first thing that is wrong with the flags of controllers. */
export function checkFlags(
  controllers: readonly AnyController[],
  args: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const flag of Object.keys(concurrencyFlags(controllers))) {
    if (!Number.isInteger(args[flag]) || Number(args[flag]) < 1)
      return `--${flag}: must be a whole number of at least 1`;
  }
  for (const it of controllers) {
    const problem = 'check' in it ? it.check(args) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function makeControllers(
  controllers: readonly AnyController[],
  args: Readonly<Record<string, unknown>>,
): Controller[] {
  return controllers.flatMap((it) => {
    const made = 'make' in it ? it.make(args) : it;
    return made === undefined ? [] : [made];
  });
}

function concurrencyFlags(controllers: readonly AnyController[]): FlagTable {
  const flags: FlagTable = {};
  for (const { name, concurrency } of controllers) {
    if (concurrency?.flag === undefined) continue;
    const description = `Objects that the ${name} controller works on at once`;
    flags[concurrency.flag] = { type: 'number', default: concurrency.workers, description };
  }
  return flags;
}
