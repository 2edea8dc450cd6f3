import type { Context } from './context.js';
import type { FlagTable, ParsedArguments } from './flags.js';
import type { globalFlags } from './global-flags.js';

export type Invocation<T extends FlagTable> = ParsedArguments<T & typeof globalFlags>;

/** What a command's words may be, for shell completion. */
export type Completion = 'resources' | 'pods' | 'nodes' | 'contexts' | 'types';

/** One verb of keelctl, as data; `run` does the work. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** What follows the command's name, such as `(TYPE NAME | TYPE/NAME)`. */
  readonly usage?: string;
  readonly examples?: readonly string[];
  readonly flags: FlagTable;
  readonly complete?: Completion;
  readonly group: CommandGroup;
  readonly hidden?: boolean;
  readonly subcommands?: readonly Command[];
  /** Resolves to the exit code; nothing is 0. */
  run?(context: Context, invocation: Invocation<FlagTable>): Promise<number | undefined>;
}

export type CommandGroup = 'Basic' | 'Deploy' | 'Cluster' | 'Troubleshooting' | 'Advanced' | 'Settings' | 'Other';

export interface CommandDefinition<T extends FlagTable> extends Omit<Command, 'flags' | 'run' | 'group'> {
  readonly group?: CommandGroup;
  readonly flags?: T;
  run?(context: Context, invocation: Invocation<T>): Promise<number | undefined> | Promise<void>;
}

/** Types a command's `run` by its own table of flags. */
export function defineCommand<const T extends FlagTable = Record<never, never>>(
  definition: CommandDefinition<T>,
): Command {
  return { group: 'Other', ...definition, flags: definition.flags ?? {} } as unknown as Command;
}
