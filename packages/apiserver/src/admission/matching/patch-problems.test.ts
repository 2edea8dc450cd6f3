import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonPatchProblem } from './patch-problems.js';

const document = { data: { a: '1' }, list: ['x', 'y'] };
const cases: [object, string | undefined][] = [
  [{ op: 'odd', path: '/x' }, 'Unexpected kind: odd'],
  [{ path: '/x' }, 'Unexpected kind: unknown'],
  [
    { op: 'remove', path: '/data/b' },
    "error in remove for path: '/data/b': Unable to remove nonexistent key: b: missing value",
  ],
  [{ op: 'remove', path: '/no/b' }, 'remove operation does not apply: doc is missing path: "/no/b": missing value'],
  [
    { op: 'remove', path: '/list/2' },
    "error in remove for path: '/list/2': Unable to access invalid index: 2: invalid index referenced",
  ],
  [{ op: 'add', path: '/no/b', value: 1 }, 'add operation does not apply: doc is missing path: "/no/b": missing value'],
  [
    { op: 'add', path: '/list/4', value: 1 },
    "error in add for path: '/list/4': Unable to access invalid index: 4: invalid index referenced",
  ],
  [
    { op: 'replace', path: '/no/b', value: 1 },
    'replace operation does not apply: doc is missing path: /no/b: missing value',
  ],
  [{ op: 'test', path: '/data/a', value: '2' }, 'testing value /data/a failed: test failed'],
  [{ op: 'test', path: '/no/b', value: '2' }, 'test operation does not apply: is missing path: /no/b: missing value'],
  [
    { op: 'move', from: '/data/b', path: '/data/c' },
    "error in move for path: 'b': Unable to remove nonexistent key: b: missing value",
  ],
  [
    { op: 'move', from: '/data/a', path: '/no/c' },
    'move operation does not apply: doc is missing destination path: /no/c: missing value',
  ],
  [
    { op: 'copy', from: '/no/a', path: '/data/c' },
    'copy operation does not apply: doc is missing from path: /no/a: missing value',
  ],
  [{ op: 'add', path: '/list/-', value: 'z' }, undefined],
];

for (const [operation, problem] of cases)
  test(`what is wrong with ${JSON.stringify(operation)}`, () => {
    const before = { op: 'add', path: '/data/z', value: 'z' };
    assert.equal(jsonPatchProblem(document, [before, operation]), problem);
  });

test('a long patch is not looked into', () => {
  assert.equal(
    jsonPatchProblem(
      document,
      Array.from({ length: 101 }, () => ({ op: 'remove', path: '/no' })),
    ),
    undefined,
  );
});
