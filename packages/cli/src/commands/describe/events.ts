import { age, type Event, type KubeObject } from '@keelson/api';
import { resources } from '@keelson/client';
import type { Cluster } from '../../cluster/cluster.js';
import type { Description } from './description.js';

/** What was reported of an object, oldest first. */
export async function eventsOf(cluster: Cluster, object: KubeObject): Promise<Event[]> {
  const { name = '', namespace = '', uid = '' } = object.metadata;
  const wanted = Object.entries({
    'involvedObject.name': name,
    'involvedObject.namespace': namespace,
    'involvedObject.kind': object.kind ?? '',
    // Nodes' events carry the node's name as its uid.
    ...(object.kind === 'Node' ? {} : { 'involvedObject.uid': uid }),
  });
  const fieldSelector = wanted
    .filter(([, value]) => value !== '')
    .map(([field, value]) => `${field}=${value}`)
    .join(',');
  const { items } = await cluster.client.list(resources.events, { namespace, fieldSelector });
  return items.sort((a, b) => Date.parse(lastSeen(a) ?? '') - Date.parse(lastSeen(b) ?? ''));
}

export function lastSeen(event: Event): string | undefined {
  return (
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp ??
    undefined
  );
}

export function countOf(event: Event): number {
  return event.series?.count ?? event.count ?? 1;
}

export function firstSeen(event: Event): string | undefined {
  return event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? undefined;
}

export function events(out: Description, list: readonly Event[], now: Date): void {
  if (list.length === 0) {
    out.field('Events', '<none>');
    return;
  }
  out.line('Events:');
  const rows = list.map((event) => [
    event.type ?? '',
    event.reason ?? '',
    ageText(event, now),
    event.source?.component || event.reportingComponent || '',
    (event.message ?? '').trim().replaceAll('\n', '\\n'),
  ]);
  const header = ['Type', 'Reason', 'Age', 'From', 'Message'];
  out.rows(header, rows, 1, ['----', '------', '----', '----', '-------']);
}

function ageText(event: Event, now: Date): string {
  const count = countOf(event);
  const last = age(lastSeen(event), now);
  return count > 1 ? `${last} (x${count} over ${age(firstSeen(event), now)})` : last;
}
