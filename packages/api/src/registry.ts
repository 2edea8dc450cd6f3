import type { Kind } from './kind.js';

/** The kinds that are served. Built-in ones come first and in order; custom ones come and go. */
export class KindRegistry {
  readonly #byResource = new Map<string, Kind>();
  readonly #byKind = new Map<string, Kind>();

  constructor(kinds: Iterable<Kind> = []) {
    for (const kind of kinds) this.add(kind);
  }

  /** Adds a kind, or puts it in the place of one with the same group, version and plural. */
  add(kind: Kind): void {
    this.remove(kind.group, kind.version, kind.plural);
    this.#byResource.set(key(kind.group, kind.version, kind.plural), kind);
    this.#byKind.set(key(kind.group, kind.version, kind.kind), kind);
  }

  remove(group: string, version: string, plural: string): boolean {
    const found = this.find(group, version, plural);
    if (found === undefined) return false;
    this.#byKind.delete(key(group, version, found.kind));
    return this.#byResource.delete(key(group, version, plural));
  }

  find(group: string, version: string, plural: string): Kind | undefined {
    return this.#byResource.get(key(group, version, plural));
  }

  findByKind(group: string, version: string, kind: string): Kind | undefined {
    return this.#byKind.get(key(group, version, kind));
  }

  all(): Kind[] {
    return [...this.#byResource.values()];
  }
}

function key(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}
