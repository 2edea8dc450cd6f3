import type { KubeObject } from '@keelson/api';
import { type Command, defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { findObjects, selectionFlags } from '../../resources/found.js';
import { type MetadataChanges, splitChanges } from './metadata.js';

interface MetadataVerb {
  readonly name: 'label' | 'annotate';
  readonly field: 'labels' | 'annotations';
  readonly what: 'label' | 'annotation';
  readonly done: string;
  readonly removed: string;
}

export const label = metadataCommand({
  name: 'label',
  field: 'labels',
  what: 'label',
  done: 'labeled',
  removed: 'unlabeled',
});
export const annotate = metadataCommand({
  name: 'annotate',
  field: 'annotations',
  what: 'annotation',
  done: 'annotated',
  removed: 'annotated',
});

function metadataCommand(verb: MetadataVerb): Command {
  return defineCommand({
    name: verb.name,
    group: 'Settings',
    summary: `Set and remove ${verb.field} of objects`,
    usage: '(-f FILE | TYPE NAME | TYPE/NAME) KEY=VALUE … KEY- …',
    complete: 'resources',
    examples: [`${verb.name} pods web-1 team=blue`, `${verb.name} nodes --all zone-`],
    flags: {
      ...writeFlags,
      ...selectionFlags,
      'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
      'field-selector': { type: 'string', description: 'Field selector', value: 'SELECTOR' },
      overwrite: { type: 'boolean', default: false, description: `Change ${verb.field} that have another value` },
      list: { type: 'boolean', default: false, description: `Show the ${verb.field}` },
      'resource-version': { type: 'string', default: '', description: 'Only if the object is at this version' },
    },
    async run(context, { flags, positionals }) {
      const { names, changes } = splitChanges(positionals, verb.what);
      if (changes.set.size + changes.remove.length === 0 && !flags.list) {
        throw new UsageError(`at least one ${verb.what} update is required: KEY=VALUE or KEY-`);
      }
      const cluster = await context.cluster();
      const found = await findObjects(context, cluster, {
        words: names,
        ...flags,
        fieldSelector: flags['field-selector'],
        allNamespaces: flags['all-namespaces'],
      });
      let failures = 0;
      for (const it of found) {
        const { resource, namespace, name } = it;
        const old = it.object.metadata[verb.field] ?? {};
        if (flags.list && changes.set.size + changes.remove.length === 0) {
          for (const [key, value] of Object.entries(old)) context.print(`${key}=${value}`);
          continue;
        }
        const problem = flags.overwrite ? undefined : overwritten(old, changes);
        if (problem !== undefined) {
          context.warn(`error: ${problem}`);
          failures++;
          continue;
        }
        for (const key of changes.remove)
          if (old[key] === undefined && verb.name === 'label') context.print(`label "${key}" not found.`);
        const isSame = isUnchanged(old, changes);
        const resourceVersion = flags['resource-version'] || undefined;
        const patch = {
          metadata: { [verb.field]: patchOf(changes), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
        };
        const settings = { fieldManager: `kubectl-${verb.name}`, ...dryRunOption(flags['dry-run']) };
        const write = () => cluster.client.patch(resource, { namespace, name }, 'merge', patch, settings);
        const object: KubeObject = isSame || flags['dry-run'] === 'client' ? it.object : await write();
        printResult(context, cluster, flags, { resource, object, operation: operationOf(verb, old, changes, isSame) });
      }
      if (found.length === 0) throw new CliError('no objects match');
      return failures > 0 ? 1 : 0;
    },
  });
}

function overwritten(old: Readonly<Record<string, string>>, { set }: MetadataChanges): string | undefined {
  for (const [key, value] of set) {
    if (old[key] !== undefined && old[key] !== value)
      return `'${key}' already has a value (${old[key]}), and --overwrite is false`;
  }
  return undefined;
}

function patchOf({ set, remove }: MetadataChanges): Record<string, string | null> {
  return { ...Object.fromEntries(set), ...Object.fromEntries(remove.map((key) => [key, null])) };
}

function isUnchanged(old: Readonly<Record<string, string>>, { set, remove }: MetadataChanges): boolean {
  return [...set].every(([key, value]) => old[key] === value) && remove.every((key) => old[key] === undefined);
}

function operationOf(
  verb: MetadataVerb,
  old: Readonly<Record<string, string>>,
  { set }: MetadataChanges,
  isSame: boolean,
): string {
  if (verb.name === 'annotate') return verb.done;
  if (isSame) return 'not labeled';
  const isSet = [...set].some(([key, value]) => old[key] !== value);
  return isSet ? verb.done : verb.removed;
}
