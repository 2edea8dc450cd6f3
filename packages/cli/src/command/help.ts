import { tabulate } from '../print/tabwriter.js';
import type { Command, CommandGroup } from './command.js';
import type { Flag, FlagTable } from './flags.js';
import { globalFlags } from './global-flags.js';

const GROUPS: Readonly<Record<CommandGroup, string>> = {
  Basic: 'Basic commands',
  Deploy: 'Deploy commands',
  Cluster: 'Cluster management commands',
  Troubleshooting: 'Troubleshooting and debugging commands',
  Advanced: 'Advanced commands',
  Settings: 'Settings commands',
  Other: 'Other commands',
};

/** What `keelctl` says when it is asked nothing. */
export function overview(commands: readonly Command[]): string {
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const own = commands.filter((command) => command.group === group && command.hidden !== true);
    return own.length === 0 ? '' : `${title}:\n${summaries(own)}`;
  });
  const shown = sections.filter((section) => section !== '').join('\n');
  const flags = flagLines(globalFlags);
  return `keelctl controls a Keelson cluster over gRPC.\n\n${shown}\nFlags of every command:\n${flags}\nUse "keelctl <command> --help" for more about a command.\n`;
}

function summaries(commands: readonly Command[]): string {
  return tabulate(commands.map(({ name, summary }) => [`  ${name}`, summary]));
}

/** `path` is the command with those above it, such as `rollout status`. */
export function commandHelp(path: string, command: Command): string {
  const { summary, usage, examples = [], subcommands = [] } = command;
  const parts = [`${summary}.\n`];
  if (examples.length > 0) parts.push(`Examples:\n${examples.map((line) => `  keelctl ${line}\n`).join('')}`);
  if (subcommands.length > 0) parts.push(`Commands:\n${summaries(subcommands)}`);
  if (Object.keys(command.flags).length > 0) parts.push(`Flags:\n${flagLines(command.flags)}`);
  const words = subcommands.length > 0 ? 'COMMAND' : (usage ?? '');
  parts.push(`Usage:\n  keelctl ${[path, words].filter((it) => it !== '').join(' ')} [flags]\n`);
  return parts.join('\n');
}

function flagLines(table: FlagTable): string {
  return tabulate(
    Object.entries(table).map(([name, flag]) => [
      `  ${flag.short === undefined ? '   ' : `-${flag.short},`} --${name}${valueText(flag)}`,
      flag.description + choicesText(flag) + defaultText(flag),
    ]),
  );
}

function valueText(flag: Flag): string {
  if (flag.type === 'boolean') return '';
  const value = flag.value ?? { string: 'VALUE', integer: 'N', duration: 'TIME', list: 'VALUE,…' }[flag.type];
  return flag.type === 'string' && flag.bare !== undefined ? `[=${value}]` : ` ${value}`;
}

function choicesText(flag: Flag): string {
  return flag.type === 'string' && flag.choices !== undefined ? `: ${flag.choices.join(', ')}` : '';
}

function defaultText(flag: Flag): string {
  if (flag.type === 'list' || flag.default === undefined || flag.default === false || flag.default === '') return '';
  const value = flag.type === 'duration' ? `${(flag.default as number) / 1000}s` : flag.default;
  return ` (default ${value})`;
}
