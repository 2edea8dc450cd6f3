import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedFieldsEntry } from '../../gen/types.js';
import { managersOfScaled, scaleManagers } from './scale-managers.js';

const path = ['spec', 'size'];
const entry = (
  manager: string,
  fields: Record<string, unknown>,
  rest: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'example.com/v1',
  time: '2024-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: fields,
  ...rest,
});
const size = { 'f:spec': { 'f:size': {} } };
const inScale = { 'f:spec': { 'f:replicas': {} } };
const object = [entry('a', { 'f:spec': { 'f:other': {}, 'f:size': {} } }), entry('b', { 'f:spec': { 'f:other': {} } })];

test('of the managers of an object its scale has those who manage the number', () => {
  assert.deepEqual(scaleManagers(object, path), [{ ...entry('a', inScale), apiVersion: 'autoscaling/v1' }]);
});

test('who takes over the scale takes the number from whoever had it', () => {
  const taken = entry('c', inScale, { apiVersion: 'autoscaling/v1', subresource: 'scale' });
  assert.deepEqual(managersOfScaled(object, [taken], { path, apiVersion: 'example.com/v1' }), [
    entry('a', { 'f:spec': { 'f:other': {} } }),
    entry('b', { 'f:spec': { 'f:other': {} } }),
    entry('c', size, { subresource: 'scale' }),
  ]);
  const kept = scaleManagers(object, path);
  assert.deepEqual(managersOfScaled(object, kept, { path, apiVersion: 'example.com/v1' }), object);
});
