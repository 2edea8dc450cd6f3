import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageTag } from './image-reference.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('an image without tag and digest is the latest', () => {
  for (const image of [
    'nginx',
    'a/b',
    'host.io/a',
    'host:5000/a',
    'Host/a',
    '[::1]:5000/a',
    'nginx:latest',
    'a__b/c-d',
  ])
    assert.equal(imageTag(image), 'latest', image);
  assert.equal(imageTag('host:5000/a:1.2'), '1.2');
  assert.equal(imageTag(`nginx@${DIGEST}`), '');
  assert.equal(imageTag(`nginx:1@${DIGEST}`), '1');
});

test('what is no name of an image has no tag', () => {
  for (const image of [
    '',
    ' a',
    'a b',
    'A',
    'a/B',
    'a:',
    'a:é',
    '-a',
    'a//b',
    'https://a',
    'a'.repeat(256),
    'a'.repeat(64),
  ])
    assert.equal(imageTag(image), undefined, image);
});
