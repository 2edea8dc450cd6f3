import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upToDate } from './ensure.js';

const flag = 'apf.kubernetes.io/autoupdate-spec';
const wanted = { metadata: { name: 'w' }, spec: { a: 1 } };
const current = (spec: object, annotation: string | undefined, generation = 1, name = 'w') => ({
  metadata: { name, generation, ...(annotation === undefined ? {} : { annotations: { [flag]: annotation } }) },
  spec,
});

test('a spec is the server’s while the annotation says so, or nobody changed it', () => {
  assert.equal(upToDate(current({ a: 1 }, 'true'), wanted, false), undefined);
  assert.deepEqual(upToDate(current({ a: 2 }, 'true', 5), wanted, false)?.spec, { a: 1 });
  assert.equal(upToDate(current({ a: 2 }, 'false'), wanted, false), undefined);
  const adopted = upToDate(current({ a: 2 }, undefined), wanted, false);
  assert.deepEqual([adopted?.spec, adopted?.metadata.annotations], [{ a: 1 }, { [flag]: 'true' }]);
  const left = upToDate(current({ a: 2 }, undefined, 2), wanted, false);
  assert.deepEqual([left?.spec, left?.metadata.annotations], [{ a: 2 }, { [flag]: 'false' }]);
});

test('what is mandatory is the server’s whatever it says', () => {
  const kept = upToDate(current({ a: 2 }, 'false', 3), wanted, true);
  assert.deepEqual([kept?.spec, kept?.metadata.annotations], [{ a: 1 }, { [flag]: 'true' }]);
  const exempt = { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { lendablePercent: 0 } } };
  const own = { type: 'Exempt', exempt: { lendablePercent: 50 } };
  assert.equal(upToDate(current(own, 'true', 2, 'exempt'), exempt, true), undefined);
});
