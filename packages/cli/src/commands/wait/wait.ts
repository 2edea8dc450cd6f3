import { isApiError, type KubeObject } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { CliError, errorText, UsageError } from '../../errors.js';
import { parseOutput } from '../../print/output.js';
import { printResult } from '../../print/result.js';
import { resourceArguments } from '../../resources/arguments.js';
import { type Found, findObjects, reference, selectionFlags } from '../../resources/found.js';
import { waitFor } from '../../resources/wait-for.js';
import { type Goal, parseGoal } from './goal.js';

export const wait = defineCommand({
  name: 'wait',
  group: 'Advanced',
  summary: 'Wait until objects are in a state, or gone',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME | TYPE -l LABEL) --for=GOAL',
  complete: 'resources',
  examples: [
    'wait --for=condition=Ready pod/web-1',
    'wait --for=delete pod/web-1 --timeout=60s',
    "wait --for=jsonpath='{.status.phase}'=Running pod/web-1",
    'wait --for=condition=complete job/primes',
  ],
  flags: {
    ...selectionFlags,
    'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
    'field-selector': { type: 'string', description: 'Field selector', value: 'SELECTOR' },
    for: {
      type: 'list',
      whole: true,
      description: 'create, delete, condition=NAME[=VALUE] or jsonpath=PATH[=VALUE]',
      value: 'GOAL',
    },
    timeout: { type: 'duration', default: 30_000, description: 'How long; 0 looks once, negative means a week' },
    output: { type: 'string', short: 'o', description: 'json, yaml or name', value: 'FORMAT' },
  },
  async run(context, { flags, positionals }) {
    if (flags.for.length === 0)
      throw new UsageError(
        'must specify a goal: --for=condition=NAME, --for=delete, --for=create or --for=jsonpath=PATH=VALUE',
      );
    const goals = flags.for.map(parseGoal);
    parseOutput(flags.output);
    const timeoutMs = flags.timeout < 0 ? 7 * 86_400_000 : flags.timeout;
    const end = context.clock.monotonic() + timeoutMs;
    const cluster = await context.cluster();
    const mayBeMissing = goals.some((goal) => goal.type !== 'state');
    const found = mayBeMissing
      ? await namedOrFound()
      : await findObjects(context, cluster, {
          words: positionals,
          ...flags,
          fieldSelector: flags['field-selector'],
          allNamespaces: flags['all-namespaces'],
        });
    if (found.length === 0) {
      if (goals.every((goal) => goal.type === 'delete')) return 0;
      throw new CliError('no matching resources found');
    }
    let failures = 0;
    for (const it of found) {
      try {
        for (const goal of goals) await reach(it, goal);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        failures++;
        context.warn(errorText(error));
      }
    }
    return failures > 0 ? 1 : 0;

    /** What is to be created or deleted is taken by its name. */
    async function namedOrFound(): Promise<Found[]> {
      const choice = {
        words: positionals,
        ...flags,
        fieldSelector: flags['field-selector'],
        allNamespaces: flags['all-namespaces'],
      };
      const isNamed =
        flags.filename.length === 0 &&
        resourceArguments(positionals, cluster.mapper).some((it) => it.name !== undefined);
      if (!isNamed) return findObjects(context, cluster, { ...choice, ignoreNotFound: true });
      const targets = resourceArguments(positionals, cluster.mapper).map(({ resource, name = '' }) => ({
        resource,
        name,
        namespace: resource.namespaced ? context.namespace() : '',
      }));
      return Promise.all(targets.map(async (target) => ({ ...target, object: await getOrEmpty(target) })));
    }

    async function getOrEmpty({ resource, namespace, name }: Omit<Found, 'object'>): Promise<KubeObject> {
      try {
        return await cluster.client.get(resource, { namespace, name });
      } catch (error) {
        if (isApiError(error, 'NotFound')) return { apiVersion: 'v1', kind: resource.kind, metadata: { name } };
        throw error;
      }
    }

    async function reach(it: Found, goal: Goal): Promise<void> {
      let last = it.object;
      const { uid } = it.object.metadata;
      await waitFor(context, cluster, it, {
        timeoutMs: Math.max(1, end - context.clock.monotonic()),
        isDone: (object) => {
          last = object ?? last;
          return isReached(goal, object, uid);
        },
        onTimeout: () => new CliError(`timed out waiting for the condition on ${it.resource.plural}/${it.name}`),
      });
      if (flags.output !== undefined)
        printResult(
          context,
          cluster,
          { output: flags.output, 'dry-run': 'none' },
          { resource: it.resource, object: last, operation: '' },
        );
      else context.print(`${reference(it)} ${goal.done}`);
    }
  },
});

function isReached(goal: Goal, object: KubeObject | undefined, uid: string | undefined): boolean {
  switch (goal.type) {
    case 'delete':
      return object === undefined || object.metadata.uid !== uid;
    case 'create':
      return object !== undefined;
    case 'state':
      return object !== undefined && goal.holds(object);
  }
}
