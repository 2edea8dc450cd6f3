import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.js';

test('times as Go writes them, in milliseconds', () => {
  const cases = { '0': 0, '0s': 0, '5m0s': 300_000, '1h30m': 5_400_000, '1.5s': 1_500, '250ms': 250, '.5h': 1_800_000 };
  for (const [text, expected] of Object.entries(cases)) assert.equal(parseDuration(text), expected, text);
  for (const text of ['', '5', 'm', '-1s', '1s2', '1d', '1 s']) assert.equal(parseDuration(text), undefined, text);
});
