import type { Node, Taint } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { findObjects, selectionFlags } from '../../resources/found.js';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

interface TaintChanges {
  readonly add: readonly Taint[];
  /** An empty effect stands for every effect. */
  readonly remove: readonly { readonly key: string; readonly effect: string }[];
}

export const taint = defineCommand({
  name: 'taint',
  group: 'Cluster',
  summary: 'Set and remove taints of nodes',
  usage: 'node NAME KEY=VALUE:EFFECT … KEY:EFFECT- …',
  complete: 'nodes',
  examples: ['taint nodes node-1 dedicated=gpu:NoSchedule', 'taint nodes node-1 dedicated-'],
  flags: {
    ...writeFlags,
    selector: selectionFlags.selector,
    all: selectionFlags.all,
    overwrite: { type: 'boolean', default: false, description: 'Change taints that are there with another value' },
  },
  async run(context, { flags, positionals }) {
    const isTaint = (word: string) => /[=:]/.test(word) || word.endsWith('-');
    const first = positionals.findIndex(isTaint);
    const changes = parseTaints(first < 0 ? [] : positionals.slice(first));
    const words = first < 0 ? positionals : positionals.slice(0, first);
    if (!/^(nodes?|no)(\/|$)/.test(words[0] ?? ''))
      throw new UsageError(`invalid resource type ${words[0] ?? ''}, only node(s) is supported`);
    const cluster = await context.cluster();
    for (const { resource, name, object } of await findObjects(context, cluster, {
      words,
      selector: flags.selector,
      all: flags.all,
    })) {
      const old = (object as Node).spec?.taints ?? [];
      const { taints, operation } = changedTaints(old, changes, flags.overwrite, name);
      const settings = { fieldManager: 'kubectl-taint', ...dryRunOption(flags['dry-run']) };
      const isDry = flags['dry-run'] === 'client';
      const resourceVersion = object.metadata.resourceVersion;
      const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
      const written = isDry ? object : await cluster.client.patch(resource, { name }, 'merge', patch, settings);
      printResult(context, cluster, flags, { resource, object: written, operation });
    }
  },
});

export function parseTaints(words: readonly string[]): TaintChanges {
  if (words.length === 0)
    throw new UsageError('at least one taint update is required: KEY=VALUE:EFFECT or KEY:EFFECT-');
  const add: Taint[] = [];
  const remove: { key: string; effect: string }[] = [];
  for (const word of words) {
    const isRemoval = word.endsWith('-');
    const match = /^([^=:]+)(?:=([^:]*))?(?::(.+))?$/.exec(isRemoval ? word.slice(0, -1) : word);
    const [, key = '', value, effect = ''] = match ?? [];
    if (match === null || (effect === '' && !isRemoval))
      throw new UsageError(`invalid taint spec: ${word}: write KEY=VALUE:EFFECT or KEY:EFFECT-`);
    if (effect !== '' && !EFFECTS.includes(effect)) {
      throw new UsageError(`invalid taint effect: ${effect}, unsupported taint effect: one of ${EFFECTS.join(', ')}`);
    }
    if (isRemoval) remove.push({ key, effect });
    else add.push({ key, ...(value ? { value } : {}), effect } as Taint);
  }
  return { add, remove };
}

export function changedTaints(
  old: readonly Taint[],
  { add, remove }: TaintChanges,
  overwrite: boolean,
  node: string,
): { taints: Taint[]; operation: string } {
  const isSame = (a: Taint, b: Pick<Taint, 'key' | 'effect'>) =>
    a.key === b.key && (a.effect === b.effect || b.effect === '');
  for (const taint of add) {
    if (!overwrite && old.some((it) => isSame(it, taint))) {
      throw new CliError(`node ${node} already has ${taint.key} taint(s) with same effect(s) and --overwrite is false`);
    }
  }
  for (const gone of remove) {
    if (!old.some((it) => isSame(it, gone)))
      throw new CliError(`taint "${gone.key}${gone.effect === '' ? '' : `:${gone.effect}`}" not found`);
  }
  const kept = old.filter((it) => !add.some((taint) => isSame(it, taint)) && !remove.some((gone) => isSame(it, gone)));
  const operation =
    add.length === 0 ? 'untainted' : overwrite && kept.length + add.length === old.length ? 'modified' : 'tainted';
  return { taints: [...add, ...kept], operation };
}
