import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { internalDiff, internalForm } from './internal-form.js';
import { unifiedDiff } from './unified-diff.js';

const SPEC = 'io.k8s.api.core.v1.PersistentVolumeSpec';
const SOURCE = 'io.k8s.api.core.v1.PersistentVolumeSource';

test('an object of internal types has every field, in Go’s order and under Go’s names', () => {
  assert.equal(
    JSON.stringify(internalForm('io.k8s.api.core.v1.RBDPersistentVolumeSource', { image: 'i', monitors: ['m'] })),
    '{"CephMonitors":["m"],"RBDImage":"i","FSType":"","RBDPool":"","RadosUser":"","Keyring":"","SecretRef":null,"ReadOnly":false}',
  );
  assert.deepEqual(internalForm('io.k8s.api.core.v1.TypedObjectReference', { kind: 'K', name: 'n' }), {
    APIGroup: null,
    Kind: 'K',
    Name: 'n',
    Namespace: null,
  });
  // Types of the API machinery have one form only.
  const spec = internalForm('io.k8s.api.core.v1.PersistentVolumeClaimSpec', {
    selector: { matchLabels: { b: '1', a: '2' } },
  });
  assert.deepEqual((spec as { Selector: unknown }).Selector, { matchLabels: { b: '1', a: '2' } });
  assert.equal(internalForm(SPEC, undefined), null);
});

test('a difference shows three lines around what changed', () => {
  const from = { hostPath: { path: '/a', type: '' } };
  assert.equal(
    internalDiff(SPEC, from, { hostPath: { path: '/b', type: '' } }, SOURCE),
    '@@ -2,7 +2,7 @@\n  "GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n-  "Path": "/a",\n+  "Path": "/b",\n   "Type": ""\n  },\n  "Glusterfs": null,\n',
  );
  assert.equal(internalDiff(SPEC, from, from, SOURCE), '');
  assert.match(internalDiff(SPEC, from, { nfs: { server: '<a>', path: '/' } }, SOURCE), /\\u003ca\\u003e/);
});

test('what a difference says turns the one text into the other', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd', '{', '}');
  const lines = fc.array(line, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      assert.deepEqual(apply(a, unifiedDiff(a.join('\n'), b.join('\n'))), b);
    }),
  );
});

function apply(lines: readonly string[], difference: string): string[] {
  const result: string[] = [];
  let at = 0;
  for (const text of difference.split('\n').slice(0, -1)) {
    const head = /^@@ -(\d+)(?:,(\d+))? /.exec(text);
    if (head !== null) {
      const start = head[2] === '0' ? Number(head[1]) : Number(head[1]) - 1;
      result.push(...lines.slice(at, start));
      at = start;
    } else if (text.startsWith('+')) result.push(text.slice(1));
    else {
      assert.equal(text.slice(1), lines[at++]);
      if (text.startsWith(' ')) result.push(text.slice(1));
    }
  }
  return [...result, ...lines.slice(at)];
}

test('long texts are not compared', () => {
  assert.equal(unifiedDiff('a\n'.repeat(600), 'b\n'.repeat(600)), '');
});
