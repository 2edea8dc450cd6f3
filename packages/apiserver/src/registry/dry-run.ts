import type { KubeObject } from '@keelson/api';
import type { Change, Changed, ObjectCollection } from './collection.js';

/** What a change would come to, with nothing written. */
export async function dryChange(
  collection: ObjectCollection,
  namespace: string,
  name: string,
  change: (current: KubeObject | undefined) => Promise<Change>,
): Promise<Changed> {
  const { stored } = await collection.read(namespace, name);
  const wanted = await change(stored && structuredClone(collection.served(stored)));
  if (stored === undefined) {
    if (wanted.do !== 'write') throw new Error(`nothing to change at ${namespace}/${name}`);
    return { outcome: 'created', stored: collection.imagined(wanted.object) };
  }
  if (wanted.do === 'nothing') return { outcome: 'unchanged', stored };
  if (wanted.do === 'delete') {
    return { outcome: 'deleted', stored: wanted.last === undefined ? stored : collection.imagined(wanted.last) };
  }
  return { outcome: 'written', stored: collection.imagined(wanted.object) };
}
