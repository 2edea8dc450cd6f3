import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, apiErrors, decodeObject, type FieldError, identityText } from '../src/index.js';

const configMap = allKinds.find((it) => it.kind === 'ConfigMap')!;

test('of a hundred thousand errors some are told and the rest are counted', () => {
  const errors = Array.from({ length: 100_000 }, (_, index): FieldError => {
    return { type: 'FieldValueInvalid', field: `metadata.labels[${index}]`, value: 'x', detail: 'bad' };
  });
  const status = apiErrors.invalid({ group: '', kind: 'Pod' }, 'a', errors).status();
  assert.equal(status.details?.causes?.length, 1_000);
  assert.match(status.message ?? '', /, and 99000 more errors\]$/);
  const few = apiErrors.invalid({ group: '', kind: 'Pod' }, 'a', errors.slice(0, 2)).status();
  assert.doesNotMatch(few.message ?? '', /more errors/);
});

test('errors that each show a large value end with the text that a status may have', () => {
  const value = 'x'.repeat(400_000);
  const errors = Array.from({ length: 50 }, (): FieldError => {
    return { type: 'FieldValueInvalid', field: 'data', value, detail: 'bad' };
  });
  assert.ok(JSON.stringify(apiErrors.invalid({ group: '', kind: 'Pod' }, 'a', errors).status()).length < 4_000_000);
});

test('values are alike in one text exactly if they are equal', () => {
  assert.equal(identityText({ b: [1, null], a: 'x', c: undefined }), identityText({ a: 'x', b: [1, null] }));
  assert.notEqual(identityText({ a: '1' }), identityText({ a: 1 }));
  assert.notEqual(identityText(['a', 'b']), identityText(['b', 'a']));
});

test('owners named again are left out, however many', () => {
  const owner = (index: number) => ({ apiVersion: 'v1', kind: 'Pod', name: `p${index}`, uid: `u${index}` });
  const owners = Array.from({ length: 20_000 }, (_, index) => owner(index % 10_000));
  const body = { metadata: { name: 'a', ownerReferences: owners } };
  const { object, warnings } = decodeObject(configMap, body, { fieldValidation: 'Warn' });
  assert.equal(object.metadata.ownerReferences?.length, 10_000);
  assert.match(warnings[0] ?? '', /contains duplicate entries/);
});
