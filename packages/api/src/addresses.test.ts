import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, beginsWith, parseAddress, parseRange, rangeText } from './addresses.js';

/** A small generator of its own, so that what fails can be tried again. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * bound);
  };
}

test('an address read from its one form is written the same', () => {
  const next = numbers(1);
  for (let round = 0; round < 2_000; round++) {
    const groups = Array.from({ length: 8 }, () => (next(2) === 0 ? 0 : next(65_536)));
    const long = groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':');
    const address = parseAddress(long);
    assert.ok(address !== undefined, long);
    const text = addressText(address);
    assert.equal(text, address.family === 4 ? text : new URL(`http://[${long}]`).hostname.slice(1, -1), long);
    assert.equal(parseAddress(text)?.value, address.value, text);
    const four = [0, 1, 2, 3].map(() => next(256)).join('.');
    assert.equal(addressText(parseAddress(four)!), four);
  }
});

test('what is no address is none, and old forms are known as such', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '::g',
    '1.2.3.4:1',
  ])
    assert.equal(parseAddress(text), undefined, text);
  for (const text of ['::12345', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8:9', '::1.2.3', 'fe80::1%eth0', ' 1.2.3.4'])
    assert.equal(parseAddress(text), undefined, text);
  assert.equal(parseAddress('010.2.3.4')?.isStrict, false);
  assert.equal(parseAddress('::00001')?.isStrict, false);
  assert.equal(parseAddress('::ffff:1.2.3.4')?.isMapped, true);
  assert.equal(addressText(parseAddress('::ffff:1.2.3.4')!), '1.2.3.4');
});

test('a range begins at its first address and has all that begin as it does', () => {
  const next = numbers(7);
  for (let round = 0; round < 2_000; round++) {
    const prefix = next(33);
    const range = parseRange(`${[0, 1, 2, 3].map(() => next(256)).join('.')}/${prefix}`);
    assert.ok(range !== undefined);
    const text = rangeText(range);
    assert.ok(beginsWith(range.address, text));
    assert.ok(beginsWith(range.first, text));
    const after = { ...range.first, value: range.first.value + (1n << BigInt(32 - prefix)) };
    if (after.value < 1n << 32n) assert.ok(!beginsWith(after, text));
  }
  assert.equal(rangeText(parseRange('::ffff:10.1.2.3/120')!), '10.1.2.0/24');
  for (const text of ['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/-1', '10.0.0.0/8/8', '/8', 'a/8'])
    assert.equal(parseRange(text), undefined, text);
});
