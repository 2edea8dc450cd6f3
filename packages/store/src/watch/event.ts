import { etcd } from '@keelson/protocol';
import protobuf from 'protobufjs/minimal.js';
import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';

/** A change on its way to watchers, encoded at most once with and once without the previous version. */
export class WatchEvent {
  readonly change: ChangeEvent;
  readonly #mvcc: Mvcc;
  #plain: Buffer | undefined;
  #withPrevious: Buffer | undefined;

  constructor(change: ChangeEvent, mvcc: Mvcc) {
    this.change = change;
    this.#mvcc = mvcc;
  }

  /** An encoded mvccpb.Event. */
  encoded(prevKv: boolean): Buffer {
    if (!prevKv) {
      this.#plain ??= encodeEvent(this.change, undefined);
      return this.#plain;
    }
    this.#withPrevious ??= encodeEvent(this.change, this.#mvcc.previousOf(this.change));
    return this.#withPrevious;
  }
}

function encodeEvent({ deleted, kv }: ChangeEvent, previous: Buffer | undefined): Buffer {
  const writer = protobuf.Writer.create();
  if (deleted) writer.uint32(8).int32(etcd.EventType.DELETE);
  writer.uint32(18).bytes(kv);
  if (previous) writer.uint32(26).bytes(previous);
  return writer.finish() as Buffer;
}
