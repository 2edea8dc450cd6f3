import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorBody, invalid, quote } from './field-errors.js';

test('text is quoted as Go does it', () => {
  assert.equal(quote('a\x07b\x01\x7f\x85\n"\\'), '"a\\ab\\x01\\x7f\\u0085\\n\\"\\\\"');
  assert.equal(quote('é😀'), '"é😀"');
  assert.equal(quote('a \u00a0\u200b\u{e0001}'), '"a \\u00a0\\u200b\\U000e0001"');
  assert.equal(quote('\ud800'), '"\ufffd"');
  assert.equal(errorBody(invalid('f', '\v', 'no')), 'Invalid value: "\\v": no');
});
