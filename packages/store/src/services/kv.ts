import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import { CommandKind } from '../apply/command.js';
import type { TxnResult } from '../apply/results.js';
import { runTxn } from '../apply/txn.js';
import { errors } from '../errors.js';
import { type DoorContext, header, type Raw, rawMethod, unary } from './door.js';
import { deleteRangeResponse, putResponse, rangeResponse, txnResponse } from './responses.js';
import { validateDeleteRange, validatePut, validateRange, validateTxn } from './validate.js';

const { range, put, deleteRange, txn, compact } = etcd.KVService;

export const kvDefinition = {
  range: rawMethod(range),
  put: rawMethod(put),
  deleteRange: rawMethod(deleteRange),
  txn: rawMethod(txn),
  compact: rawMethod(compact),
};

/** etcd's KV service: reads of the latest state here, writes through the log. */
export function kvService(context: DoorContext): UntypedServiceImplementation {
  const handlers = new KvHandlers(context);
  return {
    range: unary(context, (raw: Raw<etcd.RangeRequest>) => handlers.range(raw.request)),
    put: unary(context, (raw: Raw<etcd.PutRequest>) => handlers.put(raw)),
    deleteRange: unary(context, (raw: Raw<etcd.DeleteRangeRequest>) => handlers.deleteRange(raw)),
    txn: unary(context, (raw: Raw<etcd.TxnRequest>) => handlers.txn(raw)),
    compact: unary(context, (raw: Raw<etcd.CompactionRequest>) => handlers.compact(raw)),
  } as UntypedServiceImplementation;
}

class KvHandlers {
  readonly #context: DoorContext;

  constructor(context: DoorContext) {
    this.#context = context;
  }

  get #replica() {
    return this.#context.replica;
  }

  async range(request: etcd.RangeRequest): Promise<Buffer> {
    validateRange(request);
    if (!request.serializable) await this.#replica.linearizable();
    const { mvcc } = this.#replica.machine;
    const result = mvcc.range(request);
    return rangeResponse(header(this.#context, mvcc.revision), result);
  }

  async put({ bytes, request }: Raw<etcd.PutRequest>): Promise<Buffer> {
    validatePut(request);
    this.#requireSize(bytes);
    const { outcome, revision } = await this.#replica.propose<'put'>(CommandKind.put, bytes);
    return putResponse(header(this.#context, revision), outcome);
  }

  async deleteRange({ bytes, request }: Raw<etcd.DeleteRangeRequest>): Promise<Buffer> {
    validateDeleteRange(request);
    this.#requireSize(bytes);
    const { outcome, revision } = await this.#replica.propose<'deleteRange'>(CommandKind.deleteRange, bytes);
    return deleteRangeResponse(header(this.#context, revision), outcome);
  }

  async txn({ bytes, request }: Raw<etcd.TxnRequest>): Promise<Buffer> {
    validateTxn(request, this.#context.limits.txnOpsMax);
    if (isReadOnly(request)) return await this.#readTxn(request);
    this.#requireSize(bytes);
    const { outcome, revision } = await this.#replica.propose<'txn'>(CommandKind.txn, bytes);
    return txnResponse(header(this.#context, revision), outcome);
  }

  /** A transaction that only reads needs no entry in the log. */
  async #readTxn(request: etcd.TxnRequest): Promise<Buffer> {
    if (!isSerializable(request)) await this.#replica.linearizable();
    const { mvcc, lessor } = this.#replica.machine;
    const result: TxnResult = runTxn(mvcc, lessor, mvcc.write(lessor), request);
    return txnResponse(header(this.#context, mvcc.revision), result);
  }

  async compact({ bytes, request }: Raw<etcd.CompactionRequest>): Promise<Buffer> {
    const { revision } = await this.#replica.propose<'compact'>(CommandKind.compact, bytes);
    if (request.physical) await this.#context.compactions.done();
    return etcd.CompactionResponse.encode({ header: header(this.#context, revision) });
  }

  #requireSize(bytes: Buffer): void {
    if (bytes.length > this.#context.limits.requestBytesMax) throw errors.requestTooLarge();
  }
}

/** As etcd has it, a nested transaction counts as a write even if it holds only reads. */
function isReadOnly(request: etcd.TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange !== undefined);
}

function isSerializable(request: etcd.TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange?.serializable === true);
}
