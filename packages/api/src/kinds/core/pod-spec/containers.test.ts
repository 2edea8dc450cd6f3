import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText, Path } from '../../../field-errors.js';
import type { Container, PodSpec } from '../../../gen/types.js';
import { validateContainers } from './containers.js';

const problems = (container: Container, spec: Partial<PodSpec> = {}) => {
  const whole = { name: 'c', image: 'i', terminationMessagePolicy: 'File', imagePullPolicy: 'Always', ...container };
  return validateContainers({ restartPolicy: 'Always', ...spec, containers: [whole] }, new Path('c')).map(errorText);
};

test('how a resize is done is told once a resource, in known words', () => {
  const policy = (...resizePolicy: NonNullable<Container['resizePolicy']>) => problems({ resizePolicy });
  assert.deepEqual(policy({ resourceName: 'cpu', restartPolicy: 'NotRequired' }), []);
  const twice = { resourceName: 'cpu', restartPolicy: 'RestartContainer' };
  assert.deepEqual(policy(twice, twice), ['c[0].resizePolicy[1]: Duplicate value: "cpu"']);
  assert.deepEqual(policy({ resourceName: '', restartPolicy: 'x' }), [
    'c[0].resizePolicy: Required value',
    'c[0].resizePolicy: Unsupported value: "x": supported values: "NotRequired", "RestartContainer"',
  ]);
  assert.match(
    problems({ resizePolicy: [twice] }, { restartPolicy: 'Never' })[0] ?? '',
    /must be 'NotRequired' when pod/,
  );
});

test('rules of restarting say what to do at which codes', () => {
  const rules = (...restartPolicyRules: NonNullable<Container['restartPolicyRules']>) =>
    problems({ restartPolicy: 'Never', restartPolicyRules });
  assert.deepEqual(rules({ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }), []);
  assert.deepEqual(rules({ action: 'Stop' }), [
    'c[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"',
    'c[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
  ]);
  assert.match(
    rules({ action: 'Restart', exitCodes: { operator: 'Is' } })[0] ?? '',
    /operator: Unsupported value: "Is"/,
  );
});

test('a device is a claim, known, below no other path, and no mount', () => {
  const volumes = [
    { name: 'p', persistentVolumeClaim: { claimName: 'x' } },
    { name: 'e', emptyDir: {} },
  ];
  const devices = (container: Container) => problems(container, { volumes }).map((it) => it.replace(/^c\[0\]\./, ''));
  assert.deepEqual(devices({ volumeDevices: [{ name: 'p', devicePath: '/d' }] }), []);
  assert.match(
    devices({ volumeDevices: [{ name: 'e', devicePath: '/d' }] })[0] ?? '',
    /name: .*can only use volume source/,
  );
  assert.deepEqual(devices({ volumeDevices: [{ name: 'q', devicePath: '/a/../b' }] }), [
    'volumeDevices[0].name: Not found: "q"',
    'volumeDevices[0].devicePath: Invalid value: "/a/../b": can not contain backsteps (\'..\')',
  ]);
  const both = { volumeDevices: [{ name: 'p', devicePath: '/d' }], volumeMounts: [{ name: 'p', mountPath: '/d' }] };
  assert.equal(devices(both).length, 4);
});

test('a container’s claims are its pod’s', () => {
  const claims = (names: string[], known: string[]) =>
    problems(
      { resources: { claims: names.map((name) => ({ name })) } },
      { resourceClaims: known.map((name) => ({ name })) },
    );
  assert.deepEqual(claims(['a'], ['a']), []);
  assert.deepEqual(claims(['a', 'a'], ['a']), ['c[0].resources.claims[1]: Duplicate value: "a"']);
  assert.match(
    claims(['b'], [])[0] ?? '',
    /Not found: "b": must be one of the names in pod.spec.resourceClaims which is empty/,
  );
});
