import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonSet, Node, PodSpec, Taint } from '@keelson/api';
import { daemonTolerations, pinTo, placements, targetNode } from './placement.js';

function daemonSet(spec: Partial<PodSpec> = {}): DaemonSet {
  return { metadata: { name: 'd' }, spec: { selector: {}, template: { spec: { containers: [], ...spec } } } };
}

function node(taints: Taint[] = [], labels: Record<string, string> = {}): Node {
  return { metadata: { name: 'n1', labels }, spec: { taints } };
}

const placementOn = (daemonSet: DaemonSet, node: Node) => placements(daemonSet)(node);
const yes = { run: true, keep: true };
const no = { run: false, keep: false };

describe('a daemon’s pod', () => {
  it('runs on every node that it selects', () => {
    assert.deepEqual(placementOn(daemonSet(), node()), yes);
    const picky = daemonSet({ nodeSelector: { disk: 'ssd' } });
    assert.deepEqual(placementOn(picky, node()), no);
    assert.deepEqual(placementOn(picky, node([], { disk: 'ssd' })), yes);
    assert.deepEqual(placementOn(daemonSet({ nodeName: 'n2' }), node()), no);
  });

  it('stays with a node in trouble, and shuns others’ taints', () => {
    const trouble = ['not-ready:NoExecute', 'disk-pressure:NoSchedule', 'unschedulable:NoSchedule'].map((it) => {
      const [key, effect] = it.split(':') as [string, string];
      return { key: `node.kubernetes.io/${key}`, effect };
    });
    assert.deepEqual(placementOn(daemonSet(), node(trouble)), yes);
    assert.deepEqual(placementOn(daemonSet(), node([{ key: 'k', effect: 'NoSchedule' }])), { run: false, keep: true });
    assert.deepEqual(placementOn(daemonSet(), node([{ key: 'k', effect: 'NoExecute' }])), no);
    const tolerant = daemonSet({ tolerations: [{ key: 'k', operator: 'Exists' }] });
    assert.deepEqual(placementOn(tolerant, node([{ key: 'k', effect: 'NoExecute' }])), yes);
  });

  it('bears a missing network only on the host’s network', () => {
    const keys = (it: DaemonSet) => daemonTolerations(it.spec?.template).map((toleration) => toleration.key);
    const network = 'node.kubernetes.io/network-unavailable';
    assert.ok(!keys(daemonSet()).includes(network));
    assert.ok(keys(daemonSet({ hostNetwork: true })).includes(network));
  });

  it('is pinned to its node, beside what its template requires, and found by that', () => {
    const zone = { key: 'zone', operator: 'In', values: ['a'] };
    const required = { nodeSelectorTerms: [{ matchExpressions: [zone] }] };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required };
    const template = daemonSet({ affinity: { nodeAffinity } }).spec?.template;
    const spec = pinTo(template, 'n7')!;
    assert.equal(targetNode({ metadata: {}, spec }), 'n7');
    const [term] = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
    assert.deepEqual(term?.matchExpressions, [zone]);
    assert.equal(required.nodeSelectorTerms[0] && 'matchFields' in required.nodeSelectorTerms[0], false);
    assert.equal(targetNode({ metadata: {}, spec: { containers: [], nodeName: 'n8' } }), 'n8');
  });
});
