import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from '../cri/cri-client.js';
import { LogRotator } from './log-rotator.js';
import { exited, running, runtimePod } from './testing.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const START = Date.parse('2030-01-01T10:00:00.500Z');
const names = () => readdirSync(directory).sort();

function given(maxFiles: number) {
  const clock = new ManualClock(START);
  const state = { fails: false };
  const path = join(directory, '0.log');
  const runtime = {
    reopenContainerLog: async ({ containerId }: { containerId: string }) => {
      assert.equal(containerId, 'main-0');
      if (state.fails) throw new Error('the runtime is away');
      writeFileSync(path, '', { flag: 'a' });
    },
  };
  const pod = runtimePod([
    running('main', { logPath: path }),
    exited('done', 0, { logPath: join(directory, 'done.log') }),
    running('silent', { logPath: '' }),
  ]);
  const options = { maxBytes: 10, maxFiles, periodMs: 10_000 };
  const cri = { runtime } as unknown as CriClient;
  const rotator = new LogRotator(options, { cri, clock, logger: silentLogger, pods: () => [pod] });
  return { clock, state, path, rotator };
}

test('a log that is large enough is renamed and begun anew, and so many files are kept', async () => {
  const { clock, path, rotator } = given(3);
  writeFileSync(path, 'small');
  writeFileSync(join(directory, 'done.log'), 'x'.repeat(100));
  await rotator.rotateAll();
  assert.deepEqual(names(), ['0.log', 'done.log']);
  for (let round = 0; round < 4; round++) {
    writeFileSync(path, `round ${round} is long`);
    await rotator.rotateAll();
    clock.advance(60_000);
  }
  assert.deepEqual(names(), ['0.log', '0.log.20300101-100200', '0.log.20300101-100300', 'done.log']);
  assert.equal(readFileSync(join(directory, '0.log.20300101-100300'), 'utf8'), 'round 3 is long');
  assert.equal(readFileSync(path, 'utf8'), '');
});

test('a runtime that does not begin anew leaves the log where it was', async () => {
  const { state, path, rotator } = given(5);
  state.fails = true;
  writeFileSync(path, 'long enough');
  await rotator.rotateAll();
  assert.deepEqual(names(), ['0.log']);
  state.fails = false;
  await rotator.rotateAll();
  assert.deepEqual(names(), ['0.log', '0.log.20300101-100000']);
});

test('a rotation that was cut short after the renaming is finished', async () => {
  const { path, rotator } = given(5);
  writeFileSync(`${path}.20300101-095900`, 'what the container still writes to');
  await rotator.rotateAll();
  assert.ok(existsSync(path));
  assert.deepEqual(names(), ['0.log', '0.log.20300101-095900']);
});

test('it rotates each period until it is stopped', async () => {
  const { clock, path, rotator } = given(5);
  const stop = new AbortController();
  const done = rotator.run(stop.signal);
  writeFileSync(path, 'long enough');
  await clock.advanceAsync(9_000);
  assert.equal(names().length, 1);
  await clock.advanceAsync(1_000);
  assert.equal(names().length, 2);
  stop.abort();
  await done;
});
