import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

test('the example in the README runs and prints what it says', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const expected = [...code.matchAll(/\/\/ prints (.*)/g)].map((match) => match[1]);
  assert.ok(expected.length > 0);
  const directory = mkdtempSync(join(tmpdir(), 'raft-ts-'));
  const printed: string[] = [];
  const log = console.log;
  try {
    const file = join(directory, 'usage.mjs');
    writeFileSync(file, code.replace("'raft-ts'", `'${new URL('../src/index.js', import.meta.url)}'`));
    console.log = (...words: unknown[]) => printed.push(words.join(' '));
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
    rmSync(directory, { recursive: true });
  }
  assert.deepEqual(printed, expected);
});
