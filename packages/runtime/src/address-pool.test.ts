import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AddressPool } from './address-pool.js';

test('an address is held by one at a time and used again as late as possible', () => {
  const pool = new AddressPool('127.10.1.0/29');
  const first = [pool.take(), pool.take()];
  assert.deepEqual(first, ['127.10.1.1', '127.10.1.2']);
  pool.release('127.10.1.1');
  assert.deepEqual(
    [pool.take(), pool.take(), pool.take(), pool.take()],
    [3, 4, 5, 6].map((it) => `127.10.1.${it}`),
  );
  assert.equal(pool.take(), '127.10.1.1');
  assert.throws(() => pool.take(), /all 6 pod addresses are in use/);
});

test('what was held before a restart is not given out, whatever the order of taking and giving back', () => {
  const steps = fc.array(fc.oneof(fc.constant('take'), fc.nat({ max: 20 })), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }), steps, (before, actions) => {
      const pool = new AddressPool('127.9.0.0/27');
      const held = new Set(before.map((it) => `127.9.0.${it}`));
      for (const address of held) pool.hold(address);
      for (const action of actions) {
        if (action !== 'take') {
          const address = [...held][Number(action)];
          if (address !== undefined && held.delete(address)) pool.release(address);
        } else if (held.size < 30) {
          const address = pool.take();
          assert.ok(!held.has(address));
          held.add(address);
        }
      }
    }),
  );
});

test('what is no range is refused', () => {
  for (const text of ['127.0.0.1', '300.0.0.0/8', '127.0.0.0/31', 'x'])
    assert.throws(() => new AddressPool(text), /range/);
});
