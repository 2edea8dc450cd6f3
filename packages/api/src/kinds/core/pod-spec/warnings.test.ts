import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../../kind.js';
import { deployment } from '../../apps/deployment.js';
import { cronJob } from '../../batch/cron-job.js';
import { pod } from '../pod.js';
import { secret } from '../secret.js';
import { service } from '../service/service.js';

const told = (kind: { strategy: { warnings(it: never, old?: never): string[] } }, it: object, old?: object) =>
  kind.strategy.warnings(it as never, old as never);

test('a pod is told what of it is old, ambiguous or without effect', () => {
  const ports = [
    { containerPort: 80, protocol: 'TCP', hostIP: '1.2.3.4' },
    { containerPort: 80, protocol: 'TCP', hostPort: 8080 },
    { containerPort: 80, protocol: 'TCP', hostPort: 8080, hostIP: '1.2.3.4' },
  ];
  const env = [
    { name: 'A', value: 'x' },
    { name: 'A', value: '$(A)y' },
    { name: 'A', value: 'z' },
  ];
  const spec = {
    nodeSelector: { 'beta.kubernetes.io/arch': 'arm' },
    imagePullSecrets: [{}, { name: 'a' }, { name: 'a' }],
    containers: [{ name: 'c', ports, env, resources: { limits: { memory: '1m' } } }],
    volumes: [{ name: 'v', gitRepo: { repository: 'r' } }],
    topologySpreadConstraints: [{ topologyKey: 'failure-domain.beta.kubernetes.io/zone' }],
  };
  assert.deepEqual(told(pod, { metadata: { name: 'a.b' }, spec }), [
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    'spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
    'spec.imagePullSecrets[2].name: duplicate name "a"',
    'spec.imagePullSecrets[0].name: invalid empty name ""',
    'spec.containers[0].resources.limits[memory]: fractional byte value "1m" is invalid, must be an integer',
    'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.2.3.4}',
    'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[0].ports[2]: dangerously ambiguous port definition with spec.containers[0].ports[1]',
  ]);
  assert.deepEqual(told(pod, { metadata: { name: 'a.b' }, spec }, { metadata: {} }), []);
});

test('a workload is told of its name when it is made, and of its template whenever that may have changed', () => {
  const template = { spec: { containers: [], imagePullSecrets: [{}] } };
  const it = (generation: number): KubeObject =>
    ({ metadata: { name: 'a.b', generation }, spec: { template } }) as never;
  const empty = 'spec.template.spec.imagePullSecrets[0].name: invalid empty name ""';
  assert.equal(told(deployment, it(1)).length, 2);
  assert.deepEqual(told(deployment, it(2), it(1)), [empty]);
  assert.deepEqual(told(deployment, it(1), it(1)), []);
  const job = { metadata: { name: 'j' }, spec: { jobTemplate: { spec: { template } } } };
  assert.deepEqual(told(cronJob, job), [empty.replace('spec.template', 'spec.jobTemplate.spec.template')]);
});

test('services and secrets are told what does not work', () => {
  const spec = { type: 'ClusterIP', externalName: 'x', externalIPs: ['1.2.3.4'], trafficDistribution: 'PreferClose' };
  assert.deepEqual(told(service, { metadata: {}, spec }), [
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]);
  const pair = { type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': '' } };
  assert.deepEqual(told(secret, pair), ['tls: failed to find any PEM data in certificate input']);
  assert.deepEqual(told(secret, { ...pair, type: 'Opaque' }), []);
});
