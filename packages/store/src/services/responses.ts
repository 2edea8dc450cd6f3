import { etcd } from '@keelson/protocol';
import protobuf from 'protobufjs/minimal.js';
import type { OpResult, TxnResult } from '../apply/results.js';
import type { DeleteResult, PutResult } from '../mvcc/mvcc.js';
import type { RangeResult } from '../mvcc/range.js';

type Writer = protobuf.Writer;
type Header = Partial<etcd.ResponseHeader>;

/** Responses written straight from results, whose key-values are encoded already. Field numbers are rpc.proto's. */
export function rangeResponse(header: Header, result: RangeResult): Buffer {
  return finish(writeRange(protobuf.Writer.create(), header, result));
}

export function putResponse(header: Header, result: PutResult): Buffer {
  return finish(writePut(protobuf.Writer.create(), header, result));
}

export function deleteRangeResponse(header: Header, result: DeleteResult): Buffer {
  return finish(writeDeleteRange(protobuf.Writer.create(), header, result));
}

export function txnResponse(header: Header, result: TxnResult): Buffer {
  return finish(writeTxn(protobuf.Writer.create(), header, result));
}

function finish(writer: Writer): Buffer {
  return writer.finish() as Buffer;
}

function writeHeader(writer: Writer, header: Header): Writer {
  return etcd.encodeResponseHeader(header, writer.uint32(10).fork()).ldelim();
}

function writeRange(writer: Writer, header: Header, { kvs, more, count }: RangeResult): Writer {
  writeHeader(writer, header);
  for (const kv of kvs) writer.uint32(18).bytes(kv);
  if (more) writer.uint32(24).bool(true);
  if (count > 0) writer.uint32(32).int64(count);
  return writer;
}

function writePut(writer: Writer, header: Header, { previous }: PutResult): Writer {
  writeHeader(writer, header);
  if (previous) writer.uint32(18).bytes(previous);
  return writer;
}

function writeDeleteRange(writer: Writer, header: Header, { deleted, previous }: DeleteResult): Writer {
  writeHeader(writer, header);
  if (deleted > 0) writer.uint32(16).int64(deleted);
  for (const kv of previous) writer.uint32(26).bytes(kv);
  return writer;
}

function writeTxn(writer: Writer, header: Header, { succeeded, results, revision }: TxnResult): Writer {
  writeHeader(writer, header);
  if (succeeded) writer.uint32(16).bool(true);
  for (const result of results) writeOp(writer.uint32(26).fork(), { revision }, result).ldelim();
  return writer;
}

/** Headers within a transaction carry the revision only; that of a nested transaction is empty, as etcd's is. */
function writeOp(writer: Writer, header: Header, each: OpResult): Writer {
  switch (each.op) {
    case 'range':
      return writeRange(writer.uint32(10).fork(), header, each.result).ldelim();
    case 'put':
      return writePut(writer.uint32(18).fork(), header, each.result).ldelim();
    case 'deleteRange':
      return writeDeleteRange(writer.uint32(26).fork(), header, each.result).ldelim();
    case 'txn':
      return writeTxn(writer.uint32(34).fork(), {}, each.result).ldelim();
  }
}
