import { type Clock, systemClock } from '@keelson/service';
import { type Cluster, connectCluster } from './cluster/cluster.js';
import type { Command, Invocation } from './command/command.js';
import type { Context, Io } from './command/context.js';
import { type FlagTable, parseArguments } from './command/flags.js';
import { globalFlags } from './command/global-flags.js';
import { commandHelp, overview } from './command/help.js';
import { commands } from './commands/index.js';
import { CliError, errorText, INTERRUPTED, UsageError } from './errors.js';
import { type KubeconfigSource, loadKubeconfig } from './kubeconfig/load.js';
import { contextOf, targetOf } from './kubeconfig/target.js';
import { styleFor } from './print/style.js';
import { closest } from './suggest.js';

/** Runs one command line from its words to its exit code. */
export async function run(
  argv: readonly string[],
  io: Io,
  signal: AbortSignal,
  clock: Clock = systemClock(),
): Promise<number> {
  let path = '';
  const session = new Session(io, clock, signal);
  try {
    const { command, words, names } = findCommand(argv);
    path = names.join(' ');
    if (command === undefined) {
      io.stdout.write(overview(commands));
      return 0;
    }
    const invocation = parseArguments({ ...globalFlags, ...command.flags }, words) as unknown as Invocation<FlagTable>;
    if (invocation.flags.help || command.run === undefined) {
      io.stdout.write(commandHelp(path, command));
      return 0;
    }
    return (await command.run(session.context(invocation), invocation)) ?? session.exitCode(invocation);
  } catch (error) {
    if (signal.aborted) return INTERRUPTED;
    io.stderr.write(`${errorText(error)}\n`);
    if (error instanceof UsageError)
      io.stderr.write(`See 'keelctl${path === '' ? '' : ` ${path}`} --help' for usage.\n`);
    return error instanceof CliError ? error.code : 1;
  } finally {
    session.close();
  }
}

/** The command that the words name, without the words that named it; global flags may stand before it. */
function findCommand(argv: readonly string[]): { command?: Command; words: string[]; names: string[] } {
  const words = [...argv];
  const names: string[] = [];
  let among: readonly Command[] = commands;
  let command: Command | undefined;
  while (among.length > 0) {
    const at = firstWord(words);
    const word = words[at];
    if (word === undefined) break;
    const found = among.find((it) => it.name === word || it.aliases?.includes(word));
    if (found === undefined) throw unknownCommand(word, names, among);
    words.splice(at, 1);
    names.push(found.name);
    command = found;
    among = found.subcommands ?? [];
  }
  return { ...(command === undefined ? {} : { command }), words, names };
}

function unknownCommand(word: string, names: readonly string[], among: readonly Command[]): UsageError {
  const near = closest(
    word,
    among.map((it) => it.name),
  );
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return new UsageError(`unknown command "${word}" for "${['keelctl', ...names].join(' ')}"${hint}`);
}

/** The index of the first word that is no global flag nor the value of one. */
function firstWord(words: readonly string[]): number {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return words.length;
    if (!word.startsWith('-') || word === '-') return at;
    const flag = Object.entries(globalFlags as FlagTable).find(
      ([name, it]) => word === `--${name}` || word === `-${it.short}`,
    );
    if (flag === undefined && !word.includes('=')) {
      if (!/^-[ns]./.test(word)) return words.length;
    } else if (flag !== undefined && flag[1].type !== 'boolean') at++;
  }
  return words.length;
}

/** What one run opens and must close. */
class Session {
  readonly #io: Io;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #cluster: Promise<Cluster> | undefined;
  #warnings = 0;

  constructor(io: Io, clock: Clock, signal: AbortSignal) {
    this.#io = io;
    this.#clock = clock;
    this.#signal = signal;
  }

  context({ flags }: Invocation<FlagTable>): Context {
    const io = this.#io;
    let source: KubeconfigSource | undefined;
    const kubeconfig = () => {
      source ??= loadKubeconfig(flags.kubeconfig, io);
      return source;
    };
    const errorStyle = styleFor(io.stderr, io.env);
    const onWarning = (text: string) => {
      this.#warnings++;
      io.stderr.write(`${errorStyle.busy('Warning:')} ${text}\n`);
    };
    return {
      io,
      clock: this.#clock,
      signal: this.#signal,
      style: styleFor(io.stdout, io.env),
      errorStyle,
      commands,
      get kubeconfig() {
        return kubeconfig();
      },
      namespaceIsGiven: (flags.namespace ?? '') !== '',
      namespace: () => flags.namespace || contextOf(kubeconfig(), flags)?.namespace || 'default',
      cluster: () => {
        const options = { timeoutMs: flags['request-timeout'] || 34_000 };
        this.#cluster ??= connectCluster(targetOf(kubeconfig(), flags), options, { clock: this.#clock, onWarning });
        return this.#cluster;
      },
      print: (line) => void io.stdout.write(`${line}\n`),
      warn: (line) => void io.stderr.write(`${line}\n`),
    };
  }

  exitCode({ flags }: Invocation<FlagTable>): number {
    if (!flags['warnings-as-errors'] || this.#warnings === 0) return 0;
    this.#io.stderr.write(`error: ${this.#warnings} warning${this.#warnings === 1 ? '' : 's'} received\n`);
    return 1;
  }

  close(): void {
    this.#cluster?.then(
      (cluster) => cluster.close(),
      () => {},
    );
  }
}
