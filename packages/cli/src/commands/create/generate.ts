import type { KubeObject } from '@keelson/api';
import { type Command, defineCommand, type Invocation } from '../../command/command.js';
import type { Context } from '../../command/context.js';
import type { FlagTable } from '../../command/flags.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { CREATE_MANAGER } from './create-manager.js';

type WriteTable = typeof writeFlags;

/** What makes one type of object from flags. */
export interface Generator<T extends FlagTable> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly usage?: string;
  readonly example: string;
  readonly flags?: T;
  readonly apiVersion: string;
  readonly kind: string;
  /** The object but for its apiVersion and kind. */
  build(name: string, invocation: Invocation<T & WriteTable>, context: Context): object | Promise<object>;
}

export function defineGenerator<const T extends FlagTable = Record<never, never>>(generator: Generator<T>): Command {
  return defineCommand<T & WriteTable>({
    name: generator.name,
    ...(generator.aliases === undefined ? {} : { aliases: generator.aliases }),
    summary: generator.summary,
    usage: generator.usage ?? 'NAME',
    examples: [`create ${generator.example}`],
    flags: { ...generator.flags, ...writeFlags } as T & WriteTable,
    async run(context, invocation) {
      const [name, ...extra] = invocation.positionals;
      if (name === undefined) throw new UsageError('exactly one NAME is required, got 0');
      if (extra.length > 0) throw new UsageError(`exactly one NAME is required, got ${extra.length + 1}`);
      const built = await generator.build(name, invocation as unknown as Invocation<T & WriteTable>, context);
      const { apiVersion, kind } = generator;
      await createObject(
        context,
        invocation.flags as unknown as CreateFlags,
        { apiVersion, kind, ...built } as KubeObject,
      );
    },
  });
}

interface CreateFlags {
  readonly output: string | undefined;
  readonly 'dry-run': string;
}

/** Sends an object that flags made, or shows it when this is a dry run. */
export async function createObject(
  context: Context,
  flags: CreateFlags,
  object: KubeObject,
  manager = CREATE_MANAGER,
): Promise<void> {
  const cluster = await context.cluster();
  const resource = cluster.mapper.kind(object.apiVersion ?? '', object.kind ?? '');
  if (resource === undefined)
    throw new CliError(`no matches for kind "${object.kind}" in version "${object.apiVersion}"`);
  if (resource.namespaced && flags['dry-run'] !== 'client') object.metadata.namespace = context.namespace();
  else if (resource.namespaced && context.namespaceIsGiven) object.metadata.namespace = context.namespace();
  const settings = { fieldManager: manager, fieldValidation: 'Strict', ...dryRunOption(flags['dry-run']) };
  const isDry = flags['dry-run'] === 'client';
  const created = isDry
    ? object
    : await cluster.client.create(resource, object, settings).catch((error: unknown) => {
        throw creationError(error, resource.singular);
      });
  printResult(context, cluster, flags, { resource, object: created, operation: 'created' });
}

/** kubectl says of generated objects what could not be made. */
function creationError(error: unknown, type: string): unknown {
  const { reason, message, cause } = error as { reason?: string; message: string; cause?: unknown };
  if (reason === undefined || reason === 'Invalid' || cause !== undefined) return error;
  return new CliError(`failed to create ${type}: ${message}`, { cause: error });
}
