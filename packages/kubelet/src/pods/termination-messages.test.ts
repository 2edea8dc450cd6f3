import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { RuntimePod } from '../cri/runtime-pod.js';
import { terminationFile } from './container-config.js';
import { podStatus } from './pod-status.js';
import { TerminationMessages } from './termination-messages.js';
import { container, exited, podOf, runtimePod } from './testing.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-message-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = () => {
  const file = terminationFile(directory, 'main', 0);
  mkdirSync(dirname(file), { recursive: true });
  return file;
};

function read(policy = 'File', exitCode = 1): string | undefined {
  const pod = podOf({ containers: [container('main', { terminationMessagePolicy: policy })] });
  const runtime: RuntimePod = runtimePod([exited('main', exitCode, { logPath: join(directory, '0.log') })]);
  return new TerminationMessages(() => directory).read(pod, runtime, 'main-0');
}

const logLine = (text: string) => `2030-01-01T00:00:00.000000000Z stdout F ${text}\n`;

test('the end of a message counts, however large the file is', () => {
  writeFileSync(path(), 'short');
  assert.equal(read(), 'short');
  // A sparse file: nobody could read all of it in the time of a test, nor keep it.
  truncateSync(path(), 400 * 2 ** 30);
  writeFileSync(path(), `${'x'.repeat(10)}END`, { flag: 'a' });
  const text = read() ?? '';
  assert.deepEqual([text.length, text.endsWith(`${'x'.repeat(10)}END`)], [4096, true]);
  writeFileSync(path(), `${'é'.repeat(3000)}!`);
  assert.equal(read(), `${'é'.repeat(2047)}!`, 'no character is cut in two');
});

test('what is not a file is no message', () => {
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'not yours');
  symlinkSync(secret, path());
  assert.equal(read(), undefined);
  rmSync(path());
  spawnSync('/bin/sh', ['-c', 'mkfifo "$0"', path()]);
  assert.equal(read(), undefined);
  rmSync(path());
  mkdirSync(path());
  assert.equal(read(), undefined);
});

test('the log’s end stands in for a message, of a failure only, by 80 lines and 2048 bytes', () => {
  const log = join(directory, '0.log');
  writeFileSync(log, Array.from({ length: 5_000 }, (_, index) => logLine(`line ${index}`)).join(''));
  assert.equal(read(), undefined);
  assert.equal(read('FallbackToLogsOnError', 0), undefined);
  const lines = (read('FallbackToLogsOnError') ?? '').split('\n');
  assert.deepEqual([lines.length, lines[0], lines[79]], [81, 'line 4920', 'line 4999']);
  writeFileSync(log, `${logLine('first')}${logLine('x'.repeat(1_000_000))}`);
  assert.equal(read('FallbackToLogsOnError'), `${'x'.repeat(2047)}\n`);
  writeFileSync(path(), 'said');
  assert.equal(read('FallbackToLogsOnError'), 'said');
});

test('messages of a pod share 12 KiB', () => {
  const containers = Array.from({ length: 6 }, (_, index) => container(`c${index}`));
  const runtime = runtimePod(
    containers.flatMap(({ name = '' }) => [
      exited(name, 1, { id: `${name}-1`, attempt: 1 }),
      exited(name, 1, { id: `${name}-0` }),
    ]),
  );
  const status = podStatus(podOf({ containers, restartPolicy: 'Never' }), runtime, {
    now: 0,
    hostIP: '10.0.0.1',
    runtimeName: 'keelson',
    waiting: new Map(),
    isReady: () => true,
    hasStarted: () => true,
    terminationMessage: () => 'é'.repeat(2_048),
  });
  for (const { state, lastState } of status.containerStatuses ?? []) {
    assert.equal(state?.terminated?.message, 'é'.repeat(1_024));
    assert.equal(lastState?.terminated?.message, 'é'.repeat(1_024));
  }
});
