import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goQuote, quote } from './quote.js';

test('strings are quoted as Go shows them, characters that are none by the mark for that', () => {
  assert.equal(
    goQuote('a\x07\b\f\n\r\t\v"\\ \x01é\u2028\u{e0001}\ud800'),
    '"a\\a\\b\\f\\n\\r\\t\\v\\"\\\\ \\x01é\\u2028\\U000e0001\ufffd"',
  );
  assert.equal(quote('a\x07\b\f\n\r\t\v"\\\x01'), '"a\\a\\b\\f\\n\\r\\t\\v\\"\\\\\x01"');
});
