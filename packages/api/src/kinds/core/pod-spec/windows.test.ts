import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, Path } from '../../../field-errors.js';
import type { PodSpec } from '../../../gen/types.js';
import { validateHostProcess, validateLinuxPod, validateWindowsOptions, validateWindowsPod } from './windows.js';

const at = new Path('s');

test('a user of Windows has a name, and perhaps a domain', () => {
  const user = (runAsUserName: string) =>
    validateWindowsOptions({ runAsUserName }, at).map((it) => errorText(it).replace(/.*: runAsUserName/, ''));
  for (const good of ['a', 'NT AUTHORITY\\SYSTEM', 'a.example.com\\b']) assert.deepEqual(user(good), []);
  assert.deepEqual(user(''), [' cannot be an empty string']);
  assert.deepEqual(user('a\tb'), [' cannot contain control characters']);
  assert.deepEqual(user('a\\b\\c'), [' cannot contain more than one backslash']);
  assert.deepEqual(user('a:b\\'), [
    "'s Domain doesn't match the NetBios nor the DNS format",
    "'s User cannot be empty",
  ]);
  assert.deepEqual(user('. .'), ["'s User cannot contain only periods or spaces"]);
  assert.match(user('a*')[0] ?? '', /cannot contain the following characters/);
  assert.match(user('x'.repeat(105))[0] ?? '', /must not be longer than 104/);
});

test('processes of the host are all or none, and on its network', () => {
  const own = (hostProcess?: boolean) => ({
    name: 'c',
    ...(hostProcess === undefined ? {} : { securityContext: { windowsOptions: { hostProcess } } }),
  });
  const check = (spec: PodSpec) => validateHostProcess(spec, at).map((it) => it.field);
  assert.deepEqual(check({ containers: [own(true), own(true)], hostNetwork: true }), []);
  assert.deepEqual(check({ containers: [own(true), own()] }), ['s', 's.hostNetwork']);
  const ofPod: PodSpec = { securityContext: { windowsOptions: { hostProcess: true } }, hostNetwork: true };
  assert.deepEqual(check({ ...ofPod, containers: [own()] }), []);
  assert.deepEqual(check({ ...ofPod, containers: [own(false), own()] }), [
    's.containers[0].securityContext.windowsOptions.hostProcess',
    's',
  ]);
});

test('what is of one system is not said for the other', () => {
  const windows: PodSpec = { containers: [{ name: 'c', securityContext: { windowsOptions: {} } }] };
  assert.deepEqual(
    validateLinuxPod(windows, at).map((it) => it.field),
    ['s.containers[0].securityContext.windowsOptions'],
  );
  const linux: PodSpec = {
    hostPID: false,
    hostIPC: true,
    securityContext: { sysctls: [], fsGroup: 1 },
    containers: [{ name: 'c', securityContext: { privileged: false } }],
  };
  assert.deepEqual(
    validateWindowsPod(linux, at).map((it) => it.field),
    ['s.hostIPC', 's.securityContext.fsGroup', 's.containers[0].securityContext.privileged'],
  );
});
