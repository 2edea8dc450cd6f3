import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceQuota } from '../gen/types.js';
import type { KubeObject } from '../kind.js';
import { isAbout, type QuotaWrite, quotaEvaluators } from './index.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const evaluatorOf = quotaEvaluators({
  now: () => NOW,
  extendedResourceOf: (name) => (name === 'gpu' ? 'example.com/gpu' : undefined),
  pod: (_namespace, name) =>
    name === 'owner'
      ? ({ metadata: {}, spec: { containers: [{ resources: { requests: { 'example.com/gpu': '2' } } }] } } as never)
      : undefined,
});
const of = (group: string, plural: string) => evaluatorOf({ group, plural })!;
const usage = (group: string, plural: string, object: object) =>
  of(group, plural).usage({ metadata: {}, ...object } as KubeObject);
const write = (operation: QuotaWrite['operation'], object: object, old?: object, subresource = '') =>
  ({ operation, subresource, object: { metadata: {}, ...object }, old: old && { metadata: {}, ...old } }) as QuotaWrite;

test('a pod uses the requests and limits of all of it, with overhead, once it is not done', () => {
  const spec = {
    overhead: { cpu: '50m' },
    containers: [
      { name: 'a', resources: { requests: { cpu: '100m', memory: '1Mi' }, limits: { cpu: '1' } } },
      { name: 'b', resources: { requests: { cpu: '200m', 'example.com/gpu': '1', 'hugepages-2Mi': '2Mi' } } },
    ],
    initContainers: [
      { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '10m' } } },
      { name: 'i', resources: { requests: { cpu: '500m' } } },
    ],
  };
  const used = usage('', 'pods', { spec });
  assert.deepEqual(
    [used['cpu'], used['requests.cpu'], used['limits.cpu'], used['requests.memory'], used['pods'], used['count/pods']],
    ['560m', '560m', '1050m', '1Mi', '1', '1'],
  );
  assert.deepEqual(
    [used['requests.example.com/gpu'], used['hugepages-2Mi'], used['requests.hugepages-2Mi']],
    ['1', '2Mi', '2Mi'],
  );
  assert.deepEqual(usage('', 'pods', { spec, status: { phase: 'Succeeded' } }), { 'count/pods': '1' });
  const deleted = (seconds: number) => ({
    spec,
    metadata: { deletionTimestamp: '2025-12-31T23:59:50Z', deletionGracePeriodSeconds: seconds },
  });
  assert.deepEqual(usage('', 'pods', deleted(5)), { 'count/pods': '1' });
  assert.equal(usage('', 'pods', deleted(30))['pods'], '1');
});

test('what a pod says for itself stands instead of its containers, and what it has still counts while it shrinks', () => {
  const containers = [{ name: 'a', resources: { requests: { cpu: '100m', memory: '5Mi' } } }];
  const whole = usage('', 'pods', { spec: { containers, resources: { requests: { cpu: '1' } } } });
  assert.deepEqual([whole['cpu'], whole['memory']], ['1', '5Mi']);
  const has = (status: object) => usage('', 'pods', { spec: { containers }, status })['cpu'];
  const statuses = { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '300m' } } }] };
  assert.equal(has(statuses), '300m');
  const infeasible = { conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }] };
  const smaller = { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '50m' } } }] };
  assert.equal(has({ ...smaller, ...infeasible }), '50m');
});

test('where cpu or memory is limited, every container must say what it asks for', () => {
  const containers = [{ name: 'b' }, { name: 'a', resources: { requests: { cpu: '1' } } }];
  const missing = (limited: string[], spec: object) =>
    of('', 'pods').missing?.(limited, { metadata: {}, spec } as KubeObject);
  const initContainers = [{ name: 'i' }];
  assert.equal(
    missing(['pods', 'limits.cpu', 'cpu', 'requests.storage'], { containers, initContainers }),
    'must specify cpu for: b,i; limits.cpu for: a,b,i',
  );
  assert.equal(missing(['pods', 'ephemeral-storage'], { containers }), undefined);
  assert.equal(missing(['cpu'], { containers, resources: { limits: { memory: '1Gi' } } }), undefined);
});

test('a service uses ports and balancers by its type, and only named ports where none are given', () => {
  const ports = [{ port: 1 }, { port: 2, nodePort: 30_000 }];
  const used = (spec: object) => {
    const all = usage('', 'services', { spec: { ports, ...spec } });
    return [all['services'], all['services.nodeports'], all['services.loadbalancers']];
  };
  assert.deepEqual(used({ type: 'ClusterIP' }), ['1', '0', '0']);
  assert.deepEqual(used({ type: 'NodePort' }), ['1', '2', '0']);
  assert.deepEqual(used({ type: 'LoadBalancer' }), ['1', '2', '1']);
  assert.deepEqual(used({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }), ['1', '1', '1']);
});

test('a claim uses storage of its class, in whole bytes, and no less than it has', () => {
  const spec = { storageClassName: 'gold', resources: { requests: { storage: '1500m' } } };
  assert.deepEqual(usage('', 'persistentvolumeclaims', { spec }), {
    persistentvolumeclaims: '1',
    'count/persistentvolumeclaims': '1',
    'requests.storage': '2',
    'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'gold.storageclass.storage.k8s.io/requests.storage': '2',
  });
  const grown = { spec, status: { allocatedResources: { storage: '2Gi' } } };
  assert.equal(usage('', 'persistentvolumeclaims', grown)['requests.storage'], '2Gi');
});

test('a claim of devices uses them by class, of alternatives the dearest, of all the most there can be', () => {
  const requests = [
    { name: 'a', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } },
    {
      name: 'b',
      firstAvailable: [
        { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
        { deviceClassName: 'nic', allocationMode: 'All' },
      ],
    },
  ];
  const used = usage('resource.k8s.io', 'resourceclaims', { spec: { devices: { requests } } });
  assert.equal(used['count/resourceclaims.resource.k8s.io'], '1');
  assert.equal(used['gpu.deviceclass.resource.k8s.io/devices'], '3');
  assert.equal(used['nic.deviceclass.resource.k8s.io/devices'], '32');
  assert.equal(used['requests.example.com/gpu'], '3');
  assert.equal(used['requests.deviceclass.resource.kubernetes.io/nic'], '32');
  // What the pod that the claim was made for asks for by name is charged with the pod.
  const metadata = {
    annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
    ownerReferences: [{ kind: 'Pod', name: 'owner' }],
  };
  const own = usage('resource.k8s.io', 'resourceclaims', { metadata, spec: { devices: { requests: [requests[0]] } } });
  assert.equal(own['requests.example.com/gpu'], undefined);
  assert.equal(own['gpu.deviceclass.resource.k8s.io/devices'], '2');
});

test('everything else is counted, some by a shorter name too, and what is not stored is not', () => {
  assert.deepEqual(usage('', 'secrets', {}), { 'count/secrets': '1', secrets: '1' });
  assert.deepEqual(usage('apps', 'deployments', {}), { 'count/deployments.apps': '1' });
  assert.equal(evaluatorOf({ group: '', plural: 'events' }), undefined);
  assert.equal(evaluatorOf({ group: 'authorization.k8s.io', plural: 'localsubjectaccessreviews' }), undefined);
});

test('only writes that change what is used are looked at', () => {
  const handles = (plural: string, asked: QuotaWrite) => of('', plural).handles(asked);
  assert.equal(handles('secrets', write('UPDATE', {}, {})), false);
  assert.equal(handles('services', write('UPDATE', {}, {})), true);
  assert.equal(handles('pods', write('CREATE', {})), true);
  assert.equal(handles('pods', write('UPDATE', {}, {})), false);
  assert.equal(handles('pods', write('UPDATE', { spec: { activeDeadlineSeconds: 1 } }, {})), true);
  assert.equal(handles('pods', write('UPDATE', {}, {}, 'resize')), true);
  assert.equal(handles('pods', write('CREATE', {}, undefined, 'eviction')), false);
  const grown = { status: { allocatedResources: { storage: '2' } } };
  assert.equal(handles('persistentvolumeclaims', write('UPDATE', grown, {}, 'status')), true);
  assert.equal(handles('persistentvolumeclaims', write('UPDATE', grown, grown, 'status')), false);
});

const term = { podAffinityTerm: { namespaces: ['other'] } };
const SCOPED: readonly (readonly [object, object, boolean])[] = [
  [{ scopes: ['Terminating'] }, { activeDeadlineSeconds: 0 }, true],
  [{ scopes: ['NotTerminating'] }, { activeDeadlineSeconds: 0 }, false],
  [{ scopes: ['BestEffort'] }, { containers: [{}] }, true],
  [{ scopes: ['NotBestEffort'] }, { containers: [{}] }, false],
  [{ scopes: ['PriorityClass'] }, { priorityClassName: 'high' }, true],
  [{ scopes: ['PriorityClass'] }, {}, false],
  [
    { scopes: ['CrossNamespacePodAffinity'] },
    { affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [term] } } },
    true,
  ],
  [{ scopes: ['CrossNamespacePodAffinity'] }, {}, false],
  ...(['In', 'NotIn', 'DoesNotExist'] as const).flatMap((operator) =>
    ['high', 'low', undefined].map((priorityClassName) => {
      const values = operator === 'DoesNotExist' ? [] : ['high'];
      const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] };
      const isHigh = priorityClassName === 'high';
      const expected = operator === 'In' ? isHigh : operator === 'NotIn' ? !isHigh : priorityClassName === undefined;
      return [{ scopeSelector }, { priorityClassName }, expected] as const;
    }),
  ),
];

for (const [index, [spec, podSpec, expected]] of SCOPED.entries()) {
  test(`a quota with a scope is about pods in it: ${index}`, () => {
    const quota = { metadata: {}, spec, status: { hard: { pods: '1' } } } as ResourceQuota;
    const pod = { metadata: {}, spec: podSpec } as KubeObject;
    assert.equal(isAbout(quota, of('', 'pods'), pod), expected);
  });
}

test('a quota is about claims of volume attribute classes, and with a scope about nothing that knows none', () => {
  const matchExpressions = [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['fast'] }];
  const hard = { 'requests.storage': '1', services: '1' };
  const quota = { metadata: {}, spec: { scopeSelector: { matchExpressions } }, status: { hard } } as ResourceQuota;
  const claim = (object: object) =>
    isAbout(quota, of('', 'persistentvolumeclaims'), { metadata: {}, ...object } as never);
  assert.equal(claim({ spec: { volumeAttributesClassName: 'fast' } }), true);
  assert.equal(claim({ status: { modifyVolumeStatus: { targetVolumeAttributesClassName: 'fast' } } }), true);
  assert.equal(claim({ spec: {} }), false);
  assert.equal(isAbout(quota, of('', 'services'), { metadata: {} }), false);
});
