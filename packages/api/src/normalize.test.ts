import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CSINode } from './gen/types.js';
import { allKinds } from './kinds/index.js';
import { csiNode } from './kinds/storage/csi-node.js';
import { wasSaidEmpty, withRequired } from './normalize.js';
import { deepClone } from './object.js';

function given(spec: object): CSINode {
  const it = { metadata: { name: 'n' }, spec } as CSINode;
  csiNode.defaults(it);
  return it;
}

test('a list that was said to be empty is told from one that was not said, in copies too', () => {
  for (const it of [given({ drivers: [] }), deepClone(given({ drivers: [] }))]) {
    assert.equal(wasSaidEmpty(it.spec!, 'drivers'), true);
    assert.deepEqual((withRequired(it, csiNode.schema) as CSINode).spec?.drivers, []);
    // Nothing of it is in any text, and what is stored has null.
    assert.equal(JSON.stringify(it.spec), '{}');
    csiNode.complete(it);
    assert.equal(JSON.stringify(it.spec), '{"drivers":null}');
  }
  const unsaid = given({});
  assert.equal(wasSaidEmpty(unsaid.spec!, 'drivers'), false);
  assert.equal((withRequired(unsaid, csiNode.schema) as CSINode).spec?.drivers, null);
});

test('a required list that upstream leaves out when it is empty is left out', () => {
  const kind = allKinds.find((it) => it.kind === 'ValidatingAdmissionPolicyBinding')!;
  const binding = { metadata: { name: 'b' }, spec: { policyName: 'p' } };
  kind.defaults(binding);
  kind.complete(binding);
  assert.equal(JSON.stringify(binding.spec), '{"policyName":"p"}');
  assert.deepEqual(withRequired(binding, kind.schema), binding);
});
