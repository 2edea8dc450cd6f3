import type { Backend } from '../backend/backend.js';
import { Table, tableKey } from '../backend/tables.js';

/** Names of what is stored once. */
export type MetaName =
  | 'applied'
  | 'appliedTerm'
  | 'revision'
  | 'keys'
  | 'compact'
  | 'compacted'
  | 'cluster'
  | 'alarms'
  | 'authEnabled'
  | 'authRevision'
  | 'downgrade'
  | 'quotas'
  | 'confState';

/** Single values beside the tables, in the same transactions. */
export class Meta {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  readNumber(name: MetaName): number {
    const value = this.#backend.get(key(name));
    return value ? Number(value.readBigUInt64BE()) : 0;
  }

  writeNumber(name: MetaName, value: number): void {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(BigInt(value));
    this.#backend.put(key(name), bytes);
  }

  readJson<T>(name: MetaName): T | undefined {
    const value = this.#backend.get(key(name));
    return value && (JSON.parse(value.toString('utf8')) as T);
  }

  writeJson(name: MetaName, value: unknown): void {
    this.#backend.put(key(name), Buffer.from(JSON.stringify(value)));
  }
}

const keys = new Map<MetaName, Buffer>();

function key(name: MetaName): Buffer {
  const known = keys.get(name);
  if (known) return known;
  const made = tableKey(Table.meta, Buffer.from(name));
  keys.set(name, made);
  return made;
}
