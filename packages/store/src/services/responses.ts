import { etcd } from '@keelson/protocol';
import type { EncodedMessage } from '@keelson/service';
import type { OpResult, TxnResult } from '../apply/results.js';
import { errors } from '../errors.js';
import { MessageWriter } from '../message-writer.js';
import type { DeleteResult, PutResult } from '../mvcc/mvcc.js';
import { type RangeResult, RESPONSE_BYTES_MAX } from '../mvcc/range.js';
import { type Pace, type Steps, unitsOf } from '../steps.js';

type Header = Partial<etcd.ResponseHeader>;

/**
 * Responses written straight from results, whose key-values are encoded already, in steps where they may be large.
 * Field numbers are rpc.proto's.
 */
export function* rangeResponse(header: Header, result: RangeResult, pace: Pace): Steps<EncodedMessage> {
  return finished(yield* writeRange(header, result, pace));
}

export function putResponse(header: Header, result: PutResult): EncodedMessage {
  return writePut(header, result).finish();
}

export function* deleteRangeResponse(header: Header, result: DeleteResult, pace: Pace): Steps<EncodedMessage> {
  return finished(yield* writeDeleteRange(header, result, pace));
}

export function* txnResponse(header: Header, result: TxnResult, pace: Pace): Steps<EncodedMessage> {
  return finished(yield* writeTxn(header, result, pace));
}

function finished(writer: MessageWriter): EncodedMessage {
  if (writer.bytes > RESPONSE_BYTES_MAX) throw errors.responseTooLarge(writer.bytes);
  return writer.finish();
}

function begin(header: Header): MessageWriter {
  const writer = new MessageWriter();
  writer.content(1, etcd.ResponseHeader.encode(header));
  return writer;
}

function* contents(writer: MessageWriter, field: number, all: readonly Buffer[], pace: Pace): Steps<void> {
  for (const each of all) {
    writer.content(field, each);
    if (pace.spend(WRITE_UNITS * unitsOf(each.length))) yield;
  }
}

const WRITE_UNITS = 0.2;
const OP_UNITS = 0.5;

export function* timeToLiveResponse(
  header: Header,
  { keys, ...rest }: Omit<etcd.LeaseTimeToLiveResponse, 'header'>,
  pace: Pace,
): Steps<EncodedMessage> {
  const writer = new MessageWriter();
  writer.fields(etcd.LeaseTimeToLiveResponse.encode({ header, ...rest }));
  yield* contents(writer, 5, keys, pace);
  return finished(writer);
}

export function* leasesResponse(header: Header, ids: readonly bigint[], pace: Pace): Steps<EncodedMessage> {
  const writer = begin(header);
  for (const ID of ids) {
    writer.content(2, etcd.LeaseStatus.encode({ ID }));
    if (pace.spend(WRITE_UNITS)) yield;
  }
  return finished(writer);
}

function* writeRange(header: Header, { kvs, more, count }: RangeResult, pace: Pace): Steps<MessageWriter> {
  const writer = begin(header);
  yield* contents(writer, 2, kvs, pace);
  if (more) writer.varint(3, 1);
  if (count > 0) writer.varint(4, count);
  return writer;
}

function writePut(header: Header, { previous }: PutResult): MessageWriter {
  const writer = begin(header);
  if (previous) writer.content(2, previous);
  return writer;
}

function* writeDeleteRange(header: Header, { deleted, previous }: DeleteResult, pace: Pace): Steps<MessageWriter> {
  const writer = begin(header);
  if (deleted > 0) writer.varint(2, deleted);
  yield* contents(writer, 3, previous, pace);
  return writer;
}

function* writeTxn(header: Header, { succeeded, results }: TxnResult, pace: Pace): Steps<MessageWriter> {
  const writer = begin(header);
  if (succeeded) writer.varint(2, 1);
  for (const result of results) {
    writer.nested(3, yield* writeOp(result, pace));
    if (pace.spend(OP_UNITS)) yield;
  }
  return writer;
}

/** Headers within a transaction carry the revision only; that of a nested transaction is empty, as etcd's is. */
function* writeOp(each: OpResult, pace: Pace): Steps<MessageWriter> {
  const writer = new MessageWriter();
  switch (each.op) {
    case 'range':
      writer.nested(1, yield* writeRange({ revision: each.revision }, each.result, pace));
      break;
    case 'put':
      writer.nested(2, writePut({ revision: each.revision }, each.result));
      break;
    case 'deleteRange':
      writer.nested(3, yield* writeDeleteRange({ revision: each.revision }, each.result, pace));
      break;
    case 'txn':
      writer.nested(4, yield* writeTxn({}, each.result, pace));
  }
  return writer;
}
