import type { KubeObject, Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { waitFor } from '../../resources/wait-for.js';
import { createObject } from '../create/generate.js';
import { startSession } from '../exec/exec.js';

export const runCommand = defineCommand({
  name: 'run',
  group: 'Basic',
  summary: 'Run one pod',
  usage: 'NAME --image=IMAGE [-- ARGUMENTS…]',
  examples: [
    'run once --image=node --restart=Never -- node -e "console.log(1)"',
    'run -it shell --image=busybox --rm --command -- sh',
  ],
  flags: {
    ...writeFlags,
    image: { type: 'string', description: 'Image of the container' },
    command: { type: 'boolean', default: false, description: 'What follows -- is the command, not its arguments' },
    env: { type: 'list', whole: true, description: 'A variable of the environment', value: 'KEY=VALUE' },
    labels: { type: 'list', short: 'l', description: 'Labels of the pod', value: 'KEY=VALUE' },
    port: { type: 'integer', description: 'Port of the container' },
    restart: {
      type: 'string',
      default: 'Always',
      choices: ['Always', 'OnFailure', 'Never'],
      description: 'When it is run again',
    },
    stdin: { type: 'boolean', short: 'i', default: false, description: 'Attach with standard input' },
    tty: { type: 'boolean', short: 't', default: false, description: 'Give it a terminal' },
    attach: { type: 'boolean', description: 'Attach when it runs' },
    rm: { type: 'boolean', default: false, description: 'Delete the pod when done; needs -i or --attach' },
    quiet: { type: 'boolean', short: 'q', default: false, description: 'Only what the container prints' },
  },
  async run(context, { flags, positionals, rest }) {
    const [name, ...more] = positionals;
    if (name === undefined) throw new UsageError('NAME is required for run');
    if (!flags.image) throw new UsageError('required flag(s) "image" not set: --image=IMAGE');
    const isAttached = flags.attach ?? flags.stdin;
    if (flags.rm && !isAttached) throw new UsageError('--rm should only be used for attached containers');
    const words = [...more, ...(rest ?? [])];
    const container = {
      name,
      image: flags.image,
      ...(words.length === 0 ? {} : flags.command ? { command: words } : { args: words }),
      ...(flags.env.length === 0
        ? {}
        : { env: flags.env.map((text) => pair('env', text)).map(([key, value]) => ({ name: key, value })) }),
      ...(flags.port === undefined ? {} : { ports: [{ containerPort: flags.port }] }),
      ...(flags.stdin ? { stdin: true, stdinOnce: true } : {}),
      ...(flags.tty ? { tty: true } : {}),
      resources: {},
    };
    const labels =
      flags.labels.length === 0 ? { run: name } : Object.fromEntries(flags.labels.map((text) => pair('labels', text)));
    const spec = { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: flags.restart };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels },
      spec,
      status: {},
    } as unknown as KubeObject;
    if (!isAttached || flags['dry-run'] !== 'none') {
      await createObject(context, flags, pod, 'kubectl-run');
      return 0;
    }
    const cluster = await context.cluster();
    const namespace = context.namespace();
    await cluster.client.create(resources.pods, { ...pod, metadata: { ...pod.metadata, namespace } } as Pod, {
      fieldManager: 'kubectl-run',
    });
    try {
      await waitFor(
        context,
        cluster,
        { resource: cluster.mapper.find('pods'), namespace, name },
        {
          timeoutMs: 60_000,
          isDone: (it) => !['', 'Pending'].includes((it as Pod | undefined)?.status?.phase ?? ''),
          onTimeout: () => new CliError(`timed out waiting for pod/${name} to run`),
        },
      );
      const current = await cluster.client.get(resources.pods, { namespace, name });
      if (current.status?.phase !== 'Running') {
        for await (const piece of cluster.pods.logs({ namespace, pod: name, container: name }))
          context.io.stdout.write(piece);
        return current.status?.phase === 'Succeeded' ? 0 : 1;
      }
      if (!flags.quiet) context.warn("If you don't see a command prompt, try pressing enter.");
      const { stdin, tty, quiet } = flags;
      return await startSession(context, cluster, current, {
        kind: 'attach',
        command: [],
        container: name,
        stdin,
        tty,
        quiet,
      });
    } finally {
      if (flags.rm) {
        await cluster.client.delete(resources.pods, { namespace, name });
        if (!flags.quiet) context.print(`pod "${name}" deleted`);
      }
    }
  },
});

function pair(flag: string, text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`--${flag}: "${text}" is not of the form KEY=VALUE`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}
