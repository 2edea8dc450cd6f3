import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOthersResources } from './node-status.js';

const own = { capacity: { cpu: '4', 'example.com/own': '1' }, allocatable: { cpu: '3', 'example.com/own': '1' } };

test('extended resources that others put into the capacity are allocatable, and as long as they are there', () => {
  const known = {
    capacity: { cpu: '99', 'example.com/own': '7', 'example.com/foo': '5', 'hugepages-2Mi': '2Mi' },
    allocatable: { cpu: '99', 'example.com/foo': '4', 'example.com/gone': '3', 'hugepages-2Mi': '1Mi' },
  };
  const all = withOthersResources(own, known);
  assert.deepEqual(all, {
    capacity: { ...own.capacity, 'example.com/foo': '5', 'hugepages-2Mi': '2Mi' },
    allocatable: { ...own.allocatable, 'example.com/foo': '5', 'hugepages-2Mi': '1Mi' },
  });
  assert.deepEqual(withOthersResources(own, all), all, 'nothing is left to tell');
  assert.deepEqual(withOthersResources(own), own);
});
