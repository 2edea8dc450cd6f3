import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detailsText, violationsOf } from './evaluate.js';
import { type Level, type PolicyVersion, policyOf, textOf } from './policy.js';

/** What a level says to a pod of one container. */
function told(level: Level, version: PolicyVersion, spec: object, annotations: Record<string, string> = {}): string {
  return detailsText(violationsOf({ level, version }, { annotations, spec: { containers: [{ name: 'c' }], ...spec } }));
}
const container = (more: object) => ({ containers: [{ name: 'c', ...more }] });
const secure = (more: object) => container({ securityContext: more });

/** Nothing that restricted would refuse. */
const GOOD = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  ...secure({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }),
};

const BASELINE: readonly (readonly [object, string, Record<string, string>?])[] = [
  [{ hostNetwork: true, hostIPC: true }, 'host namespaces (hostNetwork=true, hostIPC=true)'],
  [secure({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
  [
    secure({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } }),
    'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
  ],
  [{ volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
  [
    { ...container({ ports: [{ hostPort: 90 }, { hostPort: 8080 }] }), initContainers: [{ name: 'i', ports: [{}] }] },
    'hostPort (container "c" uses hostPorts 8080, 90)',
  ],
  [
    container({ livenessProbe: { httpGet: { host: 'a' } }, lifecycle: { preStop: { tcpSocket: { host: 'b' } } } }),
    'probe or lifecycle host (container "c" uses probe or lifecycle hosts "a", "b")',
  ],
  [
    { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
    'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
  ],
  [
    {},
    'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined"")',
    { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' },
  ],
  [
    { ...secure({ seLinuxOptions: { type: 'x', role: 'r' } }), securityContext: { seLinuxOptions: { user: 'u' } } },
    'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set; role may not be set)',
  ],
  [secure({ procMount: 'Unmasked' }), 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
  [
    { securityContext: { seccompProfile: { type: 'Unconfined' } } },
    'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [{ securityContext: { sysctls: [{ name: 'b' }, { name: 'a' }] } }, 'forbidden sysctls (b, a)'],
  [
    { securityContext: { windowsOptions: { hostProcess: true } } },
    'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
  ],
];

for (const [spec, text, annotations] of BASELINE) {
  test(`baseline refuses ${text}`, () => {
    assert.equal(told('baseline', 'latest', spec, annotations), text);
    assert.equal(told('privileged', 'latest', spec, annotations), '');
  });
}

const RESTRICTED: readonly (readonly [object, string])[] = [
  [
    {
      volumes: [
        { name: 'v', hostPath: {} },
        { name: 'w', nfs: {} },
        { name: 'e', emptyDir: {} },
      ],
    },
    'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")',
  ],
  [{ securityContext: { ...GOOD.securityContext, runAsUser: 0 } }, 'runAsUser=0 (pod must not set runAsUser=0)'],
  [
    { securityContext: { ...GOOD.securityContext, runAsNonRoot: false } },
    'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)',
  ],
  [
    secure({ allowPrivilegeEscalation: false, capabilities: { add: ['CHOWN', 'NET_BIND_SERVICE'] } }),
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN" in securityContext.capabilities.add)',
  ],
];

for (const [spec, text] of RESTRICTED) {
  test(`restricted refuses ${text}`, () => {
    assert.equal(told('restricted', 'latest', { ...GOOD, ...spec }), text);
  });
}

test('restricted lets a pod be that says what it must, and names all that another one does not say', () => {
  assert.equal(told('restricted', 'latest', GOOD), '');
  assert.equal(
    told('restricted', 'latest', {}),
    [
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
      'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ].join(', '),
  );
});

test('every container counts, whenever it runs', () => {
  for (const list of ['initContainers', 'ephemeralContainers']) {
    const text = told('baseline', 'latest', { [list]: [{ name: 'x', securityContext: { privileged: true } }] });
    assert.match(text, /^privileged \(container "x"/);
  }
});

/** Of a check: the version from which on it says something else, and what it says before and after. */
const CHANGES: readonly (readonly [string, Level, number, object, boolean, boolean, Record<string, string>?])[] = [
  [
    'allowPrivilegeEscalation',
    'restricted',
    8,
    { ...GOOD, ...secure({ capabilities: { drop: ['ALL'] } }) },
    true,
    false,
  ],
  ['capabilities', 'restricted', 22, { ...GOOD, ...secure({ allowPrivilegeEscalation: false }) }, true, false],
  ['runAsUser', 'restricted', 23, { ...GOOD, securityContext: { ...GOOD.securityContext, runAsUser: 0 } }, true, false],
  [
    'seccomp annotations',
    'baseline',
    19,
    {},
    false,
    true,
    { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' },
  ],
  [
    'seccomp fields',
    'restricted',
    19,
    { securityContext: { runAsNonRoot: true }, containers: GOOD.containers },
    true,
    false,
  ],
  [
    'seLinux engine',
    'baseline',
    31,
    { securityContext: { seLinuxOptions: { type: 'container_engine_t' } } },
    false,
    true,
  ],
  ['probes', 'baseline', 34, container({ startupProbe: { tcpSocket: { host: 'x' } } }), true, false],
  ['procMount', 'baseline', 35, { ...secure({ procMount: 'Unmasked' }), hostUsers: false }, false, true],
  [
    'windows',
    'restricted',
    25,
    { os: { name: 'windows' }, securityContext: { runAsNonRoot: true }, containers: [{ name: 'c' }] },
    false,
    true,
  ],
  [
    'user namespaces',
    'restricted',
    35,
    { ...GOOD, hostUsers: false, securityContext: { seccompProfile: { type: 'Localhost' } } },
    false,
    true,
  ],
  ...(
    [
      ['net.ipv4.ip_local_reserved_ports', 27],
      ['net.ipv4.tcp_fin_timeout', 29],
      ['net.ipv4.tcp_rmem', 32],
    ] as const
  ).map(
    ([name, version]) =>
      [name, 'baseline', version, { securityContext: { sysctls: [{ name }] } }, false, true] as const,
  ),
];

for (const [name, level, version, spec, before, after, annotations] of CHANGES) {
  test(`${name} is judged otherwise from v1.${version} on`, () => {
    assert.equal(told(level, version - 1, spec, annotations) === '', before);
    assert.equal(told(level, version, spec, annotations) === '', after);
    assert.equal(told(level, 'latest', spec, annotations) === '', after);
    assert.equal(told(level, 999, spec, annotations) === '', after);
  });
}

test('unmasked proc mounts stay restricted in user namespaces', () => {
  const unmasked = secure({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, procMount: 'Unmasked' });
  assert.match(told('restricted', 'latest', { ...GOOD, ...unmasked, hostUsers: false }), /^procMount \(/);
});

const PRIVILEGED = { level: 'privileged', version: 'latest' } as const;
const DEFAULTS = { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED };

function read(labels: Record<string, string>) {
  const full = Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value]);
  const { policy, errors } = policyOf(Object.fromEntries(full), DEFAULTS);
  return [textOf(policy.enforce), textOf(policy.audit), textOf(policy.warn), errors.length];
}

test('labels say what is enforced, audited and warned of', () => {
  assert.deepEqual(read({}), ['privileged:latest', 'privileged:latest', 'privileged:latest', 0]);
  assert.deepEqual(read({ enforce: 'baseline', audit: 'restricted', 'audit-version': 'v1.20' }), [
    ...['baseline:latest', 'restricted:v1.20', 'baseline:latest', 0],
  ]);
  assert.deepEqual(read({ enforce: 'restricted', 'enforce-version': 'v1.7', 'warn-version': 'v1.9' }), [
    ...['restricted:v1.7', 'privileged:latest', 'restricted:v1.9', 0],
  ]);
  assert.deepEqual(read({ enforce: 'baseline', warn: 'privileged' }).slice(0, 3), [
    ...['baseline:latest', 'privileged:latest', 'privileged:latest'],
  ]);
});

test('wrong labels enforce the strictest and warn of nothing', () => {
  assert.deepEqual(read({ enforce: 'odd', warn: 'odd', audit: 'odd' }), [
    ...['restricted:latest', 'privileged:latest', 'privileged:latest', 3],
  ]);
  for (const version of ['v9', '1.2', 'v1.01', 'v2.0', ''])
    assert.deepEqual(read({ 'enforce-version': version }).at(-1), 1, version);
});
