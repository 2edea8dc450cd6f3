import { controllerOf, type KubeObject } from '@keelson/api';
import { LAST_APPLIED } from '../apply/last-applied.js';
import type { Description } from './description.js';

/** Longer annotations stand under their key, cut off. */
const ANNOTATION_MAX = 140;

export function sortedPairs(map: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

export function pairTexts(map: Readonly<Record<string, string>> | undefined): string[] {
  return sortedPairs(map).map(([key, value]) => `${key}=${value}`);
}

/** `a=b,c=d`, or `<none>`. */
export function pairsText(map: Readonly<Record<string, string>> | undefined): string {
  return pairTexts(map).join(',') || '<none>';
}

export function labels(out: Description, map: Readonly<Record<string, string>> | undefined, level = 0): void {
  out.list('Labels', pairTexts(map), level);
}

export function annotations(out: Description, map: Readonly<Record<string, string>> | undefined, level = 0): void {
  const shown = sortedPairs(map).filter(([key]) => key !== LAST_APPLIED);
  const lines = shown.flatMap(([key, raw]) => {
    const value = raw.replace(/\n$/, '');
    if (value.length + key.length + 2 <= ANNOTATION_MAX && !value.includes('\n')) return [`${key}: ${value}`];
    const short = (text: string) =>
      text.length > ANNOTATION_MAX - 2 ? `${text.slice(0, ANNOTATION_MAX - 2)}...` : text;
    return [`${key}:`, ...value.split('\n').map((text) => `  ${short(text)}`)];
  });
  out.list('Annotations', lines, level);
}

export function controlledBy(out: Description, object: KubeObject): void {
  const owner = controllerOf(object);
  if (owner !== undefined) out.field('Controlled By', `${owner.kind}/${owner.name}`);
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time as RFC 1123 writes it, in UTC. */
export function timeText(timestamp: string | undefined | null): string {
  if (!timestamp) return '<unset>';
  const time = new Date(timestamp);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${DAYS[time.getUTCDay()]}, ${two(time.getUTCDate())} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
  return `${date} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`;
}
