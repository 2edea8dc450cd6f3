import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { RequestBody } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { readBody } from './decode-body.js';
import { YamlReader } from './yaml-reader.js';

const clock = new ManualClock();
const reader = new YamlReader(clock);
after(() => reader.close());

const yaml = (text: string): RequestBody => ({ mediaType: 'application/yaml', bytes: Buffer.from(text) });
const keys = (count: number) => Array.from({ length: count }, (_, index) => `  k${index}: v${index}\n`).join('');

test('a large body of YAML is read beside the main thread, to the same value', async () => {
  const body = yaml(`number: 3546343826724305833\ndata:\n${keys(20_000)}`);
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  count();
  const prepared = await reader.prepare(body);
  done = true;
  assert.ok(turns > 10, `${turns} turns of others meanwhile`);
  assert.deepEqual(readBody(undefined, prepared), readBody(undefined, body));
});

test('what is wrong with it is told as if it had been read at once', async () => {
  const deep = ['['.repeat(30_000), '- '.repeat(30_000), `a: [\n${keys(3_000)}`];
  for (const text of [`a: *b\n${keys(3_000)}`, `a: 1\n b: 2\n${keys(3_000)}`, ...deep]) {
    const body = yaml(text);
    const prepared = await reader.prepare(body);
    const said = (of: RequestBody) => {
      try {
        readBody(undefined, of);
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.match(said(prepared) ?? '', /yaml: /);
    assert.equal(said(prepared), said(body));
  }
});

test('short bodies, and JSON, are left as they are; JSON that is applied is read as such', async () => {
  for (const body of [yaml('a: b'), { mediaType: 'application/json', bytes: Buffer.alloc(20_000, ' ') }])
    assert.equal(await reader.prepare(body), body);
  const applied = { mediaType: 'application/apply-patch+yaml', bytes: Buffer.from(`{"a":"${'x'.repeat(20_000)}"}`) };
  assert.deepEqual((await reader.prepare(applied)).yaml, {
    json: JSON.stringify({ a: 'x'.repeat(20_000) }),
    duplicates: '',
  });
});

test('many at once wait for each other, and more than that are sent away', async () => {
  const all = await Promise.allSettled(Array.from({ length: 100 }, () => reader.prepare(yaml(keys(2_000)))));
  const refused = all.filter((it) => it.status === 'rejected');
  assert.equal(refused.length, 100 - 65);
  assert.equal((refused[0]!.reason as { code: number }).code, 429);
});

test('a text that takes too long is given up, and the next one is read', async () => {
  const slow = reader.prepare(yaml(keys(100_000)));
  const next = reader.prepare(yaml(`a: ${'x'.repeat(20_000)}`));
  clock.advance(30_000);
  assert.match(((await slow).yaml as { error: string }).error, /needs too much memory or time/);
  assert.deepEqual((await next).yaml, { json: JSON.stringify({ a: 'x'.repeat(20_000) }), duplicates: '' });
});
