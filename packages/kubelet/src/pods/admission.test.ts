import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@keelson/api';
import { admit, podRequests } from './admission.js';
import { container, podOf } from './testing.js';

const node: Node = {
  metadata: { name: 'n', labels: { zone: 'a', size: '8' } },
  status: { allocatable: { cpu: '2', memory: '1Gi', pods: '2' } },
};

function asking(cpu: string, uid: string, more: Partial<Pod> = {}): Pod {
  const it = podOf({ containers: [container('main', { resources: { requests: { cpu } } })] }, more);
  return { ...it, metadata: { ...it.metadata, uid } };
}

test('a pod that does not fit is refused in upstream’s words', () => {
  assert.equal(admit(asking('1', 'b'), [asking('1', 'a')], node), undefined);
  assert.deepEqual(admit(asking('500m', 'b'), [asking('1900m', 'a')], node), {
    reason: 'OutOfcpu',
    message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 500, used: 1900, capacity: 2000",
  });
  assert.equal(admit(asking('0', 'c'), [asking('0', 'a'), asking('0', 'b')], node)?.reason, 'OutOfpods');
  const ended = asking('2', 'a', { status: { phase: 'Succeeded' } });
  assert.equal(admit(asking('2', 'b'), [ended], node), undefined, 'what has ended takes nothing');
});

test('extended resources count where the node has them, and are nobody’s business where not', () => {
  const wants = (resource: string, amount = '1') => {
    const resources = { requests: { [resource]: amount } };
    return podOf({ containers: [container('main', { resources })] });
  };
  assert.equal(admit(wants('scheduling.k8s.io/foo'), [], node), undefined);
  assert.equal(admit(wants('hugepages-2Mi'), [], node)?.reason, 'OutOfhugepages-2Mi');
  assert.equal(admit(wants('x.kubernetes.io/y'), [], node)?.reason, 'OutOfx.kubernetes.io/y');
  const allocatable = { ...node.status?.allocatable, 'scheduling.k8s.io/foo': '2' };
  const equipped = { ...node, status: { allocatable } };
  assert.equal(admit(wants('scheduling.k8s.io/foo', '2'), [], equipped), undefined);
  assert.equal(admit(wants('scheduling.k8s.io/foo', '3'), [], equipped)?.reason, 'OutOfscheduling.k8s.io/foo');
});

test('a pod that asks for another node is refused', () => {
  assert.equal(admit(podOf({ nodeSelector: { zone: 'b' } }), [], node)?.reason, 'NodeAffinity');
  const wants = (operator: string, key: string, values: string[]) => {
    const nodeSelectorTerms = [{ matchExpressions: [{ key, operator, values }] }];
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    return admit(podOf({ affinity: { nodeAffinity } }), [], node)?.reason;
  };
  assert.equal(wants('In', 'zone', ['a', 'b']), undefined);
  assert.equal(wants('NotIn', 'zone', ['a']), 'NodeAffinity');
  assert.equal(wants('Gt', 'size', ['7']), undefined);
  assert.equal(wants('Exists', 'other', []), 'NodeAffinity');
});

test('init containers count by their peak, sidecars all along', () => {
  const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
  const pod = podOf({
    containers: [container('main', cpu('1'))],
    initContainers: [container('side', { restartPolicy: 'Always', ...cpu('500m') }), container('big', cpu('2'))],
    overhead: { cpu: '100m' },
  });
  assert.equal(podRequests(pod).get('cpu'), 2600);
});
