import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { writePayload } from './atomic-writer.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-volume-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const files = (entries: Record<string, string>) =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o640 }]));
const names = () =>
  readdirSync(directory)
    .filter((name) => !name.startsWith('..'))
    .sort();
const read = (path: string) => readFileSync(join(directory, path), 'utf8');

test('the directory holds exactly the payload, through one link that is switched', () => {
  assert.equal(writePayload(directory, files({ a: '1', 'sub/b': '2' })), true);
  assert.deepEqual(names(), ['a', 'sub']);
  assert.deepEqual([read('a'), read('sub/b')], ['1', '2']);
  assert.equal(statSync(join(directory, 'a')).mode & 0o777, 0o640);
  assert.equal(readlinkSync(join(directory, 'a')), '..data/a');
  const version = readlinkSync(join(directory, '..data'));
  assert.equal(writePayload(directory, files({ a: '9', c: '3' })), true);
  assert.deepEqual([names(), read('a')], [['a', 'c'], '9']);
  assert.ok(!readdirSync(directory).includes(version), 'the old version is gone');
});

test('the same payload changes nothing', () => {
  writePayload(directory, files({ a: '1' }));
  const before = readlinkSync(join(directory, '..data'));
  assert.equal(writePayload(directory, files({ a: '1' })), false);
  assert.equal(readlinkSync(join(directory, '..data')), before);
});
