import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { JobSpec, JobStatus } from '../../gen/types.js';
import { validateJobStatusUpdate } from './job-status.js';

const change = (status: JobStatus, old: JobStatus = {}, spec: JobSpec = {}) =>
  validateJobStatusUpdate({ metadata: {}, spec, status }, { metadata: {}, spec, status: old }).map(errorText);
const condition = (type: string, status = 'True') => ({ type, status });
const [start, later] = ['2030-01-01T00:00:00Z', '2030-01-01T00:01:00Z'];
const done = { startTime: start, completionTime: later, conditions: [condition('Complete')] };

test('a Job that is complete has begun and ended, and nothing of it runs', () => {
  assert.deepEqual(change(done), []);
  assert.deepEqual(change({ conditions: [condition('Complete')], active: 1 }), [
    'status.completionTime: Required value: completionTime is required for Complete jobs',
    'status.active: Invalid value: 1: active>0 is invalid for finished job',
    'status.startTime: Required value: startTime is required for finished job',
  ]);
  assert.match(change({ completionTime: later })[0] ?? '', /no Complete=True condition/);
  assert.match(change({ ...done, completionTime: start, startTime: later })[0] ?? '', /cannot be set before startTime/);
  assert.match(change({ ...done, conditions: [condition('Complete'), condition('Failed')] })[0] ?? '', /Failed=true/);
});

test('what was reached stays reached', () => {
  assert.match(change({ ...done, conditions: [] }, done)[1] ?? '', /cannot disable the terminal Complete=True/);
  assert.match(change({ ...done, completionTime: '2030-01-02T00:00:00Z' }, done)[0] ?? '', /cannot be mutated/);
  assert.deepEqual(change({ failed: 1, succeeded: 1 }, { failed: 2, succeeded: 2 }), [
    'status.failed: Invalid value: 1: cannot decrease the failed counter',
    'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter',
  ]);
  const elastic: JobSpec = { completionMode: 'Indexed', completions: 2, parallelism: 2 };
  assert.deepEqual(change({ succeeded: 1 }, { succeeded: 2 }, elastic), []);
  assert.match(change({}, { startTime: start })[0] ?? '', /startTime cannot be removed for unsuspended job/);
  assert.deepEqual(change({}, { startTime: start }, { suspend: true }), []);
});

test('indexes are of Jobs that have them, in order, and done or failed but not both', () => {
  const indexed: JobSpec = { completionMode: 'Indexed', completions: 10, backoffLimitPerIndex: 1 };
  assert.deepEqual(change({ completedIndexes: '0,2-4', failedIndexes: '1,5-7' }, {}, indexed), []);
  assert.match(change({ completedIndexes: '4,2' }, {}, indexed)[0] ?? '', /error parsing completedIndexes/);
  assert.match(change({ completedIndexes: '0-4', failedIndexes: '3' }, {}, indexed)[0] ?? '', /overlap at index: 3/);
  assert.deepEqual(change({ completedIndexes: '4,2' }, { completedIndexes: '4,2' }, indexed), []);
  assert.match(change({ completedIndexes: '0' })[0] ?? '', /when non-indexed completion mode/);
  assert.match(change({ failedIndexes: '' })[0] ?? '', /when backoffLimitPerIndex is null/);
});

test('no more pods are ready than there are, and none is counted twice', () => {
  assert.deepEqual(change({ active: 1, ready: 1 }), []);
  assert.match(change({ active: 1, ready: 2 })[0] ?? '', /cannot set more ready pods than active/);
  assert.deepEqual(change({ active: 1, ready: 2 }, { active: 1, ready: 2 }), []);
  assert.deepEqual(change({ uncountedTerminatedPods: { succeeded: ['a', 'a', ''] } }), [
    'status.uncountedTerminatedPods.succeeded[1]: Duplicate value: "a"',
    'status.uncountedTerminatedPods.succeeded[2]: Invalid value: "": must not be empty',
  ]);
});
