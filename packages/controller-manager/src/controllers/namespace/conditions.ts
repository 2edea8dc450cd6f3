/** What a namespace's conditions say of its way out. */
import type { NamespaceCondition } from '@keelson/api';
import type { Resource } from '@keelson/client';

/** What is left in a namespace, which finalizers hold it, and what failed. */
export class Remains {
  readonly #counts = new Map<string, number>();
  readonly #finalizers = new Map<string, number>();
  readonly errors: string[] = [];
  #discovery: string | undefined;
  #parsing: string | undefined;

  get hasContent(): boolean {
    return this.#counts.size > 0;
  }

  /** Why it cannot be said that nothing is left. */
  get failures(): readonly string[] {
    return [this.#discovery, this.#parsing, ...this.errors].filter((it) => it !== undefined);
  }

  /** Not all is known that the API server serves: as a whole, or of some versions of groups. */
  undiscovered(failure: string | ReadonlyMap<string, string>): void {
    if (typeof failure === 'string') this.#discovery = failure;
    else if (failure.size > 0) {
      const groups = [...failure].map(([version, reason]) => `${version}: ${reason}`).sort();
      const text = `unable to retrieve the complete list of server APIs: ${groups.join(', ')}`;
      this.#discovery = `Discovery failed for some groups, ${failure.size} failing: ${text}`;
    }
  }

  unparsed(failure: string | undefined): void {
    this.#parsing = failure;
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
      outcome('NamespaceDeletionDiscoveryFailure', this.#discovery, 'DiscoveryFailed', [
        'ResourcesDiscovered',
        'All resources successfully discovered',
      ]),
      outcome('NamespaceDeletionGroupVersionParsingFailure', this.#parsing, 'GroupVersionParsingFailed', [
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ]),
      remaining(
        'NamespaceDeletionContentFailure',
        [...this.errors].sort(),
        'ContentDeletionFailed',
        `Failed to delete all resource types, ${this.errors.length} remaining`,
        ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
      ),
      remaining(
        'NamespaceContentRemaining',
        listed(this.#counts, (name, count) => `${name} has ${count} resource instances`),
        'SomeResourcesRemain',
        'Some resources are remaining',
        ['ContentRemoved', 'All content successfully removed'],
      ),
      remaining(
        'NamespaceFinalizersRemaining',
        listed(this.#finalizers, (name, count) => `${name} in ${count} resource instances`),
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining',
        ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
      ),
    ];
  }
}

function remaining(
  type: string,
  found: readonly string[],
  reason: string,
  text: string,
  well: readonly [string, string],
): NamespaceCondition {
  return outcome(type, found.length === 0 ? undefined : `${text}: ${found.join(', ')}`, reason, well);
}

/** Of a condition that says what is wrong. */
function outcome(
  type: string,
  failure: string | undefined,
  reason: string,
  [wellReason, wellText]: readonly [string, string],
): NamespaceCondition {
  return failure === undefined
    ? { type, status: 'False', reason: wellReason, message: wellText }
    : { type, status: 'True', reason, message: failure };
}

function listed(counts: ReadonlyMap<string, number>, text: (name: string, count: number) => string): string[] {
  return [...counts].map(([name, count]) => text(name, count)).sort();
}
