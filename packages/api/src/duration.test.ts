import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, humanDuration } from './duration.js';

test('a duration is told with the precision that its length deserves', () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const pairs: [number, string][] = [
    [-3 * second, '<invalid>'],
    [-second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [120 * second, '2m'],
    [2 * minute + 5 * second, '2m5s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [47 * hour, '47h'],
    [2 * day + hour, '2d1h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [800 * day, '2y70d'],
    [9 * 365 * day, '9y'],
  ];
  for (const [ms, text] of pairs) assert.equal(humanDuration(ms), text);
});

test('an age without a beginning is unknown', () => {
  const now = new Date('2024-01-01T00:01:00Z');
  assert.equal(age(undefined, now), '<unknown>');
  assert.equal(age('2024-01-01T00:00:00Z', now), '60s');
});
