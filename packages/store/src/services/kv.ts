import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { etcd, TooManyFieldsError } from '@keelson/protocol';
import type { EncodedMessage } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import { readTxn } from '../apply/txn.js';
import type { Caller } from '../auth/gate.js';
import { errors } from '../errors.js';
import type { Mvcc } from '../mvcc/mvcc.js';
import { writtenKeys } from '../quota/rate-limiter.js';
import type { Pace, Steps } from '../steps.js';
import { type DoorContext, header, type Raw, rawMethod, unary } from './door.js';
import { deleteRangeResponse, putResponse, rangeResponse, txnResponse } from './responses.js';
import { validateDeleteRange, validatePut, validateRange, validateTxn } from './validate.js';

const { range, put, deleteRange, txn, compact } = etcd.KVService;

/** A transaction that has too much in it is not decoded: `tooManyOps` says so. */
export function kvDefinition(txnOpsMax: number) {
  const decoded = rawMethod(txn, TXN_READS_MAX + READS_PER_OP * txnOpsMax);
  return {
    range: rawMethod(range),
    put: rawMethod(put),
    deleteRange: rawMethod(deleteRange),
    txn: {
      ...decoded,
      requestDeserialize: (bytes: Buffer): RawTxn => {
        try {
          return decoded.requestDeserialize(bytes);
        } catch (error) {
          if (!(error instanceof TooManyFieldsError)) throw error;
          return { bytes, request: NO_TXN, tooManyOps: true };
        }
      },
    },
    compact: rawMethod(compact),
  };
}

type RawTxn = Raw<etcd.TxnRequest> & { readonly tooManyOps?: boolean };
const NO_TXN = txn.request.decode(Buffer.alloc(0));
const TXN_READS_MAX = 100_000;
const READS_PER_OP = 40;

/** etcd's KV service: reads of the latest state here, writes through the log. */
export function kvService(context: DoorContext): UntypedServiceImplementation {
  const handlers = new KvHandlers(context);
  return {
    range: unary(context, (raw: Raw<etcd.RangeRequest>, caller) => handlers.range(raw.request, caller)),
    put: unary(context, (raw: Raw<etcd.PutRequest>, caller) => handlers.put(raw, caller)),
    deleteRange: unary(context, (raw: Raw<etcd.DeleteRangeRequest>, caller) => handlers.deleteRange(raw, caller)),
    txn: unary(context, (raw: RawTxn, caller) => handlers.txn(raw, caller)),
    compact: unary(context, (raw: Raw<etcd.CompactionRequest>, caller) => handlers.compact(raw, caller)),
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

  async range(request: etcd.RangeRequest, caller: Caller): Promise<EncodedMessage> {
    validateRange(request);
    if (!request.serializable) await this.#replica.linearizable();
    const author = await this.#context.gate.authorOf(caller);
    this.#replica.machine.access.range(author, request);
    const response = await this.#replica.read((machine, pace) =>
      rangeSteps(this.#context, machine.mvcc, request, pace),
    );
    // Reading may have taken a while, and what was allowed may not be any more.
    this.#replica.machine.auth.requireCurrent(author);
    return response;
  }

  async put({ bytes, request }: Raw<etcd.PutRequest>, caller: Caller): Promise<EncodedMessage> {
    validatePut(request);
    this.#context.limiter?.take([request.key]);
    this.#requireSize(bytes);
    const author = await this.#context.gate.authorOf(caller);
    const { outcome, revision } = await this.#replica.propose<'put'>(CommandKind.put, bytes, { author });
    return putResponse(header(this.#context, revision), outcome);
  }

  async deleteRange({ bytes, request }: Raw<etcd.DeleteRangeRequest>, caller: Caller): Promise<EncodedMessage> {
    validateDeleteRange(request);
    this.#context.limiter?.take([request.key]);
    this.#requireSize(bytes);
    const author = await this.#context.gate.authorOf(caller);
    const { outcome, revision } = await this.#replica.propose<'deleteRange'>(CommandKind.deleteRange, bytes, {
      author,
    });
    const { lane } = this.#replica;
    return await lane.run(deleteRangeResponse(header(this.#context, revision), outcome, lane.pace));
  }

  async txn({ bytes, request, tooManyOps }: RawTxn, caller: Caller): Promise<EncodedMessage> {
    if (tooManyOps) throw errors.tooManyOps();
    validateTxn(request, this.#context.limits.txnOpsMax);
    if (isReadOnly(request)) return await this.#readTxn(request, caller);
    this.#context.limiter?.take(writtenKeys(request));
    this.#requireSize(bytes);
    const author = await this.#context.gate.authorOf(caller);
    const { outcome, revision } = await this.#replica.propose<'txn'>(CommandKind.txn, bytes, { author });
    const { lane } = this.#replica;
    return await lane.run(txnResponse(header(this.#context, revision), outcome, lane.pace));
  }

  /** A transaction that only reads needs no entry in the log. */
  async #readTxn(request: etcd.TxnRequest, caller: Caller): Promise<EncodedMessage> {
    if (!isSerializable(request)) await this.#replica.linearizable();
    const author = await this.#context.gate.authorOf(caller);
    this.#replica.machine.access.txn(author, request);
    const response = await this.#replica.read((machine, pace) =>
      readTxnSteps(this.#context, machine.mvcc, request, pace),
    );
    this.#replica.machine.auth.requireCurrent(author);
    return response;
  }

  async compact({ bytes, request }: Raw<etcd.CompactionRequest>, caller: Caller): Promise<EncodedMessage> {
    await this.#context.gate.requireAdmin(caller);
    const author = await this.#context.gate.authorOf(caller);
    const { revision } = await this.#replica.propose<'compact'>(CommandKind.compact, bytes, { author });
    if (request.physical) await this.#context.compactions.done();
    return etcd.CompactionResponse.encode({ header: header(this.#context, revision) });
  }

  #requireSize(bytes: Buffer): void {
    if (bytes.length > this.#context.limits.requestBytesMax) throw errors.requestTooLarge();
  }
}

function* rangeSteps(context: DoorContext, mvcc: Mvcc, request: etcd.RangeRequest, pace: Pace): Steps<EncodedMessage> {
  const { revision } = mvcc;
  return yield* rangeResponse(header(context, revision), yield* mvcc.rangeSteps(request, pace), pace);
}

function* readTxnSteps(context: DoorContext, mvcc: Mvcc, request: etcd.TxnRequest, pace: Pace): Steps<EncodedMessage> {
  const { revision } = mvcc;
  return yield* txnResponse(header(context, revision), yield* readTxn(mvcc, request, pace), pace);
}

/** As etcd has it, a nested transaction counts as a write even if it holds only reads. */
function isReadOnly(request: etcd.TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange !== undefined);
}

function isSerializable(request: etcd.TxnRequest): boolean {
  return [...request.success, ...request.failure].every((op) => op.requestRange?.serializable === true);
}
