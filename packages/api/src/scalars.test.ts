import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalBase64, canonicalTime } from './scalars.js';

test('times are read whole and refused in the words of Go', () => {
  const seconds = (text: string) => canonicalTime(text, 'date-time');
  assert.equal(seconds('2024-01-01T02:00:00.9+02:00'), '2024-01-01T00:00:00Z');
  assert.equal(seconds('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00Z');
  assert.equal(seconds('2024-02-29T1:00:00Z'), '2024-02-29T01:00:00Z');
  const layout = '"2006-01-02T15:04:05Z07:00"';
  for (const [text, message] of [
    ['', `parsing time "" as ${layout}: cannot parse "" as "2006"`],
    ['2001-01-01', `parsing time "2001-01-01" as ${layout}: cannot parse "" as "T"`],
    ['01-01-01', `parsing time "01-01-01" as ${layout}: cannot parse "01-01-01" as "2006"`],
    ['2001-13-01T00:00:00Z', 'parsing time "2001-13-01T00:00:00Z": month out of range'],
    ['2001-02-29T00:00:00Z', 'parsing time "2001-02-29T00:00:00Z": day out of range'],
    ['2001-02-01T24:00:00Z', 'parsing time "2001-02-01T24:00:00Z": hour out of range'],
    ['2001-02-01T00:00:00', `parsing time "2001-02-01T00:00:00" as ${layout}: cannot parse "" as "Z07:00"`],
    ['2001-02-01T00:00:00Zx', 'parsing time "2001-02-01T00:00:00Zx": extra text: "x"'],
  ] as const)
    assert.throws(() => seconds(text), { message });
  const micro = (text: string) => canonicalTime(text, 'micro-time');
  assert.equal(micro('2024-01-01T00:00:00.123456Z'), '2024-01-01T00:00:00.123456Z');
  const micros = '"2006-01-02T15:04:05.000000Z07:00"';
  assert.throws(() => micro('2024-01-01T00:00:00Z'), {
    message: `parsing time "2024-01-01T00:00:00Z" as ${micros}: cannot parse "Z" as ".000000"`,
  });
  assert.throws(() => micro('2024-01-01T00:00:00.1234567Z'), { message: /cannot parse "7Z" as "Z07:00"$/ });
});

test('bytes come in one text, and a text that is none is refused where it goes wrong', () => {
  assert.equal(canonicalBase64('aGk\n=\r\n'), 'aGk=');
  assert.equal(canonicalBase64(''), '');
  for (const [text, at] of [
    ['x', 0],
    ['aGkx', undefined],
    ['aGkxb', 4],
    ['a*==', 1],
    ['aG=', 3],
    ['aG=x', 2],
    ['a===', 1],
    ['====', 0],
    ['aG==x', 4],
    ['aGk=aGk=', 4],
    ['AA=', 3],
  ] as const) {
    if (at === undefined) assert.equal(canonicalBase64(text), text);
    else assert.throws(() => canonicalBase64(text), { message: `illegal base64 data at input byte ${at}` }, text);
  }
});
