import type { Kind, ResourcePath } from '@keelson/api';
import type { RequestContext } from '../registry/context.js';
import type { Admission } from './admission.js';

/** Asks admission about connections into objects, before anything is opened. Throws what is answered instead. */
export type OpenConnection = (path: ResourcePath, shown: object, context: RequestContext) => Promise<void>;

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
  return async ({ resource, namespace, name, subresource }, shown, context) => {
    const kind = kinds.find((it) => it.plural === resource);
    const options = OPTIONS[`${resource}/${subresource}`];
    if (kind === undefined || options === undefined) return;
    const object = { metadata: { name } };
    const gvk = { group: '', version: 'v1', kind: options };
    const show = () => shown as typeof object;
    await admission.open({
      kind,
      namespace,
      object,
      subresource,
      context,
      view: { subresource, gvk, show, take() {} },
    });
  };
}
