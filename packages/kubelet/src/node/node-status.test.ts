import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withExtendedResources } from './node-status.js';

test('extended resources that others put into the capacity are allocatable, and nothing else of theirs counts', () => {
  const own = { capacity: { cpu: '4', 'example.com/own': '1' }, allocatable: { cpu: '3', 'example.com/own': '1' } };
  const known = {
    cpu: '99',
    'example.com/own': '7',
    'example.com/foo': '5',
    'hugepages-2Mi': '1',
    'kubernetes.io/x': '1',
  };
  assert.deepEqual(withExtendedResources(own, known), {
    capacity: { cpu: '4', 'example.com/own': '1', 'example.com/foo': '5' },
    allocatable: { cpu: '3', 'example.com/own': '1', 'example.com/foo': '5' },
  });
});
