import type { Kind } from './kind.js';

/** The kinds that are served. Built-in ones come first and in order; custom ones come and go. */
export class KindRegistry {
  readonly #byResource = new Map<string, Kind>();
  readonly #byKind = new Map<string, Kind>();
  readonly #listeners = new Set<() => void>();
  readonly #builtIn: ReadonlySet<string>;
  /** By where objects are stored; made again when it is asked for after a change. */
  #byPlace: Map<string, Kind[]> | undefined;
  #generation = 0;

  /** `kinds`: those that are built in. */
  constructor(kinds: Iterable<Kind> = []) {
    for (const kind of kinds) this.add(kind);
    this.#builtIn = new Set(this.all().map(({ group }) => group));
  }

  /** Whether a group is one of those that the server has of its own. */
  isBuiltIn(group: string): boolean {
    return this.#builtIn.has(group);
  }

  /** Adds a kind, or puts it in the place of one with the same group, version and plural. */
  add(kind: Kind): void {
    const place = key(kind.group, kind.version, kind.plural);
    const before = this.#byResource.get(place);
    if (before !== undefined) this.#byKind.delete(key(before.group, before.version, before.kind));
    this.#byResource.set(place, kind);
    this.#byKind.set(key(kind.group, kind.version, kind.kind), kind);
    this.#changed();
  }

  remove(group: string, version: string, plural: string): boolean {
    const found = this.find(group, version, plural);
    if (found === undefined) return false;
    this.#byKind.delete(key(group, version, found.kind));
    this.#byResource.delete(key(group, version, plural));
    this.#changed();
    return true;
  }

  /** Another one with every change: what was made of the kinds is still true while it is the same. */
  get generation(): number {
    return this.#generation;
  }

  /** Told of each change. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#generation += 1;
    this.#byPlace = undefined;
    for (const listener of this.#listeners) listener();
  }

  find(group: string, version: string, plural: string): Kind | undefined {
    return this.#byResource.get(key(group, version, plural));
  }

  findByKind(group: string, version: string, kind: string): Kind | undefined {
    return this.#byKind.get(key(group, version, kind));
  }

  /** The kinds that show the same stored objects, itself among them if it is served. */
  storedWith(kind: Kind): readonly Kind[] {
    if (this.#byPlace === undefined) {
      this.#byPlace = new Map();
      for (const each of this.#byResource.values()) {
        const known = this.#byPlace.get(placeOf(each));
        if (known === undefined) this.#byPlace.set(placeOf(each), [each]);
        else known.push(each);
      }
    }
    return this.#byPlace.get(placeOf(kind)) ?? [];
  }

  all(): Kind[] {
    return [...this.#byResource.values()];
  }
}

function placeOf({ storage, group, plural }: Kind): string {
  return `${storage?.group ?? group}/${storage?.plural ?? plural}`;
}

function key(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}
