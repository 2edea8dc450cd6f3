import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { prepareSubPath } from './sub-path.js';

let directory = '';
let volume = '';
let outside = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-subpath-'));
  [volume, outside] = ['volume', 'outside'].map((name) => join(directory, name)) as [string, string];
  mkdirSync(volume, { mode: 0o777 });
  mkdirSync(outside);
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a part that is there is found, and one that is not is made with the volume’s mode', () => {
  mkdirSync(join(volume, 'a/b'), { recursive: true });
  writeFileSync(join(volume, 'a/file'), '');
  assert.equal(prepareSubPath(volume, 'a/b/'), join(volume, 'a/b'));
  assert.equal(prepareSubPath(volume, './a//file'), join(volume, 'a/file'));
  assert.equal(prepareSubPath(volume, 'a/new/er'), join(volume, 'a/new/er'));
  assert.ok(statSync(join(volume, 'a/new/er')).isDirectory());
  chmodSync(volume, 0o2777);
  prepareSubPath(volume, 'of/others');
  const modes = ['of', 'of/others', 'a'].map((path) => (statSync(join(volume, path)).mode & 0o777).toString(8));
  assert.deepEqual(modes, ['777', '777', '755'], 'what was there keeps its own');
});

test('links inside the volume are followed, also those of a volume of keys, and the volume itself may be a link', () => {
  mkdirSync(join(volume, '..v1'));
  writeFileSync(join(volume, '..v1/key'), '');
  symlinkSync('..v1', join(volume, '..data'));
  symlinkSync('..data/key', join(volume, 'key'));
  symlinkSync('volume', join(directory, 'link'));
  assert.equal(prepareSubPath(join(directory, 'link'), 'key'), join(volume, '..v1/key'));
  mkdirSync(join(volume, 'real'));
  symlinkSync(join(volume, 'real'), join(volume, 'absolute'));
  assert.equal(prepareSubPath(volume, 'absolute/new'), join(volume, 'real/new'));
});

test('links that a program made out of the volume are refused, and nothing is made there', () => {
  mkdirSync(join(outside, 'etc'));
  const links: [string, string][] = [
    ['abs', outside],
    ['rel', '../outside'],
    ['dangling', join(outside, 'nothing')],
    ['self', 'self'],
    ['deep', '../outside/etc'],
    ['parent', '..'],
  ];
  for (const [name, target] of links) symlinkSync(target, join(volume, name));
  for (const [name] of links) {
    for (const part of [name, `${name}/`, `${name}/new`, `${name}/new/er`]) {
      assert.throws(() => prepareSubPath(volume, part), part);
    }
  }
  assert.deepEqual([existsSync(join(outside, 'new')), existsSync(join(outside, 'nothing'))], [false, false]);
  // A name that only begins like the volume's is outside too.
  mkdirSync(`${volume}-other`);
  symlinkSync('../volume-other', join(volume, 'sibling'));
  assert.throws(() => prepareSubPath(volume, 'sibling/x'), /it leads out of the volume/);
});

test('a path that is none, and one through a file, are refused', () => {
  writeFileSync(join(volume, 'file'), '');
  assert.throws(() => prepareSubPath(volume, '../outside'), /it must be a path inside the volume/);
  assert.throws(() => prepareSubPath(volume, 'a/../../outside'), /it must be a path inside the volume/);
  assert.throws(() => prepareSubPath(volume, '/etc'), /it must be a path inside the volume/);
  assert.throws(() => prepareSubPath(volume, 'file/x'), /a file is in the way/);
});
