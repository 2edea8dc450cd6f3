import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  QuantityError,
  quantityMilliValue,
  quantityValue,
  roundUpToMilli,
  subtractQuantities,
} from './quantity.js';

test('a quantity is written with the largest suffix that needs no fraction', () => {
  const pairs = [
    ...[
      ['1000m', '1'],
      ['0.5', '500m'],
      ['1024Mi', '1Gi'],
      ['1.5Gi', '1536Mi'],
      ['1500', '1500'],
      ['1000', '1k'],
    ],
    ...[
      ['1e3', '1e3'],
      ['12e6', '12e6'],
      ['100e6', '100e6'],
      ['0', '0'],
      ['0Gi', '0'],
      ['512', '512'],
      ['1Ki', '1Ki'],
    ],
    ...[
      ['0.001', '1m'],
      ['-1', '-1'],
      ['+5', '+5'],
      ['.5', '500m'],
      ['5.', '5.'],
      ['0.5Ki', '512'],
      ['0.5n', '1n'],
    ],
  ];
  for (const [input = '', output] of pairs) assert.equal(canonicalQuantity(input), output, input);
});

test('a text that upstream takes to be canonical is written as it was read', () => {
  for (const text of ['+1', '01', '1.500', '+9Ki', '1e3', '-3m', '99999999999999999999']) {
    assert.equal(canonicalQuantity(text), text);
    assert.equal(roundUpToMilli(text), text);
  }
  assert.equal(canonicalQuantity('+1024Ki'), '1Mi');
  assert.equal(canonicalQuantity('1.50'), '1500m');
  assert.equal(canonicalQuantity('99999999999Gi'), '9223372036854775807');
  assert.equal(roundUpToMilli('1.500000'), '1500m');
});

test('a text that is no quantity is refused in upstream words', () => {
  const wrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  for (const text of ['', 'abc', '1 Gi', 'Gi', '--1']) {
    assert.throws(() => parseQuantity(text), { name: 'QuantityError', message: wrong }, text);
  }
  assert.throws(() => parseQuantity('1KI'), QuantityError);
  assert.throws(() => parseQuantity('1mm'), { message: "unable to parse quantity's suffix" });
});

test('arithmetic is exact where floating point is not', () => {
  assert.equal(addQuantities('0.1', '0.2'), '300m');
  assert.equal(subtractQuantities('1Gi', '1Mi'), '1023Mi');
  assert.equal(compareQuantities('1000m', '1'), 0);
  assert.ok(compareQuantities('9007199254740993', '9007199254740992') > 0);
  assert.equal(quantityValue('1500m'), 2);
  assert.equal(quantityMilliValue('1.5'), 1500);
  assert.equal(roundUpToMilli('1.0000000001'), '1001m');
});

test('what is too large is the largest there is', () => {
  assert.equal(quantityValue('10E'), Number(2n ** 63n - 1n));
});

test('canonical text means the same and is canonical', () => {
  const suffix = fc.constantFrom('', 'm', 'u', 'n', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'E2');
  fc.assert(
    fc.property(fc.integer({ min: -99999, max: 99999 }), suffix, (number, unit) => {
      const text = canonicalQuantity(`${number}${unit}`);
      assert.equal(compareQuantities(text, `${number}${unit}`), 0);
      assert.equal(canonicalQuantity(text), text);
    }),
  );
});
