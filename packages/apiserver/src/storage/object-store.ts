import type { KubeObject } from '@keelson/api';
import { etcd, type Init } from '@keelson/protocol';
import type { Store } from './store.js';
import { storedForm } from './stored-form.js';
import { StoredObject } from './stored-object.js';

/** Keys that an object holds beside its own, such as a Service's addresses: taken and given back with it. */
export interface Claims {
  readonly acquire: readonly string[];
  readonly release: readonly string[];
}

export const NO_CLAIMS: Claims = { acquire: [], release: [] };

/** What became of a conditional write. `current` is what the key holds when its own condition failed. */
export type WriteResult =
  | { readonly outcome: 'written'; readonly stored: StoredObject }
  | { readonly outcome: 'changed'; readonly current: StoredObject | undefined }
  /** A claimed key is held by another object. */
  | { readonly outcome: 'claimed' };

const { CompareResult, CompareTarget } = etcd;

/** Objects in the store, each write on the condition that the key is still as the writer saw it. */
export class ObjectStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(prefix: string, path: string): Promise<{ stored: StoredObject | undefined; revision: number }> {
    const { kvs, header } = await this.#store.kv.range({ key: Buffer.from(prefix + path) });
    return { stored: parse(path, kvs[0]), revision: header?.revision ?? 0 };
  }

  /** Writes if the key's modification revision is `expected`; 0: if there is no such key. */
  async write(
    prefix: string,
    path: string,
    object: KubeObject,
    expected: number,
    options: { lease?: bigint | undefined; claims?: Claims | undefined } = {},
  ): Promise<WriteResult> {
    const key = Buffer.from(prefix + path);
    const { lease, claims = NO_CLAIMS } = options;
    const value = storedForm(object);
    const put = { requestPut: { key, value, ...(lease === undefined ? {} : { lease }) } };
    const response = await this.#conditional(key, expected, put, claims);
    if (!response.succeeded) return this.#failed(path, response, expected);
    const revision = response.header?.revision ?? 0;
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    const stored = StoredObject.parse(path, { modRevision: revision, value }, { ...object, metadata });
    return { outcome: 'written', stored };
  }

  /** Deletes if the key's modification revision is `expected`; `stored` is the deletion's revision of `last`. */
  async delete(prefix: string, last: StoredObject, claims: Claims = NO_CLAIMS): Promise<WriteResult> {
    const key = Buffer.from(prefix + last.path);
    const response = await this.#conditional(key, last.revision, { requestDeleteRange: { key } }, claims);
    if (!response.succeeded) return this.#failed(last.path, response, last.revision);
    return { outcome: 'written', stored: last.at(response.header?.revision ?? last.revision) };
  }

  #conditional(
    key: Buffer,
    expected: number,
    operation: Init<etcd.RequestOp>,
    { acquire, release }: Claims,
  ): Promise<etcd.TxnResponse> {
    const holder = key;
    const unclaimed = acquire.map((claim) => ({
      key: Buffer.from(claim),
      target: CompareTarget.MOD,
      result: CompareResult.EQUAL,
      modRevision: 0,
    }));
    return this.#store.kv.txn({
      compare: [{ key, target: CompareTarget.MOD, result: CompareResult.EQUAL, modRevision: expected }, ...unclaimed],
      success: [
        operation,
        ...acquire.map((claim) => ({ requestPut: { key: Buffer.from(claim), value: holder } })),
        ...release.map((claim) => ({ requestDeleteRange: { key: Buffer.from(claim) } })),
      ],
      failure: [{ requestRange: { key } }],
    });
  }

  #failed(path: string, response: etcd.TxnResponse, expected: number): WriteResult {
    const current = parse(path, response.responses[0]?.responseRange?.kvs[0]);
    if ((current?.revision ?? 0) === expected) return { outcome: 'claimed' };
    return { outcome: 'changed', current };
  }
}

function parse(path: string, kv: etcd.KeyValue | undefined): StoredObject | undefined {
  return kv === undefined ? undefined : StoredObject.parse(path, kv);
}
