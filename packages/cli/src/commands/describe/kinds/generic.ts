import { isRecord, type KubeObject } from '@keelson/api';
import type { Describer } from '../describer.js';
import type { Description } from '../description.js';
import { annotations, labels } from '../metadata.js';

const SKIPPED = new Set(['managedFields', 'name', 'namespace', 'labels', 'annotations']);
const WORDS: Readonly<Record<string, string>> = { uid: 'UID', ip: 'IP', api: 'API' };

/** Any kind: every field, in words. */
export const describeGeneric: Describer<KubeObject> = (out, object) => {
  const { metadata, apiVersion, kind, ...rest } = object;
  out.field('Name', metadata.name).field('Namespace', metadata.namespace ?? '');
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.field('API Version', apiVersion).field('Kind', kind);
  out.line('Metadata:');
  const shown = Object.entries(metadata).filter(([key]) => !SKIPPED.has(key));
  fields(out, Object.fromEntries(shown), 1);
  fields(out, rest as Record<string, unknown>, 0);
};

function fields(out: Description, map: Readonly<Record<string, unknown>>, level: number): void {
  for (const key of Object.keys(map).sort()) {
    const value = map[key];
    const title = titleOf(key);
    if (isRecord(value)) {
      out.line(`${title}:`, level);
      fields(out, value, level + 1);
    } else if (Array.isArray(value)) {
      out.line(`${title}:`, level);
      for (const item of value) {
        if (isRecord(item)) fields(out, item, level + 1);
        else out.line(String(item), level + 1);
      }
    } else if (value !== undefined) out.field(title, value === null ? '<nil>' : value, level);
  }
}

/** `resourceVersion` as `Resource Version`; keys that are no identifiers stay as they are. */
function titleOf(key: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(key)) return key;
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(' ');
  return words.map((word) => WORDS[word.toLowerCase()] ?? word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}
