import { cloneObject, type KubeObject } from '@keelson/api';
import type { Change, Changed, ObjectCollection } from './collection.js';
import { Pace } from './pause.js';

/** What a change would come to, with nothing written. */
export async function dryChange(
  collection: ObjectCollection,
  namespace: string,
  name: string,
  change: (current: KubeObject | undefined) => Promise<Change>,
  pace = new Pace(),
): Promise<Changed> {
  const { stored } = await collection.read(namespace, name);
  await pace.covers(stored?.bytes ?? 0).pause();
  const wanted = await change(stored && cloneObject(collection.served(stored)));
  if (stored === undefined) {
    if (wanted.do !== 'write') throw new Error(`nothing to change at ${namespace}/${name}`);
    return { outcome: 'created', stored: await collection.imagined(wanted.object) };
  }
  if (wanted.do === 'nothing') return { outcome: 'unchanged', stored };
  if (wanted.do === 'delete') {
    return { outcome: 'deleted', stored: wanted.last === undefined ? stored : await collection.imagined(wanted.last) };
  }
  return { outcome: 'written', stored: await collection.imagined(wanted.object) };
}
