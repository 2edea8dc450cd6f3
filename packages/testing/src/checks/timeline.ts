import { etcd } from '@keelson/protocol';
import type { ChangeEvent } from '@keelson/store/internal';

/** One change of one key, as every member must have made it and every watcher must see it. */
export interface KeyChange {
  readonly revision: number;
  readonly sub: number;
  readonly key: string;
  readonly deleted: boolean;
  /** The version that it made, or that a deletion left behind; encoded. */
  readonly kv: Buffer;
  /** The version before, if there was one. */
  readonly previous: Buffer | undefined;
}

/** What the store went through, revision by revision. */
export class Timeline {
  /** By revision, from 2 on. */
  readonly #revisions: (readonly KeyChange[])[] = [];
  readonly #latest = new Map<string, Buffer>();

  get revision(): number {
    return this.#revisions.length + 1;
  }

  add(events: readonly ChangeEvent[]): readonly KeyChange[] {
    const changes = events.map((event): KeyChange => {
      const key = event.key.toString('latin1');
      const previous = this.#latest.get(key);
      if (event.deleted) this.#latest.delete(key);
      else this.#latest.set(key, event.kv);
      return { revision: event.main, sub: event.sub, key, deleted: event.deleted, kv: event.kv, previous };
    });
    this.#revisions.push(changes);
    return changes;
  }

  at(revision: number): readonly KeyChange[] {
    return this.#revisions[revision - 2] ?? [];
  }

  /** Changes of keys in a range, from one revision to another, both included. */
  *changes(from: number, to: number, wants: (key: string) => boolean): Generator<KeyChange> {
    for (let revision = Math.max(2, from); revision <= to; revision += 1) {
      for (const change of this.at(revision)) if (wants(change.key)) yield change;
    }
  }

  /** What a range held at a revision, by key. */
  state(revision: number, wants: (key: string) => boolean): Map<string, etcd.KeyValue> {
    const state = new Map<string, etcd.KeyValue>();
    for (const { key, deleted, kv } of this.changes(2, revision, wants)) {
      if (deleted) state.delete(key);
      else state.set(key, etcd.KeyValue.decode(kv));
    }
    return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
