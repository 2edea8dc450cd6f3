import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asking, testPod } from '../testing/objects.js';
import { nonZeroRequests, podRequests } from './resources.js';

it('adds containers up, cpu in thousandths of a core', () => {
  const pod = testPod('p', { containers: [asking({ cpu: '500m', memory: '1Gi' }), asking({ cpu: '1' })] });
  assert.deepEqual(podRequests(pod), { cpu: 1500, memory: 2 ** 30 });
});

it('asks for the largest init container where that is more', () => {
  const initContainers = [asking({ cpu: '3' }), asking({ memory: '10' })];
  const pod = testPod('p', { containers: [asking({ cpu: '1', memory: '20' })], initContainers });
  assert.deepEqual(podRequests(pod), { cpu: 3000, memory: 20 });
});

it('counts a sidecar beside the containers, and beside the init containers after it only', () => {
  const sidecar = asking({ cpu: '1' }, { restartPolicy: 'Always' });
  const containers = [asking({ cpu: '1' })];
  const after = testPod('p', { containers, initContainers: [sidecar, asking({ cpu: '4' })] });
  const before = testPod('p', { containers, initContainers: [asking({ cpu: '4' }), sidecar] });
  assert.equal(podRequests(after)['cpu'], 5000);
  assert.equal(podRequests(before)['cpu'], 4000);
  assert.equal(podRequests(testPod('p', { containers, initContainers: [sidecar] }))['cpu'], 2000);
});

it('puts the overhead on top, and lets requests of the whole pod win', () => {
  const containers = [asking({ cpu: '1' })];
  assert.equal(podRequests(testPod('p', { containers, overhead: { cpu: '250m' } }))['cpu'], 1250);
  const pod = testPod('p', { containers, resources: { requests: { cpu: '2' } }, overhead: { cpu: '250m' } });
  assert.equal(podRequests(pod)['cpu'], 2250);
});

it('counts containers that ask for nothing as a little when nodes are compared', () => {
  assert.deepEqual(podRequests(testPod('p')), {});
  assert.deepEqual(nonZeroRequests(testPod('p')), { cpu: 100, memory: 200 * 2 ** 20 });
});
