import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Pod } from '@keelson/api';
import type { RuntimeContainer, RuntimePod } from '../cri/runtime-pod.js';
import { terminationFile } from './container-config.js';
import { TerminationMessages } from './termination-messages.js';

const directory = mkdtempSync(join(tmpdir(), 'keelson-messages-'));
after(() => rmSync(directory, { recursive: true }));

let pods = 0;

/** What a pod of so many containers says of the first, after `write` was given the path of its message. */
function messageOf(write: (path: string) => void, containers = 1): string | undefined {
  const uid = `uid-${pods++}`;
  const podDirectory = (id: string) => join(directory, id);
  const file = terminationFile(podDirectory(uid), 'c0', 0);
  mkdirSync(dirname(file), { recursive: true });
  write(file);
  const spec = { containers: Array.from({ length: containers }, (_, index) => ({ name: `c${index}` })) };
  const pod = { metadata: { name: 'p', namespace: 'd', uid }, spec } as Pod;
  const ended = { id: 'x', name: 'c0', attempt: 0, state: 'exited', exitCode: 1, logPath: '' } as RuntimeContainer;
  const runtime: RuntimePod = { uid, name: 'p', namespace: 'd', sandboxes: [], containers: [ended] };
  return new TerminationMessages(podDirectory).read(pod, runtime, 'x');
}

test('a short message is given whole', () => {
  assert.equal(
    messageOf((path) => writeFileSync(path, 'out of luck\n')),
    'out of luck\n',
  );
});

test('of a long one the end is read, and no more of the file than that', () => {
  assert.equal(
    messageOf((path) => writeFileSync(path, `${'a'.repeat(9000)}end`)),
    `${'a'.repeat(4093)}end`,
  );
  const huge = messageOf((path) => {
    writeFileSync(path, '');
    truncateSync(path, 400 * 2 ** 30);
  });
  assert.equal(huge?.length, 4096);
});

test('the containers of a pod share 12 KiB', () => {
  assert.equal(messageOf((path) => writeFileSync(path, 'b'.repeat(5000)), 6)?.length, 2048);
});

test('what is no file says nothing: a pipe nobody writes to, a link, a folder', () => {
  assert.equal(
    messageOf((path) => void spawnSync('/bin/sh', ['-c', 'mkfifo "$0"', path])),
    undefined,
  );
  assert.equal(
    messageOf((path) => symlinkSync('/etc/passwd', path)),
    undefined,
  );
  assert.equal(
    messageOf((path) => void mkdirSync(path)),
    undefined,
  );
});
