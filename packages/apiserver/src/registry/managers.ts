import { apiVersionOf, type Kind, type RequestOptions, type Writer } from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { RequestContext } from './context.js';

const USER_AGENT_MANAGER_MAX = 128;

/** A caller that does not name itself as a field manager is known by its user agent up to the slash. */
export function managerOf(options: RequestOptions, { userAgent }: RequestContext): string {
  if (options.fieldManager) return options.fieldManager;
  const [program = ''] = userAgent.split('/');
  return [...program].slice(0, USER_AGENT_MANAGER_MAX).join('') || 'unknown';
}

/** Who writes which part of an object, for the record of who manages what. */
export function writerOf(
  kind: Kind,
  subresource: string,
  options: RequestOptions,
  context: RequestContext,
  clock: Clock,
): Writer {
  return {
    manager: managerOf(options, context),
    apiVersion: apiVersionOf(kind.group, kind.version),
    subresource,
    time: rfc3339(clock.now()),
    resetFields: resetFieldsOf(kind, subresource),
  };
}

/** The server itself as the writer of a status. */
export function serverWriter(kind: Kind, clock: Clock): Writer {
  return {
    manager: 'kube-apiserver',
    apiVersion: apiVersionOf(kind.group, kind.version),
    subresource: 'status',
    time: rfc3339(clock.now()),
    resetFields: resetFieldsOf(kind, 'status'),
  };
}

/** The main resource cannot set the status where that has its own door; the status cannot set anything else. */
function resetFieldsOf(kind: Kind, subresource: string): string[] {
  if (subresource === 'status' && kind.strategy.statusResetFields !== undefined)
    return [...kind.strategy.statusResetFields];
  if (subresource === 'status')
    return Object.keys(kind.schema.properties ?? {}).filter((it) => it !== 'status' && it !== 'metadata');
  return kind.subresources.some((it) => it.name === 'status') ? ['status'] : [];
}
