import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { SnapshotFiles } from './snapshot-files.js';

test('a peer that refuses before the copy is made fails the sending, and nothing else', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-snapshots-'));
  const confState = { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const files = new SnapshotFiles(directory, async (file) => {
    // Whatever is rejected and not looked after by now ends the process.
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(file, 'data');
    return { index: 1, term: 1, confState };
  });
  const response = Promise.reject(new Error('connection refused'));
  await assert.rejects(
    files.send({ stream: new PassThrough({ objectMode: true }), response }, 1),
    /connection refused/,
  );
  assert.deepEqual(readdirSync(directory), []);
  rmSync(directory, { recursive: true });
});
