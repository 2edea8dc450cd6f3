import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import { ManualClock } from '@keelson/service/testing';
import fc from 'fast-check';
import { LmdbBackend } from '../backend/lmdb.js';
import { errors } from '../errors.js';
import { hashKeys } from '../mvcc/hash.js';
import { Pace } from '../steps.js';
import { type Authorship, type Command, CommandKind, decodeCommand, encodeCommand } from './command.js';
import { type Applied, StateMachine } from './state-machine.js';

const key = (text: string) => Buffer.from(text);
const text = fc.string({ unit: 'grapheme', maxLength: 20 });

test('a command is read as it was written, whoever its author', () => {
  const author = fc.oneof(
    fc.constantFrom<Authorship>('system', 'nobody'),
    fc.record({ user: text, revision: fc.nat() }, { noNullPrototype: true }),
  );
  const command: fc.Arbitrary<Command> = fc.record(
    {
      kind: fc.constantFrom(...Object.values(CommandKind)),
      origin: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      sequence: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      author,
      body: fc.uint8Array({ maxLength: 50 }).map((each) => Buffer.from(each)),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(command, (each) => assert.deepEqual(decodeCommand(encodeCommand(each)), each)));
});

describe('StateMachine', () => {
  let directory: string;
  let backend: LmdbBackend;
  let machine: StateMachine;
  let last: Applied;
  let index = 0;

  const open = () => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-machine-'));
    backend = new LmdbBackend({ file: join(directory, 'db'), mapBytes: 1024 ** 3 });
    const tokens = { add: () => undefined, revokeUser: () => undefined, revokeAll: () => undefined };
    index = 0;
    machine = new StateMachine(
      { ttlMin: 2 },
      { backend, clock: new ManualClock(), tokens },
      { clusterId: 1n, members: [] },
      {
        applied: (_, result) => {
          last = result;
        },
        changed: () => undefined,
        compacted: () => undefined,
        membersChanged: () => undefined,
      },
    );
  };
  beforeEach(open);
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true });
  });

  const apply = (kind: Command['kind'], body: Buffer, author: Authorship = 'nobody') => {
    index += 1;
    const data = encodeCommand({ kind, origin: 1n, sequence: index, author, body });
    machine.apply({ index, term: 1, type: 'normal', data });
    return last.ok ? 'done' : last.error.details;
  };
  const put = (author: Authorship, name = 'a/x', lease = 0n) =>
    apply(CommandKind.put, etcd.PutRequest.encode({ key: key(name), value: key('v'), lease }), author);
  const denied = errors.permissionDenied().details;

  /** alice may read and write below a/. */
  const withUsers = () => {
    for (const name of ['root', 'alice']) apply(CommandKind.userAdd, etcd.AuthUserAddRequest.encode({ name }));
    const grant = (user: string, role: string) =>
      apply(CommandKind.userGrantRole, etcd.AuthUserGrantRoleRequest.encode({ user, role }));
    grant('root', 'root');
    apply(CommandKind.roleAdd, etcd.AuthRoleAddRequest.encode({ name: 'a' }));
    const perm = { permType: etcd.PermissionType.READWRITE, key: key('a/'), rangeEnd: key('a0') };
    apply(CommandKind.roleGrantPermission, etcd.AuthRoleGrantPermissionRequest.encode({ name: 'a', perm }));
    grant('alice', 'a');
    assert.equal(apply(CommandKind.authEnable, Buffer.alloc(0)), 'done');
    return { user: 'alice', revision: machine.auth.revision };
  };

  /** Applies in steps; `between` looks at what everybody else sees meanwhile. */
  const applyInSteps = (kind: Command['kind'], body: Buffer, units: number, between: () => void) => {
    index += 1;
    const data = encodeCommand({ kind, origin: 1n, sequence: index, author: 'nobody', body });
    const pace = new Pace(units);
    const steps = machine.applySteps({ index, term: 1, type: 'normal', data }, pace);
    for (let count = 1; ; count += 1) {
      pace.renew();
      if (steps.next().done) return count;
      assert.equal(machine.applied, index - 1);
      between();
    }
  };
  const all = { key: key('\0'), rangeEnd: key('\0') };
  const rangeDefaults = etcd.RangeRequest.decode(Buffer.alloc(0));
  const seen = () => ({
    revision: machine.mvcc.revision,
    keys: machine.mvcc.keys,
    range: machine.mvcc.range({ ...rangeDefaults, ...all }),
    leased: machine.lessor.keys(7n).length,
    hash: hashKeys(machine.mvcc, machine.mvcc.revision + 1),
    usage: JSON.stringify(machine.quotas.usage),
  });
  const fill = () => {
    apply(CommandKind.leaseGrant, etcd.LeaseGrantRequest.encode({ ID: 7n, TTL: 60 }));
    apply(CommandKind.quotaRules, Buffer.from(JSON.stringify([{ prefix: 'k/1', keysMax: 5_000 }])));
    for (let n = 0; n < 2_000; n += 1) put('nobody', `k/${n}`, n % 2 === 0 ? 7n : 0n);
  };

  const large = {
    deleteRange: [CommandKind.deleteRange, etcd.DeleteRangeRequest.encode({ ...all, prevKv: true })],
    txn: [
      CommandKind.txn,
      etcd.TxnRequest.encode({
        compare: [{ ...all, target: etcd.CompareTarget.VERSION, result: etcd.CompareResult.GREATER, version: 0 }],
        success: [{ requestRange: all }, { requestDeleteRange: all }, { requestRange: all }],
      }),
    ],
    'txn of many operations': [
      CommandKind.txn,
      etcd.TxnRequest.encode({
        compare: Array.from({ length: 500 }, (_, n) => ({ key: key(`k/${n}`), version: 1 })),
        success: Array.from({ length: 500 }, (_, n) => [
          { requestPut: { key: key(`k/1${n}`), value: key('w') } },
          { requestDeleteRange: { key: key(`k/2${n}`) } },
        ]).flat(),
      }),
    ],
    leaseRevoke: [CommandKind.leaseRevoke, etcd.LeaseRevokeRequest.encode({ ID: 7n })],
  } as const;
  for (const [name, [kind, body]] of Object.entries(large)) {
    test(`a large ${name} is applied a bit at a time; nobody sees it half done, and it comes to the same`, async () => {
      fill();
      const before = seen();
      const count = applyInSteps(kind, body, 100, () => assert.deepEqual(seen(), before));
      assert.ok(count >= 20, `${count} steps`);
      assert.equal(last.ok, true);
      const after = seen();
      assert.equal(after.revision, before.revision + 1);
      assert.ok(after.leased < before.leased);
      await machine.commit();
      assert.deepEqual(seen(), after);
      // At once it comes to the same.
      const outcome = last;
      await backend.close();
      rmSync(directory, { recursive: true });
      open();
      fill();
      apply(kind, body);
      assert.deepEqual(seen(), after);
      assert.deepEqual(last, outcome);
    });
  }

  test('a rule for a prefix with many keys counts them a bit at a time', () => {
    fill();
    const rules = Buffer.from(JSON.stringify([{ prefix: 'k/', keysMax: 5_000 }]));
    const before = seen();
    const count = applyInSteps(CommandKind.quotaRules, rules, 100, () => assert.deepEqual(seen(), before));
    assert.ok(count >= 20, `${count} steps`);
    assert.equal(machine.quotas.usage[0]?.keys, 2_000);
  });

  test('a command that was authorized before users or roles changed is refused where it is applied', () => {
    const alice = withUsers();
    const root = { user: 'root', revision: machine.auth.revision };
    assert.equal(put(alice), 'done');
    const change = etcd.AuthUserRevokeRoleRequest.encode({ name: 'alice', role: 'a' });
    assert.equal(apply(CommandKind.userRevokeRole, change, root), 'done');
    assert.equal(put(alice), errors.authOldRevision().details);
    assert.equal(put({ ...alice, revision: machine.auth.revision }), denied);
    assert.equal(machine.mvcc.revision, 2, 'nothing of what was refused is there');
  });

  test('a transaction needs permission for all it might do, at every depth', () => {
    const alice = withUsers();
    const txn = (request: Parameters<typeof etcd.TxnRequest.encode>[0]) =>
      apply(CommandKind.txn, etcd.TxnRequest.encode(request), alice);
    const mine = { requestPut: { key: key('a/x') } };
    const other = { requestPut: { key: key('b/x') } };
    assert.equal(
      txn({ success: [mine], failure: [{ requestRange: { key: key('a/'), rangeEnd: key('a0') } }] }),
      'done',
    );
    assert.equal(txn({ success: [mine], failure: [other] }), denied);
    assert.equal(txn({ success: [{ requestTxn: { failure: [other] } }] }), denied);
    assert.equal(txn({ compare: [{ key: key('b/x') }], success: [mine] }), denied);
    assert.equal(txn({ success: [{ requestDeleteRange: { key: key('a/'), rangeEnd: key('b') } }] }), denied);
  });

  test('who may not write the keys of a lease may neither end nor use it; its own end is not in question', () => {
    const alice = withUsers();
    const root = { ...alice, user: 'root' };
    apply(CommandKind.leaseGrant, etcd.LeaseGrantRequest.encode({ ID: 7n, TTL: 60 }), root);
    assert.equal(put(root, 'b/x', 7n), 'done');
    assert.equal(put(alice, 'a/x', 7n), denied);
    const revoke = etcd.LeaseRevokeRequest.encode({ ID: 7n });
    assert.equal(apply(CommandKind.leaseRevoke, revoke, alice), denied);
    assert.equal(apply(CommandKind.leaseRevoke, revoke, 'nobody'), errors.userEmpty().details);
    assert.equal(apply(CommandKind.leaseRevoke, revoke, 'system'), 'done');
  });

  test('only administrators change users and roles', () => {
    const alice = withUsers();
    const add = etcd.AuthUserAddRequest.encode({ name: 'eve' });
    assert.equal(apply(CommandKind.userAdd, add, alice), denied);
    assert.equal(apply(CommandKind.userAdd, add, 'nobody'), errors.userEmpty().details);
    assert.equal(apply(CommandKind.authDisable, Buffer.alloc(0), alice), denied);
    assert.equal(apply(CommandKind.userAdd, add, { ...alice, user: 'root' }), 'done');
  });
});
