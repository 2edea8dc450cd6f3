import type { KubeObject } from '@keelson/api';
import { objectText, withoutManagedFields } from '../../print/output.js';
import { listObjects } from '../../resources/found.js';
import { type GetRequest, namespaceOf, reportFailure } from './request.js';
import { sortObjects } from './sort.js';

/** `get` with an output that needs whole objects. */
export async function getObjects(request: GetRequest): Promise<number> {
  const { context, cluster, flags, output, chosen } = request;
  const { items, failures } = await fetchAll(request);
  const isSingle = chosen.length === 1 && chosen[0]?.name !== undefined;
  if (isSingle && items.length === 0) return failures > 0 ? 1 : 0;
  if (flags['sort-by'] !== undefined) sortObjects(items, flags['sort-by']);
  const whole = isSingle
    ? (items[0] as object)
    : { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
  const shown = flags['show-managed-fields'] ? whole : withoutManagedFields(whole);
  const headless = output.type === 'custom-columns' && flags['no-headers'];
  const text = objectText(output, shown, cluster.mapper);
  context.io.stdout.write(headless ? text.slice(text.indexOf('\n') + 1) : text);
  return failures > 0 ? 1 : 0;
}

async function fetchAll(request: GetRequest): Promise<{ items: KubeObject[]; failures: number }> {
  const { cluster, flags, chosen } = request;
  const items: KubeObject[] = [];
  let failures = 0;
  for (const one of chosen) {
    const { resource, name } = one;
    const namespace = namespaceOf(request, one);
    try {
      if (name !== undefined) items.push(await cluster.client.get(resource, { namespace, name }));
      else {
        const found = await listObjects(cluster, resource, namespace, {
          selector: flags.selector,
          fieldSelector: flags['field-selector'],
        });
        items.push(...found.map((it) => it.object));
      }
    } catch (error) {
      if (reportFailure(request, error)) failures++;
    }
  }
  return { items, failures };
}
