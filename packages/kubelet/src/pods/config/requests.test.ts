import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Container, Pod, PodSpec } from '@keelson/api';
import { cri, type Init } from '@keelson/protocol';
import { systemClock } from '@keelson/service';
import { containerConfig } from '../container-config.js';
import { hostsText, podHostname } from './hosts-file.js';
import { PodCgroups } from './pod-cgroups.js';
import { oomScoreAdj } from './resources.js';
import { sandboxConfig } from './sandbox-config.js';
import type { ImageUser } from './security-context.js';

const directory = mkdtempSync(join(tmpdir(), 'keelson-requests-'));
after(() => rmSync(directory, { recursive: true }));

const GIB = 2 ** 30;
const { RuntimeDefault, Unconfined, Localhost } = cri.SecurityProfileProfileType;
const cgroups = new PodCgroups({ driver: 'cgroupfs' }, { clock: systemClock() });
const node = { logsDir: '/logs', seccompDir: '/seccomp', seccompDefault: false, memoryBytes: 8 * GIB, cgroups };

function podOf(spec: Partial<PodSpec> = {}, container: Partial<Container> = {}): Pod {
  const main = { name: 'main', image: 'i', ...container };
  return { metadata: { name: 'web', namespace: 'shop', uid: 'a-b' }, spec: { containers: [main], ...spec } } as Pod;
}

function request(spec: Partial<PodSpec> = {}, container: Partial<Container> = {}, more: object = {}) {
  const pod = podOf(spec, container);
  const init = containerConfig({
    pod,
    container: pod.spec?.containers?.[0] as Container,
    attempt: 0,
    imageRef: 'sha256:1',
    env: new Map(),
    volumes: new Map([['v', directory]]),
    podDirectory: join(directory, 'pod'),
    podIP: '10.0.0.7',
    node,
    ...more,
  });
  return cri.ContainerConfig.decode(cri.ContainerConfig.encode(init));
}

function sandbox(pod: Pod) {
  const init: Init<cri.PodSandboxConfig> = sandboxConfig(pod, 0, node);
  return cri.PodSandboxConfig.decode(cri.PodSandboxConfig.encode(init));
}

const security = (spec: Partial<PodSpec> = {}, container: Partial<Container> = {}, more: object = {}) =>
  request(spec, container, more).linux?.securityContext;

test('what tells about the host is masked and what changes it is read-only, unless the pod asks for all of /proc', () => {
  const usual = security();
  for (const path of ['/proc/kcore', '/proc/keys', '/proc/acpi', '/sys/firmware', '/proc/timer_list']) {
    assert.ok(usual?.maskedPaths.includes(path), path);
  }
  assert.deepEqual(usual?.readonlyPaths, ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']);
  const unmasked = security({}, { securityContext: { procMount: 'Unmasked' } });
  assert.deepEqual([unmasked?.maskedPaths, unmasked?.readonlyPaths], [[], []]);
});

test('a container’s seccomp profile comes before its pod’s; without any there is none, or the runtime’s by the flag', () => {
  const pod = { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } };
  assert.equal(security()?.seccomp?.profileType, Unconfined);
  assert.equal(security({}, {}, { node: { ...node, seccompDefault: true } })?.seccomp?.profileType, RuntimeDefault);
  assert.equal(security(pod)?.seccomp?.profileType, RuntimeDefault);
  const own = { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' } } };
  const { profileType, localhostRef } = security(pod, own)?.seccomp ?? {};
  assert.deepEqual([profileType, localhostRef], [Localhost, '/seccomp/a/b.json']);
  assert.throws(
    () => security({}, { securityContext: { seccompProfile: { type: 'Localhost' } } }),
    /localhostProfile must be set if seccompProfile type is Localhost \(container "main"\)/,
  );
  assert.equal(sandbox(podOf()).linux?.securityContext?.seccomp?.profileType, RuntimeDefault);
});

test('a sandbox is privileged when one of its containers is', () => {
  const privileged = podOf({ initContainers: [{ name: 'i', securityContext: { privileged: true } }] as Container[] });
  assert.equal(sandbox(privileged).linux?.securityContext?.privileged, true);
  assert.equal(sandbox(podOf()).linux?.securityContext?.privileged, false);
  assert.equal(security({}, { securityContext: { privileged: true } })?.privileged, true);
});

test('the image’s user is said where the pod names none, so that a group can be given', () => {
  const image = (uid: number | undefined, username = '') => ({
    imageUser: { uid: uid === undefined ? undefined : { value: uid }, username } satisfies ImageUser,
  });
  const group = { securityContext: { runAsGroup: 5 } };
  const given = security(group, {}, image(33));
  assert.deepEqual([given?.runAsUser?.value, given?.runAsGroup?.value], [33, 5]);
  assert.equal(security({}, {}, image(undefined, 'www'))?.runAsUsername, 'www');
  const own = security({}, { securityContext: { runAsUser: 7 } }, image(33));
  assert.deepEqual([own?.runAsUser?.value, own?.runAsUsername], [7, '']);
});

test('fsGroup and supplemental groups go to sandbox and container, with their policy', () => {
  const spec = { securityContext: { fsGroup: 9, supplementalGroups: [1, 2], supplementalGroupsPolicy: 'Strict' } };
  for (const context of [security(spec), sandbox(podOf(spec)).linux?.securityContext]) {
    assert.deepEqual(context?.supplementalGroups, [9, 1, 2]);
    assert.equal(context?.supplementalGroupsPolicy, cri.SupplementalGroupsPolicy.Strict);
  }
});

test('control groups are named by quality of service, for both drivers', () => {
  const some = { resources: { requests: { cpu: '1' } } };
  const all = { resources: { limits: { cpu: '1', memory: '1Gi' } } };
  const systemd = new PodCgroups({ driver: 'systemd' }, { clock: systemClock() });
  const paths = [podOf(), podOf({}, some), podOf({}, all)].map((pod) => [
    sandbox(pod).linux?.cgroupParent,
    systemd.parentOf(pod),
  ]);
  assert.deepEqual(paths, [
    ['/kubepods/besteffort/poda-b', 'kubepods-besteffort-poda_b.slice'],
    ['/kubepods/burstable/poda-b', 'kubepods-burstable-poda_b.slice'],
    ['/kubepods/poda-b', 'kubepods-poda_b.slice'],
  ]);
});

test('who asked for more memory is killed later', () => {
  const score = (
    requests: Record<string, string>,
    limits: Record<string, string> = {},
    spec: Partial<PodSpec> = {},
  ) => {
    const pod = podOf(spec, { resources: { requests, limits } });
    return oomScoreAdj(pod, pod.spec?.containers?.[0] as Container, 8 * GIB);
  };
  assert.equal(score({}), 1000);
  assert.equal(score({ cpu: '1' }), 999);
  assert.equal(score({ memory: '2Gi' }), 750);
  assert.equal(score({ memory: '8Gi' }), 3);
  assert.equal(score({}, { cpu: '1', memory: '1Gi' }), -997);
  assert.equal(score({}, {}, { priorityClassName: 'system-node-critical' }), -997);

  const sidecar = { name: 's', restartPolicy: 'Always' } as Container;
  const pod = podOf({ initContainers: [sidecar] }, { resources: { requests: { memory: '4Gi' } } });
  assert.equal(oomScoreAdj(pod, sidecar, 8 * GIB), 500, 'a sidecar goes with what it serves');
});

test('CPU is given in shares and quota within what the kernel takes', () => {
  const given = request({}, { resources: { requests: { cpu: '1m' }, limits: { cpu: '5m', memory: '64Mi' } } });
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes } = given.linux?.resources ?? {};
  assert.deepEqual([cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes], [2, 1000, 100_000, 64 * 2 ** 20]);
});

test('a hosts file is mounted, with the pod’s address, name and aliases', () => {
  const spec = { hostAliases: [{ ip: '10.1.1.1', hostnames: ['a', 'b'] }], hostname: 'box', subdomain: 'net' };
  const mount = request(spec).mounts.find(({ containerPath }) => containerPath === '/etc/hosts');
  const lines = readFileSync(mount?.hostPath ?? '', 'utf8').split('\n');
  assert.equal(lines[0], '# Kubernetes-managed hosts file.');
  assert.ok(lines.includes('127.0.0.1\tlocalhost'));
  assert.ok(lines.includes('10.0.0.7\tbox.net.shop.svc.cluster.local\tbox'));
  assert.deepEqual(lines.slice(-4), ['', '# Entries added by HostAliases.', '10.1.1.1\ta\tb', '']);
});

test('a pod on the host’s network gets the host’s file and its aliases', () => {
  const pod = podOf({ hostNetwork: true, hostAliases: [{ ip: '10.1.1.1', hostnames: ['a'] }] });
  const text = hostsText(pod, '10.0.0.7', '127.0.0.1 node\n');
  assert.match(text, /^# Kubernetes-managed hosts file \(host network\)\.\n127\.0\.0\.1 node\n\n# Entries added/);
});

test('a mount of the pod’s own at /etc/hosts is left alone, and a pod without an address gets none', () => {
  const own = { volumeMounts: [{ name: 'v', mountPath: '/etc/hosts/' }] };
  const at = (more: object, container = {}) =>
    request({ volumes: [{ name: 'v', emptyDir: {} }] }, container, more).mounts.filter(({ containerPath }) =>
      containerPath.startsWith('/etc/hosts'),
    );
  assert.deepEqual(
    at({}, own).map(({ hostPath }) => hostPath),
    [directory],
  );
  assert.deepEqual(at({ podIP: '' }), []);
});

test('mounts are propagated as the pod asks', () => {
  const container = { volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }] };
  const [mount] = request({ volumes: [{ name: 'v', emptyDir: {} }] }, container).mounts;
  assert.equal(mount?.propagation, cri.MountPropagation.PROPAGATION_BIDIRECTIONAL);
});

test('a host name is no longer than the kernel takes and does not end in a hyphen', () => {
  const pod = podOf();
  pod.metadata.name = `${'x'.repeat(62)}-tail`;
  assert.equal(podHostname(pod), 'x'.repeat(62));
});
