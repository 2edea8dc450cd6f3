import type { Pod } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import { defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import { CliError, UsageError } from '../../errors.js';
import { containerOf, podOf } from '../../resources/pods.js';
import { runSession } from './session.js';

const flags = {
  container: { type: 'string', short: 'c', description: 'Which container', value: 'NAME' },
  stdin: { type: 'boolean', short: 'i', default: false, description: 'Hand standard input on' },
  tty: { type: 'boolean', short: 't', default: false, description: 'Give it a terminal' },
  quiet: { type: 'boolean', short: 'q', default: false, description: 'Only what the command prints' },
} as const;

export const exec = defineCommand({
  name: 'exec',
  group: 'Troubleshooting',
  summary: 'Run a command in a container',
  usage: '(POD | TYPE/NAME) [-c CONTAINER] -- COMMAND…',
  complete: 'pods',
  examples: ['exec web-1 -- date', 'exec -it deploy/web -- sh'],
  flags,
  async run(context, { flags, positionals, rest }) {
    const [word, ...old] = positionals;
    if (word === undefined) throw new UsageError('pod, type/name or --filename must be specified');
    if (old.length > 0)
      throw new UsageError(
        `exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead, as 'keelctl exec ${word} -- ${old.join(' ')}'`,
      );
    if (rest === undefined || rest.length === 0)
      throw new UsageError('you must specify at least one command for the container, after --');
    const cluster = await context.cluster();
    const pod = await podOf(context, cluster, word);
    checkRuns(pod);
    return startSession(context, cluster, pod, { kind: 'exec', command: rest, ...flags });
  },
});

export const attach = defineCommand({
  name: 'attach',
  group: 'Troubleshooting',
  summary: 'Join a running container',
  usage: '(POD | TYPE/NAME) [-c CONTAINER]',
  complete: 'pods',
  examples: ['attach web-1', 'attach -it deploy/shell'],
  flags,
  async run(context, { flags, positionals }) {
    const [word, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`expected POD or TYPE/NAME, got ${positionals.join(' ')}`);
    const cluster = await context.cluster();
    const pod = await podOf(context, cluster, word);
    checkRuns(pod);
    if (!flags.quiet) context.warn("If you don't see a command prompt, try pressing enter.");
    return startSession(context, cluster, pod, { kind: 'attach', command: [], ...flags });
  },
});

function checkRuns(pod: Pod): void {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') {
    throw new CliError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  }
}

interface SessionFlags {
  readonly kind: 'exec' | 'attach';
  readonly command: readonly string[];
  readonly container: string | undefined;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
}

export async function startSession(context: Context, cluster: Cluster, pod: Pod, flags: SessionFlags): Promise<number> {
  const { name = '', namespace = '' } = pod.metadata;
  const container = containerOf(context, pod, flags.container, flags.quiet);
  let tty = flags.tty;
  if (tty && (!flags.stdin || context.io.stdin.isTTY !== true)) {
    if (!flags.quiet) context.warn('Unable to use a TTY - input is not a terminal or the right kind of file');
    tty = false;
  }
  const { kind, command, stdin } = flags;
  return runSession(context, cluster, { kind, namespace, pod: name, container, command, stdin, tty });
}
