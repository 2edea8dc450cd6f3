import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { equalTo } from '../auth/selector-requirements.js';

/** How many watches see a change: each costs something when it happens. Watches are alike where they look at the same. */
export class WatchTracker {
  readonly #counts = new Map<string, number>();

  /** A watch stands. Returns what is to be called when it ends. */
  add(asked: AuthorizationAttributes): () => void {
    // Watches of one node's pods see few of all changes of pods.
    const node = asked.resource === 'pods' ? equalTo(asked.fieldSelector, 'spec.nodeName') : undefined;
    if (node !== undefined && node !== '') return () => {};
    const key = keyOf(asked, asked.namespace, asked.name);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#counts.get(key) ?? 0) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  /** Watches of everything, of the namespace and of the one object. */
  interestedIn(asked: AuthorizationAttributes): number {
    if (this.#counts.size === 0) return 0;
    const { namespace, name } = asked;
    let count = this.#counts.get(keyOf(asked, '', '')) ?? 0;
    if (namespace !== '') count += this.#counts.get(keyOf(asked, namespace, '')) ?? 0;
    if (name !== '') count += this.#counts.get(keyOf(asked, namespace, name)) ?? 0;
    return count;
  }
}

function keyOf({ group, resource }: AuthorizationAttributes, namespace: string, name: string): string {
  return `${group}/${resource}/${namespace}/${name}`;
}
