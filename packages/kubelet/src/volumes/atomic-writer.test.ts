import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

test('whatever a call that was cut short left is put right by the next, though the content is the same', () => {
  const wanted = files({ a: '1', b: '2', 'sub/c': '3' });
  writePayload(directory, wanted);
  const version = readlinkSync(join(directory, '..data'));
  const instead = (name: string, make: (path: string) => void) => () => {
    rmSync(join(directory, name));
    make(join(directory, name));
  };
  const damages: [string, () => void][] = [
    ['between the switch and the links', () => rmSync(join(directory, 'b'))],
    ['before the links of what is gone were removed', () => symlinkSync('..data/gone', join(directory, 'gone'))],
    ['before the old version was removed', () => mkdirSync(join(directory, '..old/x'), { recursive: true })],
    ['before the switch', () => symlinkSync('..old', join(directory, '..data_tmp'))],
    ['while a link was made', () => symlinkSync('..data/b', join(directory, '..link_tmp'))],
    ['with the version lost', () => rmSync(join(directory, version), { recursive: true })],
    ['with a link elsewhere', instead('a', (path) => symlinkSync('/etc/passwd', path))],
    ['with a file for a link', instead('a', (path) => writeFileSync(path, 'x'))],
    ['with a folder for a link', instead('a', (path) => mkdirSync(join(path, 'b/c'), { recursive: true }))],
    ['with a folder for the data', instead('..data', (path) => mkdirSync(join(path, 'x'), { recursive: true }))],
    ['with nothing at all', () => rmSync(directory, { recursive: true })],
  ];
  for (const [when, damage] of damages) {
    damage();
    writePayload(directory, wanted);
    assert.deepEqual(readdirSync(directory).sort(), ['..data', version, 'a', 'b', 'sub'].sort(), when);
    assert.deepEqual([read('a'), read('b'), read('sub/c')], ['1', '2', '3'], when);
  }
});

test('a path that leaves the directory is refused', () => {
  for (const path of ['../x', 'a/../../x', '/x', '']) {
    assert.throws(() => writePayload(directory, files({ [path]: '1' })), /no path for a file/);
  }
});

test('modes hold whatever the umask, and a group reads everything', { skip: process.getuid?.() !== 0 }, () => {
  const umask = process.umask(0o077);
  try {
    const mixed = new Map([
      ['open', { content: Buffer.from('1'), mode: 0o644 }],
      ['sub/token', { content: Buffer.from('2'), mode: 0o600, uid: 1234 }],
    ]);
    const facts = (path: string) => {
      const { mode, uid, gid } = statSync(join(directory, path));
      return [(mode & 0o7777).toString(8), uid, gid];
    };
    writePayload(directory, mixed);
    assert.deepEqual(['.', '..data/', 'sub', 'open', 'sub/token'].map(facts), [
      ['755', 0, 0],
      ['755', 0, 0],
      ['755', 0, 0],
      ['644', 0, 0],
      ['600', 1234, 0],
    ]);
    writePayload(directory, mixed, 4321);
    assert.deepEqual(['.', '..data/', 'sub', 'open', 'sub/token'].map(facts), [
      ['2775', 0, 4321],
      ['2775', 0, 4321],
      ['2775', 0, 4321],
      ['644', 0, 4321],
      ['640', 1234, 4321],
    ]);
  } finally {
    process.umask(umask);
  }
});
