import type { KubeObject, PodTemplateSpec } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import type { Cluster } from '../../cluster/cluster.js';
import { type Command, defineCommand } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import type { FlagTable } from '../../command/flags.js';
import { CliError, errorText } from '../../errors.js';
import { printResult } from '../../print/result.js';
import { alignTabs } from '../../print/tabwriter.js';
import { type Found, findObjects, reference } from '../../resources/found.js';
import { waitFor } from '../../resources/wait-for.js';
import { describeTemplate } from '../describe/pod-template.js';
import { revisionOf, revisionsOf } from './history.js';
import { rolloutState } from './status.js';
import { undoRollout } from './undo.js';

const choiceFlags = {
  filename: { type: 'list', whole: true, short: 'f', description: 'Files that name the objects', value: 'FILE' },
  selector: { type: 'string', short: 'l', description: 'Label selector', value: 'SELECTOR' },
} as const satisfies FlagTable;

const usage = '(TYPE NAME | TYPE/NAME)';

const status = defineCommand({
  name: 'status',
  summary: 'Follow a rollout to its end',
  usage,
  complete: 'resources',
  examples: ['rollout status deploy/web'],
  flags: {
    ...choiceFlags,
    watch: { type: 'boolean', short: 'w', default: true, description: 'Follow until it is done' },
    timeout: { type: 'duration', default: 0, description: 'How long to follow; 0 for as long as it takes' },
    revision: { type: 'integer', default: 0, description: 'Fail when another revision is rolled out meanwhile' },
  },
  async run(context, { flags, positionals }) {
    const cluster = await context.cluster();
    for (const found of await findObjects(context, cluster, { words: positionals, ...flags })) {
      await followRollout(context, cluster, found, flags);
    }
  },
});

async function followRollout(
  context: Context,
  cluster: Cluster,
  found: Found,
  flags: { readonly watch: boolean; readonly timeout: number; readonly revision: number },
): Promise<void> {
  let said = '';
  const isDone = (object: KubeObject | undefined): boolean => {
    if (object === undefined) throw new CliError('object has been deleted');
    const revision = revisionOf(object);
    if (flags.revision > 0 && revision !== flags.revision) {
      throw new CliError(`desired revision (${flags.revision}) is different from the running revision (${revision})`);
    }
    const state = rolloutState(object, found.resource.plural);
    if (state.message !== said) context.print(state.message);
    said = state.message;
    return state.isDone || !flags.watch;
  };
  await waitFor(context, cluster, found, {
    timeoutMs: flags.timeout,
    isDone,
    onTimeout: () => new CliError('timed out waiting for the condition'),
  });
}

const history = defineCommand({
  name: 'history',
  summary: 'Show the revisions of a workload',
  usage,
  complete: 'resources',
  examples: ['rollout history deploy/web', 'rollout history deploy/web --revision=2'],
  flags: { ...choiceFlags, revision: { type: 'integer', default: 0, description: 'Show this revision whole' } },
  async run(context, { flags, positionals }) {
    const cluster = await context.cluster();
    for (const found of await findObjects(context, cluster, { words: positionals, ...flags })) {
      const revisions = await revisionsOf(cluster, found);
      if (flags.revision > 0) {
        const one = revisions.find((it) => it.number === flags.revision);
        if (one === undefined) throw new CliError(`unable to find the specified revision: ${flags.revision}`);
        context.print(`${reference(found)} with revision #${one.number}`);
        context.print(describeTemplate(one.template as PodTemplateSpec));
      } else {
        const rows = revisions.map((it) => [String(it.number), it.changeCause]);
        context.print(`${reference(found)} `);
        context.print(alignTabs([['REVISION', 'CHANGE-CAUSE'], ...rows].map((row) => `${row.join('\t')}\n`).join('')));
      }
    }
  },
});

const undo = defineCommand({
  name: 'undo',
  summary: 'Bring a workload back to an earlier revision',
  usage,
  complete: 'resources',
  examples: ['rollout undo deploy/web', 'rollout undo deploy/web --to-revision=3'],
  flags: {
    ...choiceFlags,
    'to-revision': { type: 'integer', default: 0, description: 'The revision; 0 for the one before the last' },
    'dry-run': {
      type: 'string',
      bare: 'client',
      default: 'none',
      choices: ['none', 'client', 'server'],
      description: 'Change nothing',
    },
  },
  async run(context, { flags, positionals }) {
    const cluster = await context.cluster();
    for (const found of await findObjects(context, cluster, { words: positionals, ...flags })) {
      const option = flags['dry-run'] === 'none' ? {} : { dryRun: ['All'] };
      const said = await undoRollout(cluster, found, flags['to-revision'], option);
      context.print(`${reference(found)} ${said}`);
    }
  },
});

type SpecChange = (object: KubeObject, now: number) => object | string;

/** restart, pause and resume: one patch each. */
function changing(name: string, summary: string, done: string, patchOf: SpecChange): Command {
  return defineCommand({
    name,
    summary,
    usage,
    complete: 'resources',
    examples: [`rollout ${name} deploy/web`],
    flags: {
      ...choiceFlags,
      output: { type: 'string', short: 'o', description: 'json, yaml or name', value: 'FORMAT' },
    },
    async run(context, { flags, positionals }) {
      const cluster = await context.cluster();
      let failures = 0;
      for (const found of await findObjects(context, cluster, { words: positionals, ...flags })) {
        const { resource, namespace, name: objectName } = found;
        try {
          const patch = patchOf(found.object, context.clock.now());
          if (typeof patch === 'string') throw new CliError(`${reference(found)} ${patch}`);
          const settings = { fieldManager: 'kubectl-rollout' };
          const object = await cluster.client.patch(
            resource,
            { namespace, name: objectName },
            'strategic',
            patch,
            settings,
          );
          printResult(
            context,
            cluster,
            { output: flags.output, 'dry-run': 'none' },
            { resource, object, operation: done },
          );
        } catch (error) {
          failures++;
          context.warn(errorText(error));
        }
      }
      return failures > 0 ? 1 : 0;
    },
  });
}

type Pausable = { spec?: { paused?: boolean; template?: object } };

const restart = changing('restart', 'Replace the pods of a workload', 'restarted', (object, now) => {
  const { spec } = object as Pausable;
  if (spec?.template === undefined) return 'has no pods to restart';
  if (spec.paused) return "can't be restarted while it is paused (run rollout resume first)";
  return { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': rfc3339(now) } } } } };
});

const pause = changing('pause', 'Hold a rollout where it is', 'paused', (object) => {
  if (object.kind !== 'Deployment') return 'cannot be paused: only deployments can';
  return (object as Pausable).spec?.paused ? 'is already paused' : { spec: { paused: true } };
});

const resume = changing('resume', 'Let a held rollout go on', 'resumed', (object) => {
  if (object.kind !== 'Deployment') return 'cannot be resumed: only deployments can';
  return (object as Pausable).spec?.paused ? { spec: { paused: null } } : 'is not paused';
});

export const rollout = defineCommand({
  name: 'rollout',
  group: 'Deploy',
  summary: 'Follow, undo, hold and restart rollouts',
  subcommands: [status, history, undo, restart, pause, resume],
});
