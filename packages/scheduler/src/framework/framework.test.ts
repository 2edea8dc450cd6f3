import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '@keelson/service';
import { defaultPlugins } from '../plugins/index.js';
import { asking, infoOf, testNode, testPod } from '../testing/objects.js';
import { fitMessage, refusalMessage } from './fit-error.js';
import { Framework, nodesEnough } from './framework.js';
import { normalizeByMax } from './plugin.js';

const framework = () => new Framework(defaultPlugins, { random: seededRandom(5) });

describe('Framework', () => {
  it('chooses the node that scores best', () => {
    const busy = infoOf(testNode('busy'), testPod('q', { containers: [asking({ cpu: '2', memory: '4Gi' })] }));
    const placement = framework().place(testPod('p'), [busy, infoOf(testNode('idle'))]);
    assert.deepEqual(placement, { node: 'idle', feasible: 2 });
  });

  it('lets chance decide among equals', () => {
    const nodes = ['a', 'b', 'c'].map((name) => infoOf(testNode(name)));
    const chooser = framework();
    const chosen = new Set(Array.from({ length: 60 }, () => chooser.place(testPod('p'), nodes).node));
    assert.deepEqual([...chosen].sort(), ['a', 'b', 'c']);
  });

  it('tells of each node which plugin refused it, and sums it up in upstream’s words', () => {
    const nodes = [
      infoOf(testNode('small', { cpu: '1', pods: '10' })),
      infoOf(testNode('tiny', { cpu: '1', pods: '10' })),
      infoOf(testNode('cordoned', { cpu: '8', pods: '10' }, { unschedulable: true })),
    ];
    const placement = framework().place(testPod('p', { containers: [asking({ cpu: '2' })] }), nodes);
    assert.equal(placement.node, undefined);
    if (placement.node !== undefined) return;
    assert.deepEqual(
      placement.refusals.map((it) => [it.node, it.plugin]),
      [
        ['small', 'NodeResourcesFit'],
        ['tiny', 'NodeResourcesFit'],
        ['cordoned', 'NodeUnschedulable'],
      ],
    );
    assert.equal(
      refusalMessage(3, placement.refusals),
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.',
    );
  });

  it('keeps room for pods that were promised a node and matter as much, and lets a pod come to its own', () => {
    const promised = testPod('promised', { priority: 5, containers: [asking({ cpu: '3' })] });
    const chooser = new Framework(defaultPlugins, {
      random: seededRandom(5),
      promisedOn: (node) => (node === 'n1' ? [promised] : []),
    });
    const n1 = infoOf(testNode('n1'));
    const needing = (priority: number) => testPod('p', { priority, containers: [asking({ cpu: '2' })] });
    assert.equal(chooser.place(needing(5), [n1]).node, undefined);
    assert.equal(chooser.place(needing(6), [n1]).node, 'n1');
    const better = infoOf(testNode('n2', { cpu: '64', memory: '64Gi', pods: '110' }));
    assert.equal(chooser.place(promised, [n1, better], n1).node, 'n1');
    assert.equal(chooser.place(needing(5), [n1, better], n1).node, 'n2');
  });

  it('finds no place without nodes', () => {
    assert.deepEqual(framework().place(testPod('p'), []), { node: undefined, refusals: [] });
    assert.equal(fitMessage(0, []), '0/0 nodes are available');
  });

  it('looks at fewer of many nodes, but all around', () => {
    assert.deepEqual([50, 100, 1_000, 5_000, 100_000].map(nodesEnough), [50, 100, 420, 500, 5_000]);
    const nodes = Array.from({ length: 300 }, (_, at) => infoOf(testNode(`n${at}`)));
    const chooser = framework();
    const first = chooser.place(testPod('p'), nodes);
    assert.equal(first.node !== undefined && first.feasible, nodesEnough(300));
    const seen = new Set(Array.from({ length: 400 }, () => chooser.place(testPod('p'), nodes).node));
    assert.ok(seen.size > nodesEnough(300), `${seen.size} nodes chosen`);
  });

  it('brings scores to 0…100', () => {
    assert.deepEqual(normalizeByMax(false)([1, 2, 4]), [25, 50, 100]);
    assert.deepEqual(normalizeByMax(true)([1, 2, 4]), [75, 50, 0]);
    assert.deepEqual(normalizeByMax(true)([0, 0]), [100, 100]);
    assert.deepEqual(normalizeByMax(false)([0, 0]), [0, 0]);
  });
});
