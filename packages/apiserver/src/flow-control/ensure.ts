import { deepEqual, type KubeObject } from '@keelson/api';
import type { Logger } from '@keelson/service';
import type { ObjectCollection } from '../registry/collection.js';
import type { Collections } from '../registry/collections.js';
import type { RequestContext } from '../registry/context.js';
import { type ApiHandler, toApiError } from '../registry/handler.js';
import { FLOW_CONTROL_GROUP } from './flow-configuration.js';
import { bootstrapLevels, bootstrapSchemas, isMandatory } from './mandatory.js';

export interface EnsureDependencies {
  handler: ApiHandler;
  collections: Pick<Collections, 'required'>;
  context: RequestContext;
  logger: Logger;
}

const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec';
const MANAGER = 'api-priority-and-fairness-config-producer-v1';

type Configuration = KubeObject & { readonly spec?: object };

/**
 * Makes the objects of priority and fairness that are not there, brings those to their specs that are the server's to
 * keep, and removes those that were once and are no more. What somebody changed stays, but for the mandatory ones.
 */
export async function ensureFlowObjects(dependencies: EnsureDependencies): Promise<void> {
  const sets = [
    { plural: 'flowschemas', wanted: bootstrapSchemas() as readonly Configuration[] },
    { plural: 'prioritylevelconfigurations', wanted: bootstrapLevels() as readonly Configuration[] },
  ];
  for (const mandatory of [false, true])
    for (const { plural, wanted } of sets) {
      const own = wanted.filter((it) => isMandatory(it) === mandatory);
      await Promise.all(own.map((it) => ensure(dependencies, plural, it, mandatory)));
    }
  for (const { plural, wanted } of sets) await removeOld(dependencies, plural, wanted);
}

async function ensure(
  dependencies: EnsureDependencies,
  plural: string,
  wanted: Configuration,
  mandatory: boolean,
): Promise<void> {
  const { name = '' } = wanted.metadata;
  const current = collection(dependencies, plural).cache.get(name)?.object as Configuration | undefined;
  if (current === undefined) {
    await send(dependencies, 'create', plural, '', wanted, 'AlreadyExists');
    return;
  }
  const next = upToDate(current, wanted, mandatory);
  if (next !== undefined) await send(dependencies, 'update', plural, name, next, 'Conflict');
}

/** What an object is to become; undefined: it stays. */
export function upToDate(current: Configuration, wanted: Configuration, mandatory: boolean): Configuration | undefined {
  const said = flagOf(current);
  // Nobody said anything, and nobody changed anything: it is the server's.
  const keeps = mandatory || (said ?? current.metadata.generation === 1);
  const spec = keeps ? specFor(current, wanted) : current.spec;
  if (said === keeps && deepEqual(spec, current.spec)) return undefined;
  const annotations = { ...current.metadata.annotations, [AUTO_UPDATE]: String(keeps) };
  return { ...current, metadata: { ...current.metadata, annotations }, ...(spec === undefined ? {} : { spec }) };
}

/** How much the exempt level counts is for others to say. */
function specFor(current: Configuration, wanted: Configuration): object | undefined {
  const { exempt } = (current.spec ?? {}) as { exempt?: object };
  const isExemptLevel = exempt !== undefined && wanted.metadata.name === 'exempt';
  return isExemptLevel ? { ...wanted.spec, exempt } : wanted.spec;
}

/** An object with the mark of the server's own that it does not know any more. */
async function removeOld(
  dependencies: EnsureDependencies,
  plural: string,
  wanted: readonly Configuration[],
): Promise<void> {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  for (const { object } of [...collection(dependencies, plural).cache.list()]) {
    const { name = '' } = object.metadata;
    if (!names.has(name) && flagOf(object) === true)
      await send(dependencies, 'delete', plural, name, undefined, 'NotFound');
  }
}

/** As Go reads a boolean; undefined where it is none. */
function flagOf({ metadata }: KubeObject): boolean | undefined {
  const text = metadata.annotations?.[AUTO_UPDATE] ?? '';
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

function collection({ collections }: EnsureDependencies, plural: string): ObjectCollection {
  return collections.required(FLOW_CONTROL_GROUP, plural);
}

/** Another server may have been first, which shows as `expected`. */
async function send(
  { handler, context, logger }: EnsureDependencies,
  verb: 'create' | 'update' | 'delete',
  plural: string,
  name: string,
  object: object | undefined,
  expected: string,
): Promise<void> {
  const path = { group: FLOW_CONTROL_GROUP, version: 'v1', resource: plural, namespace: '', name, subresource: '' };
  const bytes = Buffer.from(object === undefined ? '' : JSON.stringify(object));
  const options = verb === 'delete' ? {} : { fieldManager: MANAGER };
  try {
    await handler.handle({ verb, path, options, body: { mediaType: 'application/json', bytes } }, context);
    logger.debug({ verb, resource: plural, name }, 'kept the configuration of priority and fairness');
  } catch (error) {
    if (toApiError(error).reason !== expected) throw error;
  }
}
