import type { OwnerReference } from '@keelson/api';

const MAX = 5_000;

/**
 * Owners that were looked for and not found, so that each is looked for once. By all that a reference says and where:
 * the same uid under another name, kind or namespace is another claim, which may be true.
 */
export class AbsentOwners {
  readonly #keys = new Set<string>();

  add(owner: OwnerReference, namespace: string): void {
    this.#keys.add(keyOf(owner, namespace));
    const oldest = this.#keys.values().next();
    if (this.#keys.size > MAX && !oldest.done) this.#keys.delete(oldest.value);
  }

  /** In the namespace of its dependent, or in none. */
  has(owner: OwnerReference, namespace: string): boolean {
    return this.#keys.has(keyOf(owner, '')) || this.#keys.has(keyOf(owner, namespace));
  }
}

function keyOf({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): string {
  return [uid, apiVersion, kind, namespace, name].join(' ');
}
