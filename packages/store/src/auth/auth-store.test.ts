import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import { ManualClock } from '@keelson/service/testing';
import { LmdbBackend } from '../backend/lmdb.js';
import { errors } from '../errors.js';
import { Meta } from '../mvcc/meta.js';
import { AuthStore } from './auth-store.js';
import { SimpleTokens } from './simple-tokens.js';

const key = (text: string) => Buffer.from(text);
const ONE = Buffer.alloc(0);
const { READ, READWRITE } = etcd.PermissionType;

describe('AuthStore', () => {
  let directory: string;
  let backend: LmdbBackend;
  let clock: ManualClock;
  let tokens: SimpleTokens;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-auth-'));
    backend = new LmdbBackend({ file: join(directory, 'db'), mapBytes: 1024 ** 3 });
    clock = new ManualClock();
    tokens = new SimpleTokens({ ttlMs: 1_000, sessionsMax: 3 }, { clock });
  });
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true });
  });

  const open = () => new AuthStore(backend, new Meta(backend), tokens);
  const userAdd = (name: string, noPassword = false) => ({
    ...{ name, password: '', options: { noPassword } },
    hashedPassword: Buffer.from('hash').toString('base64'),
  });
  const withRoot = () => {
    const auth = open();
    auth.addUser(userAdd('root'));
    auth.addRole('root');
    auth.grantRole('root', 'root');
    auth.addUser(userAdd('alice'));
    auth.addRole('reader');
    auth.grantRole('alice', 'reader');
    auth.grantPermission({ name: 'reader', perm: { permType: READ, key: key('r/'), rangeEnd: key('r0') } });
    return auth;
  };

  test('is enabled only with a root user that has the root role, which then stay', () => {
    const auth = open();
    assert.throws(() => auth.enable(), errors.rootUserNotExist());
    auth.addUser(userAdd('root'));
    assert.throws(() => auth.enable(), errors.rootRoleNotExist());
    auth.grantRole('root', 'root');
    auth.addRole('root');
    auth.enable();
    assert.throws(() => auth.deleteUser('root'), errors.invalidAuthManagement());
    assert.throws(() => auth.revokeRole('root', 'root'), errors.invalidAuthManagement());
    assert.throws(() => auth.deleteRole('root'), errors.invalidAuthManagement());
    auth.disable();
    auth.deleteUser('root');
  });

  test('whoever asked at an older revision has to ask again, and changes count at once', () => {
    const auth = withRoot();
    auth.enable();
    const before = { user: 'alice', revision: auth.revision };
    auth.requireRead(before, key('r/x'), ONE);
    assert.throws(() => auth.requireWrite(before, key('r/x'), ONE), errors.permissionDenied());
    auth.grantPermission({ name: 'reader', perm: { permType: READWRITE, key: key('r/'), rangeEnd: key('r0') } });
    assert.throws(() => auth.requireRead(before, key('r/x'), ONE), errors.authOldRevision());
    const now = { user: 'alice', revision: auth.revision };
    auth.requireWrite(now, key('r/x'), ONE);
    auth.deleteRole('reader');
    assert.throws(
      () => auth.requireRead({ ...now, revision: auth.revision }, key('r/x'), ONE),
      errors.permissionDenied(),
    );
  });

  test('nobody, strangers and users are told apart; the system and root may do everything', () => {
    const auth = withRoot();
    auth.requireWrite('nobody', key('x'), ONE);
    auth.enable();
    const { revision } = auth;
    assert.throws(() => auth.requireRead('nobody', key('r/x'), ONE), errors.userEmpty());
    assert.throws(() => auth.requireRead({ user: 'eve', revision }, key('r/x'), ONE), errors.permissionDenied());
    assert.throws(() => auth.requireAdmin({ user: 'alice', revision }), errors.permissionDenied());
    auth.requireAdmin({ user: 'root', revision });
    auth.requireWrite({ user: 'root', revision }, key('x'), ONE);
    auth.requireWrite('system', key('x'), ONE);
  });

  test('all of it is there after a restart', async () => {
    const before = withRoot();
    before.enable();
    await backend.commit();
    const after = open();
    assert.equal(after.enabled, true);
    assert.equal(after.revision, before.revision);
    assert.deepEqual(after.users, before.users);
    assert.deepEqual(after.roles, before.roles);
    assert.equal(after.requireUser('alice').password.toString(), 'hash');
  });

  test('tokens live while they are used, and end with their user', () => {
    const auth = withRoot();
    auth.enable();
    auth.beginSession('alice', 'a.1');
    auth.beginSession('root', 'b.2');
    clock.advance(900);
    assert.equal(tokens.userOf('a.1'), 'alice');
    clock.advance(900);
    assert.equal(tokens.userOf('a.1'), 'alice');
    assert.equal(tokens.userOf('b.2'), undefined);
    auth.changePassword({ name: 'alice', password: '', hashedPassword: '' });
    assert.equal(tokens.userOf('a.1'), undefined);
    auth.addUser(userAdd('bob', true));
    assert.throws(() => auth.beginSession('bob', 'c.3'), errors.authFailed());
    for (const n of [4, 5, 6, 7]) auth.beginSession('alice', `d.${n}`);
    assert.equal(tokens.userOf('d.4'), undefined, 'the oldest gives way');
    assert.equal(tokens.userOf('d.7'), 'alice');
    auth.disable();
    assert.equal(tokens.userOf('d.7'), undefined);
  });
});
