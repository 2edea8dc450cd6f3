import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { Container, Pod, PodSpec, PodStatus } from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { pod } from './pod.js';

function given(spec: PodSpec, container: Container = {}): Pod {
  const containers = [{ name: 'c', image: 'i:1', ...container }];
  const it: Pod = { metadata: { name: 'p', namespace: 'n', resourceVersion: '1' }, spec: { containers, ...spec } };
  pod.defaults(it);
  pod.strategy.prepareForCreate(it);
  return it;
}

const problems = (it: Pod): string[] => pod.validate(it).map(errorText);

test('a minimal pod gets the defaults that upstream gives it', () => {
  const { spec, status, metadata } = given({});
  assert.deepEqual(spec, {
    containers: [
      {
        name: 'c',
        image: 'i:1',
        imagePullPolicy: 'IfNotPresent',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
  });
  assert.deepEqual(status, { phase: 'Pending', qosClass: 'BestEffort' });
  assert.equal(metadata.generation, 1);
  assert.deepEqual(problems(given({})), []);
});

test('images without a tag, or with the latest, are always pulled', () => {
  const policy = (image: string) => given({}, { image }).spec?.containers?.[0]?.imagePullPolicy;
  assert.equal(policy('nginx'), 'Always');
  assert.equal(policy('host:5000/nginx:latest'), 'Always');
  assert.equal(policy('host:5000/nginx:1'), 'IfNotPresent');
  assert.equal(policy('nginx@sha256:00'), 'IfNotPresent');
});

test('the class of service follows from requests and limits', () => {
  const qos = (resources: Container['resources']) => given({}, { resources }).status?.qosClass;
  assert.equal(qos({ limits: { cpu: '1', memory: '1Gi' } }), 'Guaranteed');
  assert.equal(qos({ limits: { cpu: '1' } }), 'Burstable');
  assert.equal(qos({ requests: { cpu: '1' } }), 'Burstable');
  assert.equal(qos({ requests: { cpu: '0' } }), 'BestEffort');
});

test('probes and volumes are completed', () => {
  const { spec } = given(
    { volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'x' } }] },
    { livenessProbe: { httpGet: { port: 80 } } },
  );
  assert.deepEqual(spec?.volumes, [
    { name: 'v', emptyDir: {} },
    { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
  ]);
  assert.deepEqual(spec?.containers?.[0]?.livenessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
});

test('what is wrong with a pod is said field by field', () => {
  assert.deepEqual(problems(given({ containers: [] })), ['spec.containers: Required value']);
  assert.deepEqual(problems(given({ restartPolicy: 'Odd' })), [
    'spec.restartPolicy: Unsupported value: "Odd": supported values: "Always", "OnFailure", "Never"',
  ]);
  assert.deepEqual(problems(given({}, { volumeMounts: [{ name: 'none', mountPath: '/x' }] })), [
    'spec.containers[0].volumeMounts[0].name: Not found: "none"',
  ]);
  assert.deepEqual(problems(given({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })), [
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ]);
  assert.deepEqual(problems(given({}, { livenessProbe: {} })), [
    'spec.containers[0].livenessProbe: Required value: must specify a handler type',
  ]);
  assert.deepEqual(problems(given({ activeDeadlineSeconds: 0 })), [
    'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ]);
});

function updated(old: Pod, change: (spec: PodSpec) => void): string[] {
  const next = deepClone(old);
  change(next.spec ?? {});
  return pod.validateUpdate(next, old).map(errorText);
}

test('of a pod that is there only little may change', () => {
  const old = given({ activeDeadlineSeconds: 30, tolerations: [{ key: 'a', operator: 'Exists' }] });
  const image = (spec: PodSpec) => Object.assign(spec.containers?.[0] ?? {}, { image: 'i:2' });
  assert.deepEqual(updated(old, image), []);
  assert.deepEqual(
    updated(old, (spec) => spec.tolerations?.push({ key: 'b', operator: 'Exists' })),
    [],
  );
  assert.match(
    updated(old, (spec) => Object.assign(spec, { nodeName: 'n' }))[0] ?? '',
    /^spec: Forbidden: pod updates may not change fields other than/,
  );
  assert.deepEqual(
    updated(old, (spec) => Object.assign(spec, { tolerations: [] })),
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  );
  assert.deepEqual(
    updated(old, (spec) => Object.assign(spec, { activeDeadlineSeconds: 40 })),
    ['spec.activeDeadlineSeconds: Invalid value: 40: must be less than or equal to previous value'],
  );
});

test('a status update keeps the spec; an update keeps the status', () => {
  const old = given({});
  const next = deepClone(old);
  next.spec = { ...next.spec, nodeName: 'elsewhere' };
  next.status = { phase: 'Running' };
  pod.strategy.prepareForStatusUpdate(next, old, '2026-01-01T00:00:00Z');
  assert.equal(next.spec?.nodeName, undefined);
  assert.deepEqual(next.status, { phase: 'Running', qosClass: 'BestEffort' });
  const again = deepClone(next);
  again.status = { phase: 'Failed' };
  pod.strategy.prepareForUpdate(again, next);
  assert.equal(again.status?.phase, 'Running');
});

test('grace is for pods that run somewhere', () => {
  const grace = pod.strategy.deletionGrace;
  assert.ok(grace);
  const running = { ...given({ nodeName: 'n' }), status: { phase: 'Running' } };
  assert.equal(grace(running, undefined), 30);
  assert.equal(grace(running, 5), 5);
  assert.equal(grace(running, 0), 0);
  assert.equal(grace({ ...running, status: { phase: 'Failed' } }, 5), 0);
  assert.equal(grace(given({}), 5), 0);
});

test('the table tells how a pod does in one word', () => {
  const column = pod.columns.find(({ name }) => name === 'Status');
  const word = (status: PodStatus, more: Partial<Pod['metadata']> = {}) => {
    const it = given({ initContainers: [{ name: 'i', image: 'i:1' }] });
    return column?.value({ ...it, metadata: { ...it.metadata, ...more }, status }, { now: new Date(0) });
  };
  const waiting = { name: 'c', ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } };
  assert.equal(word({ phase: 'Pending' }), 'Pending');
  assert.equal(word({ phase: 'Running', containerStatuses: [waiting] }), 'CrashLoopBackOff');
  assert.equal(word({ phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] }), 'Init:0/1');
  assert.equal(word({ phase: 'Failed', reason: 'Evicted' }), 'Evicted');
  assert.equal(word({ phase: 'Running' }, { deletionTimestamp: '2024-01-01T00:00:00Z' }), 'Terminating');
  const ended = { name: 'c', state: { terminated: { exitCode: 3 } } };
  assert.equal(word({ phase: 'Failed', containerStatuses: [ended] }), 'ExitCode:3');
});
