import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import type { NodeInfo } from '../cache/node-info.js';
import { Framework } from '../framework/framework.js';
import { defaultPlugins } from '../plugins/index.js';
import { asking, infoOf, testNode, testPod } from '../testing/objects.js';
import { findPreemption } from './preemption.js';

function using(name: string, cpu: string, priority: number, startTime = '2026-01-01T00:00:00Z'): Pod {
  return testPod(name, { priority, containers: [asking({ cpu })] }, startTime);
}

function preempt(pod: Pod, nodes: NodeInfo[], promised?: string) {
  const framework = new Framework(defaultPlugins, { random: seededRandom(1) });
  const placement = framework.place(pod, nodes);
  assert.equal(placement.node, undefined, 'the pod fits without preemption');
  const refusals = placement.node === undefined ? placement.refusals : [];
  const found = findPreemption(framework, pod, nodes, refusals, promised);
  const victims = found.candidate?.victims.map((it) => it.metadata.name);
  return { node: found.candidate?.node, victims, message: found.message };
}

const important = using('new', '2', 100);

const DISRUPTION = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' };

describe('findPreemption', () => {
  it('takes no more than it must, and the least important', () => {
    const node = infoOf(testNode('n1'), using('a', '1', 5), using('b', '2', 1), using('c', '1', 50));
    assert.deepEqual(preempt(important, [node]), { node: 'n1', victims: ['b'], message: '' });
  });

  it('chooses the node whose most important victim matters least', () => {
    const nodes = [infoOf(testNode('n1'), using('a', '4', 50)), infoOf(testNode('n2'), using('b', '4', 10))];
    assert.equal(preempt(important, nodes).node, 'n2');
  });

  it('then the one with the fewest victims, then the one whose victim started last', () => {
    const two = infoOf(testNode('two'), using('a', '2', 10), using('b', '2', 10));
    const pod = using('new', '4', 100);
    assert.equal(preempt(pod, [two, infoOf(testNode('one'), using('c', '4', 10))]).node, 'one');
    const old = infoOf(testNode('old'), using('d', '4', 10, '2026-01-01T00:00:00Z'));
    const young = infoOf(testNode('young'), using('e', '4', 10, '2026-02-01T00:00:00Z'));
    assert.equal(preempt(pod, [old, young]).node, 'young');
  });

  it('never takes pods of the same or a higher priority', () => {
    const nodes = [infoOf(testNode('n1'), using('a', '4', 100))];
    assert.equal(
      preempt(important, nodes).message,
      '0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    );
  });

  it('is not helpful where no pod is in the way', () => {
    const nodes = [
      infoOf(testNode('tainted', { cpu: '4', pods: '9' }, { taints: [{ key: 'k', effect: 'NoSchedule' }] })),
      infoOf(testNode('small', { cpu: '1', pods: '9' }), using('a', '1', 1)),
    ];
    assert.equal(
      preempt(important, nodes).message,
      '0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    );
  });

  it('does nothing for a pod that is too polite, or that waits for its victims already', () => {
    const nodes = [infoOf(testNode('n1'), using('a', '4', 1))];
    const polite = { ...important, spec: { ...important.spec!, preemptionPolicy: 'Never' } };
    assert.equal(preempt(polite, nodes).message, 'not eligible due to preemptionPolicy=Never.');
    const going = using('a', '4', 1);
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    const ending = [infoOf(testNode('n1'), going)];
    assert.deepEqual(preempt(important, ending, 'n1').victims, ['a'], 'it goes for a reason of its own');
    going.status = { ...going.status, conditions: [DISRUPTION] };
    const waits = 'not eligible due to a terminating pod on the nominated node.';
    assert.equal(preempt(important, ending, 'n1').message, waits);
  });

  it('looks elsewhere when the node it was promised can never take it', () => {
    const going = using('a', '4', 1);
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    going.status = { conditions: [DISRUPTION] };
    const cordoned = infoOf(testNode('n1', undefined, { unschedulable: true }), going);
    const other = infoOf(testNode('n2'), using('b', '4', 1));
    assert.equal(preempt(important, [cordoned, other], 'n1').node, 'n2');
  });
});
