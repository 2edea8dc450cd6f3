import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asking, testNode, testPod } from '../testing/objects.js';
import { SchedulerCache } from './scheduler-cache.js';

const pod = testPod('p', { containers: [asking({ cpu: '1' })] });
const onNode = (nodeName: string) => ({ ...pod, spec: { ...pod.spec!, nodeName } });
const cpuOn = (cache: SchedulerCache, node: string) => cache.node(node)?.requested['cpu'] ?? 0;

describe('SchedulerCache', () => {
  it('counts a pod on its node as soon as it is assumed, and once', () => {
    const cache = new SchedulerCache();
    cache.setNode(testNode('n1'));
    cache.assume(pod, 'n1');
    assert.equal(cpuOn(cache, 'n1'), 1000);
    assert.ok(cache.isAssumed('uid-p'));
    cache.setPod(onNode('n1'));
    assert.equal(cpuOn(cache, 'n1'), 1000);
    assert.ok(!cache.isAssumed('uid-p'));
  });

  it('takes an assumption back, but not what the API server said', () => {
    const cache = new SchedulerCache();
    cache.setNode(testNode('n1'));
    cache.assume(pod, 'n1');
    cache.forget('uid-p');
    assert.equal(cpuOn(cache, 'n1'), 0);
    cache.setPod(onNode('n1'));
    cache.forget('uid-p');
    assert.equal(cpuOn(cache, 'n1'), 1000);
  });

  it('moves a pod that turned out to be elsewhere', () => {
    const cache = new SchedulerCache();
    for (const name of ['n1', 'n2']) cache.setNode(testNode(name));
    cache.assume(pod, 'n1');
    cache.setPod(onNode('n2'));
    assert.deepEqual([cpuOn(cache, 'n1'), cpuOn(cache, 'n2')], [0, 1000]);
  });

  it('remembers pods of a node that comes later, or goes and comes back', () => {
    const cache = new SchedulerCache();
    cache.setPod(onNode('n1'));
    assert.deepEqual(cache.nodes(), []);
    cache.setNode(testNode('n1'));
    assert.equal(cpuOn(cache, 'n1'), 1000);
    cache.deleteNode('n1');
    cache.setNode(testNode('n1'));
    assert.equal(cpuOn(cache, 'n1'), 1000);
    cache.deletePod('uid-p');
    assert.equal(cpuOn(cache, 'n1'), 0);
  });

  it('forgets a pod that goes while its node is away', () => {
    const cache = new SchedulerCache();
    cache.setNode(testNode('n1'));
    cache.setPod(onNode('n1'));
    cache.deleteNode('n1');
    cache.deletePod('uid-p');
    cache.setNode(testNode('n1'));
    assert.equal(cache.node('n1')?.podCount, 0);
  });

  it('keeps the pods of a node that changes', () => {
    const cache = new SchedulerCache();
    cache.setNode(testNode('n1'));
    cache.setPod(onNode('n1'));
    cache.setNode(testNode('n1', { cpu: '8' }));
    assert.equal(cpuOn(cache, 'n1'), 1000);
    assert.equal(cache.node('n1')?.allocatable['cpu'], 8000);
  });
});
