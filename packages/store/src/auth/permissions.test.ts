import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { isPermissionRange, Permissions } from './permissions.js';

const { READ, WRITE, READWRITE } = etcd.PermissionType;
const OPEN = '\0';
const name = fc.stringMatching(/^[a-d]{1,2}$/);
const rangeEnd = fc.oneof(fc.constant(''), fc.constant(OPEN), name);
const permission = fc
  .record({ key: name, rangeEnd, permType: fc.constantFrom(READ, WRITE, READWRITE) })
  .map((each) => ({ ...each, key: Buffer.from(each.key), rangeEnd: Buffer.from(each.rangeEnd) }))
  .filter(isPermissionRange);

const endOf = (each: { key: Buffer; rangeEnd: Buffer }) => {
  const end = each.rangeEnd.toString();
  return end === '' ? `${each.key}\0` : end === OPEN ? undefined : end;
};

/** Every key from start to end is in some interval: then the start is, and every end of an interval that lies within. */
function covered(granted: readonly etcd.Permission[], start: string, end: string | undefined): boolean {
  const within = (point: string) =>
    granted.some((each) => {
      const last = endOf(each);
      return each.key.toString() <= point && (last === undefined || point < last);
    });
  const ends = granted.map(endOf).filter((each) => each !== undefined);
  const reached = ends.filter((each) => each > start && (end === undefined || each < end));
  return within(start) && reached.every(within);
}

describe('Permissions', () => {
  test('allow a range exactly when they cover all of it together', () => {
    fc.assert(
      fc.property(fc.array(permission, { maxLength: 6 }), name, rangeEnd, (granted, start, end) => {
        const wanted = { key: Buffer.from(start), rangeEnd: Buffer.from(end) };
        fc.pre(isPermissionRange({ ...wanted, permType: READ }));
        const permissions = new Permissions(granted);
        const readable = granted.filter((each) => each.permType !== WRITE);
        const writable = granted.filter((each) => each.permType !== READ);
        assert.equal(permissions.mayRead(wanted.key, wanted.rangeEnd), covered(readable, start, endOf(wanted)));
        assert.equal(permissions.mayWrite(wanted.key, wanted.rangeEnd), covered(writable, start, endOf(wanted)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a range that names no key is none', () => {
    const range = (key: string, end: string) =>
      isPermissionRange({ permType: READ, key: Buffer.from(key), rangeEnd: Buffer.from(end) });
    assert.deepEqual([range('', ''), range('b', 'a'), range('a', 'a')], [false, false, false]);
    assert.deepEqual([range('a', ''), range('a', 'b'), range('a', '\0'), range('\0', '\0')], [true, true, true, true]);
  });
});
