import type { Kind, KubeObject, ResourcePath } from '@keelson/api';
import type { RequestContext } from '../registry/context.js';
import type { Admission } from './admission.js';

/**
 * Asks admission about connections into objects, before anything is opened. Resolves to the options by which it is to be
 * opened; throws what is answered instead.
 */
export type OpenConnection = <T extends object>(path: ResourcePath, asked: T, context: RequestContext) => Promise<T>;

/** By `resource/subresource`: what the options of a connection are called. */
const OPTIONS: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions',
  'pods/attach': 'PodAttachOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
};

export function openConnection(admission: Admission, kinds: readonly Kind[]): OpenConnection {
  return async <T extends object>(
    { resource, namespace, name, subresource }: ResourcePath,
    asked: T,
    context: RequestContext,
  ) => {
    let shown = asked;
    const kind = kinds.find((it) => it.plural === resource);
    const options = OPTIONS[`${resource}/${subresource}`];
    if (kind === undefined || options === undefined) return shown;
    const object = { metadata: { name } };
    const gvk = { group: '', version: 'v1', kind: options };
    const show = () => shown as unknown as typeof object;
    const take = (_object: KubeObject, next: KubeObject) => {
      const { kind: _kind, apiVersion: _version, ...rest } = next;
      shown = rest as unknown as T;
    };
    await admission.open({
      kind,
      namespace,
      object,
      subresource,
      context,
      view: { subresource, gvk, show, take },
    });
    return shown;
  };
}
