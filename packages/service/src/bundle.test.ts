import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bundleOf } from './bundle.js';

test('a bundle counts until something is compiled after it was made', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-bundle-'));
  const file = (path: string, seconds: number) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '');
    utimesSync(join(folder, path), seconds, seconds);
  };
  try {
    const main = pathToFileURL(join(folder, 'some/dist/src/start.js')).href;
    file('some/dist/src/start.js', 50);
    file('some/dist/.tsbuildinfo', 50);
    file('other/dist/.tsbuildinfo', 100);
    mkdirSync(join(folder, 'without'));
    assert.equal(bundleOf(main), undefined);
    file('some/dist/bundle/main.js', 100);
    assert.equal(bundleOf(main), pathToFileURL(join(folder, 'some/dist/bundle/main.js')).href);
    file('other/dist/.tsbuildinfo', 101);
    assert.equal(bundleOf(main), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
