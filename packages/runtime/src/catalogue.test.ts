import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram, ImageCatalogue, repositoryOf } from './catalogue.js';

const path = '/usr/bin:/bin';

test('the pod’s command replaces the image’s, its args replace CMD', () => {
  const catalogue = new ImageCatalogue({ 'my/tool': { entrypoint: ['/bin/sh', '-c'], cmd: ['true'] } }, path);
  assert.deepEqual(catalogue.resolve('anything', ['a'], ['b']), ['a', 'b']);
  assert.deepEqual(catalogue.resolve('my/tool:v2', [], []), ['/bin/sh', '-c', 'true']);
  assert.deepEqual(catalogue.resolve('my/tool', [], ['false']), ['/bin/sh', '-c', 'false']);
  assert.deepEqual(catalogue.resolve('docker.io/library/busybox:1.36', [], ['ls']), ['ls']);
});

test('what stands for nothing is refused with what to do', () => {
  const catalogue = new ImageCatalogue({ ghost: { cmd: ['no-such-program'] } }, path);
  assert.throws(() => catalogue.resolve('unknown', [], ['x']), /Set command in the pod/);
  assert.throws(() => catalogue.resolve('ghost', [], []), /"no-such-program", which this host does not have/);
});

test('names lose their tag and digest and keep their registry’s port', () => {
  assert.equal(repositoryOf('localhost:5000/a/b:v1@sha256:00'), 'localhost:5000/a/b');
  assert.equal(repositoryOf('localhost:5000/a'), 'localhost:5000/a');
});

test('programs are found as execvp finds them', () => {
  assert.equal(findProgram('sh', path) !== undefined, true);
  assert.equal(findProgram('/bin/sh', ''), '/bin/sh');
  assert.equal(findProgram('/bin', path), undefined, 'a folder is no program');
  assert.equal(findProgram('bin/sh', '', '/'), '/bin/sh');
});
