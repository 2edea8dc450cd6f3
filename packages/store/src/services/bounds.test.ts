import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etcd, type Service, TooManyFieldsError } from '@keelson/protocol';
import { addClientServices } from './client-services.js';
import type { DoorContext } from './door.js';
import { kvDefinition } from './kv.js';

type Decode = (bytes: Buffer) => unknown;

/** How a client port decodes requests, by method. */
function decoders(): Map<string, Decode> {
  const found = new Map<string, Decode>();
  const add = (service: Service) => {
    for (const method of Object.values(service)) {
      found.set(method.path, (method as unknown as { requestDeserialize: Decode }).requestDeserialize);
    }
  };
  const context = { limits: { txnOpsMax: 128, requestBytesMax: 1 } } as unknown as DoorContext;
  const dependencies = new Proxy({}, { get: () => ({}) });
  addClientServices({ add, addRaw: add }, context, {} as never, dependencies as never);
  return found;
}

/** Two bytes that are a field with nothing in it, a million times. */
const fieldsWithout = (number: number) => Buffer.alloc(2 * 2 ** 20, Buffer.from([number * 8 + 2, 0]));
const within = (number: number, bytes: Buffer) => {
  const length = Buffer.alloc(4);
  for (let at = 0, rest = bytes.length; at < 4; at += 1, rest >>>= 7) length[at] = (rest & 0x7f) | (at < 3 ? 0x80 : 0);
  return Buffer.concat([Buffer.of(number * 8 + 2), length, bytes]);
};

test('no method of a client port decodes a million fields', () => {
  const all = decoders();
  assert.ok(all.size > 40, `${all.size} methods`);
  for (const [path, decode] of all) {
    if (path === etcd.KVService.txn.path) continue;
    assert.throws(() => decode(fieldsWithout(14)), TooManyFieldsError, path);
    assert.doesNotThrow(() => decode(Buffer.alloc(0)), path);
  }
  const watch = all.get(etcd.WatchService.watch.path)!;
  const filters = within(5, Buffer.alloc(2 ** 20, 1));
  assert.throws(() => watch(within(1, filters)), TooManyFieldsError);
});

test('a transaction with so many is one with too many operations, wherever they are', () => {
  const { requestDeserialize: decode } = kvDefinition(128).txn;
  for (const bytes of [fieldsWithout(2), within(2, fieldsWithout(2)), within(3, within(4, fieldsWithout(1)))]) {
    assert.equal(decode(bytes).tooManyOps, true);
  }
  const requestPut = { key: Buffer.alloc(100), value: Buffer.alloc(1_000) };
  const allowed = etcd.TxnRequest.encode({ success: Array.from({ length: 2_000 }, () => ({ requestPut })) });
  assert.equal(decode(allowed).request.success.length, 2_000);
  const many = etcd.TxnRequest.encode({ success: Array.from({ length: 50_000 }, () => ({ requestPut })) });
  assert.equal(kvDefinition(50_000).txn.requestDeserialize(many).request.success.length, 50_000);
});
