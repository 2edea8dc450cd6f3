import { etcd } from '@keelson/protocol';
import type { Backend } from '../backend/backend.js';
import { Table, tableKey } from '../backend/tables.js';
import { indexKey } from '../mvcc/key-index.js';

/** Users and roles by name: in memory, and in the database behind. */
export class Accounts {
  readonly users: NamedTable<etcd.User>;
  readonly roles: NamedTable<etcd.Role>;

  constructor(backend: Backend) {
    this.users = new NamedTable<etcd.User>(backend, Table.authUser, etcd.User);
    this.roles = new NamedTable<etcd.Role>(backend, Table.authRole, etcd.Role);
  }
}

interface RecordCodec<T> {
  encode(value: T): Buffer;
  decode(bytes: Uint8Array): T;
}

export class NamedTable<T extends { readonly name: Buffer }> {
  readonly #backend: Backend;
  readonly #table: number;
  readonly #codec: RecordCodec<T>;
  readonly #byName = new Map<string, T>();

  constructor(backend: Backend, table: number, codec: RecordCodec<T>) {
    this.#backend = backend;
    this.#table = table;
    this.#codec = codec;
    for (const [, value] of backend.scan(Buffer.of(table), Buffer.of(table + 1))) {
      // The database's bytes are lent, these stay.
      const record = codec.decode(Buffer.from(value));
      this.#byName.set(record.name.toString(), record);
    }
  }

  get(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** In the order of their names' bytes. */
  list(): T[] {
    return [...this.#byName.values()].sort((a, b) => Buffer.compare(a.name, b.name));
  }

  put(record: T): void {
    const bytes = this.#codec.encode(record);
    // A copy: what came with a request shares its memory.
    this.#byName.set(record.name.toString(), this.#codec.decode(bytes));
    this.#backend.put(this.#key(record.name), bytes);
  }

  remove(name: string): void {
    this.#byName.delete(name);
    this.#backend.remove(this.#key(Buffer.from(name)));
  }

  #key(name: Buffer): Buffer {
    return tableKey(this.#table, indexKey(name));
  }
}
