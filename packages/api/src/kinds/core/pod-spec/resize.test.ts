import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, PodSpec } from '../../../gen/types.js';
import { resizedSpec, validateEphemeralContainers, validateResize } from './resize.js';

const amounts = (cpu: string, memory: string) => ({ cpu, memory });
const both = (cpu: string, memory = '1Gi') => ({ requests: amounts(cpu, memory), limits: amounts(cpu, memory) });
const container = (name: string, more: Partial<Container> = {}): Container => ({
  name,
  image: 'x:1',
  resources: both('1'),
  ...more,
});

function pod(spec: PodSpec, status: Pod['status'] = { qosClass: 'Guaranteed' }): Pod {
  return { metadata: { name: 'p', namespace: 'd' }, spec, status };
}

/** What is said of a resize to `wanted`, as the server makes it. */
function said(wanted: PodSpec, old: Pod): string[] {
  const next = { ...old, spec: resizedSpec(wanted, old.spec ?? {}) };
  return validateResize(next, old).errors.map(({ field, detail }) => `${field}: ${detail}`);
}

test('cpu and memory may change, of sidecars and init containers too, and nothing else comes along', () => {
  const old = pod({ containers: [container('a')], initContainers: [container('i')] });
  const wanted = {
    nodeName: 'elsewhere',
    containers: [container('a', { image: 'other', resources: both('2') })],
    initContainers: [container('i', { resources: both('3', '2Gi') })],
  };
  assert.deepEqual(resizedSpec(wanted, old.spec ?? {}), {
    containers: [container('a', { resources: both('2') })],
    initContainers: [container('i', { resources: both('3', '2Gi') })],
  });
  assert.deepEqual(said(wanted, old), []);
});

test('a resize refuses other resources, removed ones, another class of service and another policy', () => {
  const old = pod({ containers: [container('a')] });
  const resources = (it: Container['resources']) => ({ containers: [container('a', { resources: it })] });
  const storage = { requests: amounts('1', '1Gi'), limits: { ...amounts('1', '1Gi'), 'ephemeral-storage': '1Gi' } };
  assert.deepEqual(said(resources(storage), old), ['spec: only cpu and memory resources are mutable']);
  assert.deepEqual(said(resources({ requests: { cpu: '1' }, limits: amounts('1', '1Gi') }), old), [
    'spec.containers[0].resources.requests: resource requests cannot be removed',
  ]);
  assert.deepEqual(said(resources({ requests: amounts('1', '1Gi'), limits: amounts('2', '1Gi') }), old), [
    'spec: Pod QOS Class may not change as a result of resizing',
  ]);
  const policy = {
    containers: [container('a', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] })],
  };
  assert.deepEqual(said(policy, old), ['spec: only cpu and memory resources are mutable']);
});

test('containers keep their number, names and order in a resize', () => {
  const old = pod({ containers: [container('a'), container('b')], initContainers: [container('i')] });
  assert.deepEqual(said({ containers: [container('a')], initContainers: [] }, old), [
    'spec.containers: containers may not be added or removed on resize',
    'spec.initContainers: initContainers may not be added or removed on resize',
  ]);
  const turned = { containers: [container('b'), container('a')], initContainers: [container('i')] };
  assert.deepEqual(said(turned, old), [
    'spec.containers[0].name: containers may not be renamed or reordered on resize',
    'spec.containers[1].name: containers may not be renamed or reordered on resize',
  ]);
});

test('resources of the pod as a whole may grow and not go', () => {
  const old = pod({ resources: both('4'), containers: [container('a')] });
  assert.deepEqual(said({ resources: both('5'), containers: [container('a')] }, old), []);
  assert.deepEqual(said({ containers: [container('a')] }, old), [
    'spec.resources: pod-level resources cannot be removed',
  ]);
  const huge = { requests: { ...amounts('4', '1Gi'), 'hugepages-2Mi': '2Mi' }, limits: amounts('4', '1Gi') };
  assert.deepEqual(said({ resources: huge, containers: [container('a')] }, old), [
    'spec: only cpu and memory resources are mutable at pod-level',
  ]);
});

test('an init container that a resize would restart is left alone', () => {
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
  const spec = (init: Partial<Container>) => ({
    containers: [container('a')],
    initContainers: [container('i', { resizePolicy, ...init })],
  });
  assert.deepEqual(said(spec({ resources: both('2') }), pod(spec({}))), [
    'spec.initContainers[0]: non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
  ]);
  const sidecar = { restartPolicy: 'Always' };
  assert.deepEqual(said(spec({ ...sidecar, resources: both('2') }), pod(spec(sidecar))), []);
});

test('pods of nodes that cannot resize, static pods and pods of Windows are refused', () => {
  const running = { name: 'a', state: { running: {} }, image: '', imageID: '', ready: true, restartCount: 0 };
  const spec = { containers: [container('a')] };
  assert.deepEqual(said(spec, pod(spec, { qosClass: 'Guaranteed', containerStatuses: [running] })), [
    'spec: Pod running on node without support for resize',
  ]);
  const resources = both('1');
  assert.deepEqual(
    said(spec, pod(spec, { qosClass: 'Guaranteed', containerStatuses: [{ ...running, resources }] })),
    [],
  );
  const mirror = { ...pod(spec), metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': '' } } };
  assert.deepEqual(said(spec, mirror), [': static pods cannot be resized']);
  assert.equal(
    validateEphemeralContainers(mirror, mirror).errors[0]?.detail,
    'static pods do not support ephemeral containers',
  );
  const windows = { ...spec, os: { name: 'windows' } };
  assert.deepEqual(said(windows, pod(windows)), [': windows pods cannot be resized']);
});

test('an ephemeral container neither goes nor changes, in whatever order', () => {
  const spec = (...names: string[]) => ({
    containers: [container('a')],
    ephemeralContainers: names.map((name) => ({ name })),
  });
  const errors = (next: PodSpec, old: PodSpec) =>
    validateEphemeralContainers(pod(next), pod(old)).errors.map(({ detail }) => detail);
  assert.deepEqual(errors(spec('y', 'x', 'z'), spec('x', 'y')), []);
  assert.deepEqual(errors(spec('y'), spec('x', 'y')), ['existing ephemeral containers "x" may not be removed\n']);
  const changed = { ...spec(), ephemeralContainers: [{ name: 'x', image: 'i' }] };
  assert.deepEqual(errors(changed, spec('x')), ['existing ephemeral containers "x" may not be changed\n']);
});
