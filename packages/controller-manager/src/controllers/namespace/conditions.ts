/** What a namespace's conditions say of its way out. */
import type { NamespaceCondition } from '@keelson/api';
import type { Resource } from '@keelson/client';

/** What is left in a namespace, which finalizers hold it, and what failed. */
export class Remains {
  readonly #counts = new Map<string, number>();
  readonly #finalizers = new Map<string, number>();
  readonly errors: string[] = [];

  get isEmpty(): boolean {
    return this.#counts.size === 0 && this.errors.length === 0;
  }

  add(
    resource: Resource,
    items: readonly { readonly metadata: { readonly finalizers?: readonly string[] | undefined } }[],
  ) {
    if (items.length > 0) this.#counts.set(`${resource.plural}.${resource.group}`, items.length);
    for (const finalizer of items.flatMap((it) => it.metadata.finalizers ?? []))
      this.#finalizers.set(finalizer, (this.#finalizers.get(finalizer) ?? 0) + 1);
  }

  conditions(): NamespaceCondition[] {
    return [
      ...ALWAYS_WELL,
      this.#condition(
        'NamespaceDeletionContentFailure',
        [...this.errors].sort(),
        'ContentDeletionFailed',
        `Failed to delete all resource types, ${this.errors.length} remaining`,
        ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      ),
      this.#condition(
        'NamespaceContentRemaining',
        listed(this.#counts, (name, count) => `${name} has ${count} resource instances`),
        'SomeResourcesRemain',
        'Some resources are remaining',
        ['ContentRemoved', 'All content successfully removed'],
      ),
      this.#condition(
        'NamespaceFinalizersRemaining',
        listed(this.#finalizers, (name, count) => `${name} in ${count} resource instances`),
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining',
        ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      ),
    ];
  }

  #condition(
    type: string,
    found: readonly string[],
    reason: string,
    text: string,
    [wellReason, wellText]: readonly [string, string],
  ): NamespaceCondition {
    if (found.length === 0) return { type, status: 'False', reason: wellReason, message: wellText };
    return { type, status: 'True', reason, message: `${text}: ${found.join(', ')}` };
  }
}

function listed(counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string): string[] {
  return [...counts].map(([name, count]) => text(name, count)).sort();
}

/** Kinds are known here and not discovered. */
const ALWAYS_WELL: readonly NamespaceCondition[] = [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'False',
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
];
