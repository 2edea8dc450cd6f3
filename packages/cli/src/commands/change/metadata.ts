import { UsageError } from '../../errors.js';

/** What `label` and `annotate` are to set and to take away. */
export interface MetadataChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

/** Tells words that name objects from `key=value` and `key-`. */
export function splitChanges(
  words: readonly string[],
  what: 'label' | 'annotation',
): { names: string[]; changes: MetadataChanges } {
  const isChange = (word: string) => word.includes('=') || word.endsWith('-');
  const firstChange = words.findIndex(isChange);
  const names = firstChange < 0 ? [...words] : words.slice(0, firstChange);
  const given = firstChange < 0 ? [] : words.slice(firstChange);
  const stray = given.find((word) => !isChange(word));
  if (stray !== undefined) throw new UsageError(`all resources must be specified before ${what} changes: ${stray}`);
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const word of given) {
    const equals = word.indexOf('=');
    if (equals === 0) throw new UsageError(`invalid ${what} spec: ${word}: write KEY=VALUE or KEY-`);
    if (equals > 0) set.set(word.slice(0, equals), word.slice(equals + 1));
    else remove.push(word.slice(0, -1));
  }
  const both = remove.find((key) => set.has(key));
  if (both !== undefined) throw new UsageError(`cannot modify and remove the same ${what}: ${both}`);
  return { names, changes: { set, remove } };
}
