import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '@keelson/api';
import type { NodeInfo } from '../cache/node-info.js';
import type { Plugin } from '../framework/plugin.js';
import { asking, infoOf, testNode, testPod } from '../testing/objects.js';
import { nodeResourcesBalancedAllocation } from './balanced-allocation.js';
import { nodeAffinity } from './node-affinity.js';
import { nodeName } from './node-name.js';
import { nodePorts } from './node-ports.js';
import { nodeResourcesFit } from './node-resources-fit.js';
import { nodeUnschedulable } from './node-unschedulable.js';
import { taintToleration } from './taint-toleration.js';

/** The reasons of a refusal, marked with ! where no pod's leaving helps; empty where the pod may come. */
function refusal<S>(plugin: Plugin<S>, pod: Pod, node: NodeInfo): string[] {
  const state = plugin.prepare?.({ pod, nodes: [node] }) as S;
  const verdict = plugin.filter!(pod, node, state);
  return verdict.pass ? [] : verdict.reasons.map((it) => (verdict.unresolvable ? `!${it}` : it));
}

function scores<S>(plugin: Plugin<S>, pod: Pod, nodes: NodeInfo[]): number[] {
  const state = plugin.prepare?.({ pod, nodes }) as S;
  const raw = nodes.map((node) => plugin.score!(pod, node, state));
  return plugin.normalize?.(raw) ?? raw;
}

const n1 = infoOf(testNode('n1'));

describe('plugins', () => {
  it('NodeName: a pod that names its node goes nowhere else', () => {
    assert.deepEqual(refusal(nodeName, testPod('p'), n1), []);
    assert.deepEqual(refusal(nodeName, testPod('p', { nodeName: 'n1' }), n1), []);
    const elsewhere = testPod('p', { nodeName: 'n2' });
    assert.deepEqual(refusal(nodeName, elsewhere, n1), ["!node(s) didn't match the requested node name"]);
  });

  it('NodeUnschedulable: a cordoned node takes only who tolerates it', () => {
    const cordoned = infoOf(testNode('n1', {}, { unschedulable: true }));
    assert.deepEqual(refusal(nodeUnschedulable, testPod('p'), cordoned), ['!node(s) were unschedulable']);
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }];
    assert.deepEqual(refusal(nodeUnschedulable, testPod('p', { tolerations }), cordoned), []);
  });

  it('TaintToleration: keeps away, and makes less welcome', () => {
    const hard = infoOf(testNode('n1', {}, { taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] }));
    assert.deepEqual(refusal(taintToleration, testPod('p'), hard), ['!node(s) had untolerated taint(s)']);
    assert.deepEqual(refusal(taintToleration, testPod('p', { tolerations: [{ key: 'a', value: 'b' }] }), hard), []);
    const soft = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ key: `k${at}`, effect: 'PreferNoSchedule' }));
    const nodes = [0, 1, 2].map((count) => infoOf(testNode(`n${count}`, {}, { taints: soft(count) })));
    assert.deepEqual(scores(taintToleration, testPod('p'), nodes), [100, 50, 0]);
    const tolerations = [{ operator: 'Exists' }];
    assert.deepEqual(scores(taintToleration, testPod('p', { tolerations }), nodes), [100, 100, 100]);
  });

  it('NodeAffinity: required and preferred', () => {
    const nodes = ['a', 'b', 'c'].map((zone) => infoOf(testNode(zone, {}, { labels: { zone } })));
    const pod = testPod('p', { nodeSelector: { zone: 'a' } });
    assert.deepEqual(
      nodes.map((it) => refusal(nodeAffinity, pod, it).length),
      [0, 1, 1],
    );
    assert.deepEqual(refusal(nodeAffinity, pod, nodes[1]!), ["!node(s) didn't match Pod's node affinity/selector"]);
    const prefer = (zone: string, weight: number) => ({
      weight,
      preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }] },
    });
    const preferredDuringSchedulingIgnoredDuringExecution = [prefer('a', 80), prefer('b', 20)];
    const choosy = testPod('p', { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution } } });
    assert.deepEqual(scores(nodeAffinity, choosy, nodes), [100, 25, 0]);
  });

  it('NodePorts: a host port is given once, by address and protocol', () => {
    const using = (hostPort: number, hostIP?: string, protocol?: string) =>
      testPod(`u${hostPort}${hostIP}${protocol}`, {
        containers: [
          {
            name: 'c',
            ports: [{ containerPort: 1, hostPort, ...(hostIP ? { hostIP } : {}), ...(protocol ? { protocol } : {}) }],
          },
        ],
      });
    const node = infoOf(testNode('n1'), using(80), using(90, '10.0.0.1'));
    assert.deepEqual(refusal(nodePorts, using(80, '10.0.0.2'), node), [
      "node(s) didn't have free ports for the requested pod ports",
    ]);
    assert.deepEqual(refusal(nodePorts, using(80, '', 'UDP'), node), []);
    assert.deepEqual(refusal(nodePorts, using(90, '10.0.0.2'), node), []);
    assert.equal(refusal(nodePorts, using(90), node).length, 1);
  });

  it('NodeResourcesFit: says all that is short, and whether anyone’s leaving helps', () => {
    const full = infoOf(
      testNode('n1', { cpu: '2', memory: '1Gi', pods: '1', 'x.org/gpu': '1' }),
      testPod('there', { containers: [asking({ cpu: '1500m', 'x.org/gpu': '1' })] }),
    );
    const pod = testPod('p', { containers: [asking({ cpu: '1', memory: '1Mi', 'x.org/gpu': '1' })] });
    assert.deepEqual(refusal(nodeResourcesFit, pod, full), [
      'Too many pods',
      'Insufficient cpu',
      'Insufficient x.org/gpu',
    ]);
    const giant = testPod('p', { containers: [asking({ cpu: '3' })] });
    assert.deepEqual(refusal(nodeResourcesFit, giant, full), ['!Too many pods', '!Insufficient cpu']);
    assert.deepEqual(refusal(nodeResourcesFit, giant, infoOf(testNode('n2'))), []);
  });

  it('NodeResourcesFit: the emptier the better', () => {
    const pod = testPod('p', { containers: [asking({ cpu: '1', memory: '2Gi' })] });
    const busy = infoOf(testNode('busy'), testPod('q', { containers: [asking({ cpu: '2', memory: '4Gi' })] }));
    assert.deepEqual(scores(nodeResourcesFit, pod, [infoOf(testNode('empty')), busy]), [75, 25]);
  });

  it('NodeResourcesBalancedAllocation: even use is better', () => {
    const pod = testPod('p', { containers: [asking({ cpu: '1', memory: '2Gi' })] });
    const skewed = infoOf(testNode('skewed'), testPod('q', { containers: [asking({ cpu: '2' })] }));
    assert.deepEqual(scores(nodeResourcesBalancedAllocation, pod, [infoOf(testNode('even')), skewed]), [100, 75]);
    assert.deepEqual(scores(nodeResourcesBalancedAllocation, testPod('asks nothing'), [skewed]), [0]);
  });
});
