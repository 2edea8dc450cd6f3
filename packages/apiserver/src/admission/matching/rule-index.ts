import type { Kind, KindRegistry } from '@keelson/api';
import type { ResourceCache } from '../../storage/resource-cache.js';
import { type Matching, mayWant } from './matching.js';
import { type Asked, subresourceOf } from './subject.js';

/**
 * Those that say by rules which writes they are about, found by kind, operation and subresource: a write that no rule
 * names costs a look, however many rules there are. What is found is kept until what says it, or a kind, changes.
 */
export class RuleIndex<T> {
  readonly #kinds: Pick<KindRegistry, 'storedWith' | 'generation'>;
  readonly #sources: readonly Pick<ResourceCache, 'changes'>[];
  readonly #read: () => readonly T[];
  readonly #matchingOf: (item: T) => Matching;
  #items: readonly T[] = [];
  /** By the kind's own writes, and there by operation and subresource. */
  #found = new Map<Kind, Map<string, readonly T[]>>();
  #seen: readonly number[] = [];

  /** `read`: all of them in their order, as the sources say. */
  constructor(dependencies: {
    kinds: Pick<KindRegistry, 'storedWith' | 'generation'>;
    sources: readonly Pick<ResourceCache, 'changes'>[];
    read: () => readonly T[];
    matchingOf: (item: T) => Matching;
  }) {
    this.#kinds = dependencies.kinds;
    this.#sources = dependencies.sources;
    this.#read = dependencies.read;
    this.#matchingOf = dependencies.matchingOf;
  }

  /** Those that may be about a write, in their order; names, labels and namespaces are not looked at. */
  about(asked: Asked): readonly T[] {
    this.#renew();
    if (this.#items.length === 0) return this.#items;
    const { kind, operation } = asked;
    const subresource = subresourceOf(asked);
    let ofKind = this.#found.get(kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      this.#found.set(kind, ofKind);
    }
    const key = `${operation}/${subresource}`;
    let found = ofKind.get(key);
    if (found === undefined) {
      const kinds = [kind, ...this.#kinds.storedWith(kind)];
      found = this.#items.filter((item) => mayWant(this.#matchingOf(item), kinds, operation, subresource));
      ofKind.set(key, found);
    }
    return found;
  }

  #renew(): void {
    const { generation } = this.#kinds;
    if (this.#seen[0] === generation && this.#sources.every(({ changes }, at) => changes === this.#seen[at + 1]))
      return;
    this.#seen = [generation, ...this.#sources.map(({ changes }) => changes)];
    this.#items = this.#read();
    this.#found = new Map();
  }
}
