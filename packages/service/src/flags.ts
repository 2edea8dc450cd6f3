import yargs, { type InferredOptionTypes, type Options } from 'yargs';
import { LOG_LEVELS } from './logger.js';

export type FlagTable = Record<string, Options>;
export type Flags<T extends FlagTable> = InferredOptionTypes<T>;

/** Flags that every process has. */
export const commonFlags = {
  'log-level': {
    type: 'string',
    choices: LOG_LEVELS,
    default: 'info',
    description: 'Least severe level that is logged',
  },
} as const satisfies FlagTable;

/**
 * Parses a process' command line. Ends the process with code 2 and one line that names the flag when it is wrong;
 * `check` returns such a line for rules that span flags.
 */
export function parseFlags<T extends FlagTable>(
  program: string,
  table: T,
  check: (flags: Flags<T>) => string | undefined = () => undefined,
  argv: readonly string[] = process.argv.slice(2),
): Flags<T> {
  const refuse = (message: string): never => {
    process.stderr.write(`error: ${message.replaceAll('\n', ' ')}\nRun '${program} --help' for its flags.\n`);
    process.exit(2);
  };
  const parser = yargs([...argv])
    .scriptName(program)
    .usage('$0 [flags]')
    .options(table)
    .strict()
    .parserConfiguration({ 'camel-case-expansion': false, 'duplicate-arguments-array': false })
    .version(false)
    .wrap(110)
    .fail((message, error) => refuse(message ?? error.message));
  const flags = parser.parseSync() as unknown as Flags<T>;
  const problem = check(flags);
  if (problem !== undefined) refuse(problem);
  return flags;
}

/** Splits a comma-separated flag, as `--etcd-servers a,b`. */
export function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
