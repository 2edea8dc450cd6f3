#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import { hostname, totalmem } from 'node:os';
import { addresses, quantityValue } from '@keelson/api';
import { apiFlags, checkApiArguments, DelegatedAccess, KUBERNETES_VERSION, openApi } from '@keelson/client';
import {
  connect,
  createLogger,
  createMetrics,
  type Flags,
  type FlagTable,
  Lifecycle,
  list,
  parseFlags,
  StatusServer,
  systemClock,
  systemRandom,
} from '@keelson/service';
import { criClient } from './cri/cri-client.js';
import { Kubelet, type KubeletOptions } from './kubelet.js';
import { defaultAddress } from './node/machine.js';
import { MachineMeter, SimulatedMeter } from './stats/node-usage.js';
import { statsPages } from './stats/stats-pages.js';
import { UsageCollector } from './stats/usage-collector.js';

const table = {
  'node-name': {
    type: 'string',
    description: 'Name of this node; defaults to --hostname-override, then the host name',
  },
  'hostname-override': { type: 'string', description: 'Host name to report instead of the real one' },
  'node-ip': {
    type: 'string',
    description: 'Address to report as InternalIP; defaults to the first that is not loopback',
  },
  ...apiFlags,
  'container-runtime-endpoint': {
    type: 'string',
    default: 'unix:///run/keelson/runtime.sock',
    description: 'CRI socket of the runtime, ours or another',
  },
  'root-dir': { type: 'string', default: '/var/lib/keelson/kubelet', description: 'Where volumes and logs are kept' },
  'node-labels': { type: 'string', description: 'Labels to register with: a=b,c=d' },
  'register-with-taints': { type: 'string', description: 'Taints to register with: key=value:Effect,…' },
  'node-capacity': { type: 'string', description: 'Resources to report instead of the machine’s: cpu=4,memory=8Gi' },
  'pod-cidr': {
    type: 'string',
    description:
      'Range that the runtime gives pods addresses from, to register with; without it the control plane gives one',
  },
  'max-pods': { type: 'number', default: 110, description: 'Pods that fit on this node' },
  address: { type: 'string', default: '0.0.0.0', description: 'Address of the gRPC server for the API server' },
  port: { type: 'number', default: 10250, description: 'Port of that server; 0 takes a free one' },
  'allowed-users': {
    type: 'string',
    default: 'kube-apiserver,system:kube-apiserver,kube-apiserver-kubelet-client',
    description: 'Certificate users that may use that server, besides the group system:masters',
  },
  'status-address': { type: 'string', default: '127.0.0.1', description: 'Address of /metrics, /livez and /readyz' },
  'status-port': { type: 'number', default: 0, description: 'Port of these; 0 takes a free one' },
  'node-status-update-frequency': { type: 'number', default: 10, description: 'Seconds between looks at the node' },
  'node-status-report-frequency': {
    type: 'number',
    default: 300,
    description: 'Seconds between reports without change',
  },
  'node-lease-duration-seconds': {
    type: 'number',
    default: 40,
    description: 'Duration of the node lease; renewed each quarter',
  },
  'sync-frequency': { type: 'number', default: 60, description: 'Seconds after which each pod is looked at anew' },
  'container-log-max-size': {
    type: 'string',
    default: '10Mi',
    description: 'Size at which a container log is rotated',
  },
  'container-log-max-files': { type: 'number', default: 5, description: 'Log files kept for a container' },
  'eviction-hard': {
    type: 'string',
    default: 'memory.available<100Mi,nodefs.available<10%',
    description: 'Below these the node reports pressure; memory is kept back from pods',
  },
  'cgroups-per-qos': {
    type: 'boolean',
    default: true,
    description: 'Have the runtime put containers into control groups by pod and quality of service',
  },
  'cgroup-driver': {
    type: 'string',
    description: 'How the runtime makes control groups: cgroupfs or systemd; asked of the runtime unless given',
  },
  'seccomp-default': {
    type: 'boolean',
    default: false,
    description: 'Containers that name no seccomp profile get the runtime’s default instead of none',
  },
  simulate: { type: 'boolean', default: false, description: 'The runtime simulates: take every probe as passed' },
} as const satisfies FlagTable;

type Given = Flags<typeof table>;

function check(flags: Given): string | undefined {
  if (!(flags.kubeconfig || flags.master) && !flags['tls-ca-file'] !== !flags['tls-cert-file'])
    return '--tls-ca-file, --tls-cert-file and --tls-private-key-file go together';
  const wrong = checkApiArguments(flags);
  if (wrong !== undefined) return wrong;
  if (!flags['container-runtime-endpoint'].startsWith('unix:') && !/:\d+$/.test(flags['container-runtime-endpoint'])) {
    return '--container-runtime-endpoint: give unix:///path or host:port';
  }
  const driver = flags['cgroup-driver'];
  if (driver !== undefined && driver !== 'cgroupfs' && driver !== 'systemd')
    return `--cgroup-driver: "${driver}" is neither cgroupfs nor systemd`;
  const range = flags['pod-cidr'];
  if (range !== undefined && addresses.parseRange(range) === undefined)
    return `--pod-cidr: "${range}" is not a range of addresses such as 10.244.1.0/24`;
  for (const taint of list(flags['register-with-taints'])) {
    if (!TAINT.test(taint)) return `--register-with-taints: "${taint}" is not of the form key=value:Effect`;
  }
  for (const flag of ['node-labels', 'node-capacity'] as const) {
    for (const pair of list(flags[flag])) if (!pair.includes('=')) return `--${flag}: "${pair}" is not of the form a=b`;
  }
  return undefined;
}

const TAINT = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

function pairs(text: string | undefined): Record<string, string> {
  return Object.fromEntries(
    list(text).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

function taints(text: string | undefined): KubeletOptions['taints'] {
  return list(text).map((taint) => {
    const [, key = '', value, effect = ''] = TAINT.exec(taint) ?? [];
    return value === undefined ? { key, effect } : { key, value, effect };
  });
}

function thresholds(text: string): { memoryReserveBytes: number; diskReserveShare: number } {
  const found = Object.fromEntries(list(text).map((part) => part.split('<') as [string, string]));
  const disk = /^(\d+(?:\.\d+)?)%$/.exec(found['nodefs.available'] ?? '')?.[1];
  return {
    memoryReserveBytes: found['memory.available'] === undefined ? 0 : quantityValue(found['memory.available']),
    diskReserveShare: disk === undefined ? 0 : Number(disk) / 100,
  };
}

const flags = parseFlags('keelson-kubelet', table, check);
const clock = systemClock();
const random = systemRandom();
const hostName = flags['hostname-override'] ?? hostname();
const nodeName = (flags['node-name'] ?? hostName).toLowerCase();
const logger = createLogger('kubelet', { level: flags['log-level'], instance: nodeName });
const lifecycle = new Lifecycle({}, { clock, logger });

await lifecycle.run(async () => {
  mkdirSync(flags['root-dir'], { recursive: true });
  const access = openApi(
    { args: flags, program: 'kubelet', rate: { qps: 50, burst: 100 }, addressDefault: '127.0.0.1:6444' },
    {
      clock,
      environment: process.env,
      onWarning: (text) => logger.debug({ warning: text }, 'the API server warns'),
    },
  );
  const { serving: tls, isOpen } = access;
  const client = access.client('kubelet');
  const endpoint = flags['container-runtime-endpoint'].replace(/^unix:\/\//, 'unix:');
  const runtime = connect(endpoint, { clock });
  const cri = criClient(runtime);
  const registry = createMetrics();
  const kubelet = new Kubelet(
    {
      nodeName,
      hostname: flags['hostname-override'] ?? flags['node-name'] ?? hostName,
      hostIP: flags['node-ip'] ?? defaultAddress(),
      rootDir: flags['root-dir'],
      labels: pairs(flags['node-labels']),
      taints: taints(flags['register-with-taints']),
      podCidr: flags['pod-cidr'],
      resources: {
        maxPods: flags['max-pods'],
        override: pairs(flags['node-capacity']),
        ...thresholds(flags['eviction-hard']),
      },
      address: `${flags.address}:${flags.port}`,
      tls,
      allowedUsers: isOpen ? undefined : list(flags['allowed-users']),
      nodeStatusUpdateMs: flags['node-status-update-frequency'] * 1000,
      nodeStatusReportMs: flags['node-status-report-frequency'] * 1000,
      leaseDurationSeconds: flags['node-lease-duration-seconds'],
      relistMs: 1_000,
      podResyncMs: flags['sync-frequency'] * 1000,
      referencedTtlMs: (flags['sync-frequency'] * 1000) / 2,
      containerLogMaxBytes: quantityValue(flags['container-log-max-size']),
      containerLogMaxFiles: flags['container-log-max-files'],
      restartBackoff: { baseMs: 10_000, capMs: 300_000 },
      cgroupsPerQos: flags['cgroups-per-qos'],
      cgroupDriver: flags['cgroup-driver'] as KubeletOptions['cgroupDriver'],
      seccompDefault: flags['seccomp-default'],
      simulate: flags.simulate,
      version: KUBERNETES_VERSION,
    },
    { client, cri, clock, random, logger, registry },
  );
  // A kubelet that ends leaves its pods running; who shuts the node down asks for theirs too, and waits.
  process.on('SIGUSR2', () => kubelet.drain());
  lifecycle.onStop('connections', () => {
    access.close();
    runtime.close();
  });
  lifecycle.onStop('kubelet', () => kubelet.stop());
  const wanted = (verb: string, path: string) => {
    const subresource = path.startsWith('/stats/') ? 'stats' : 'metrics';
    return {
      resourceAttributes: { verb, group: '', version: 'v1', resource: 'nodes', subresource, name: nodeName },
    };
  };
  const memoryBytes = quantityValue(pairs(flags['node-capacity'])['memory'] ?? totalmem());
  const meter = flags.simulate ? new SimulatedMeter({ memoryBytes }, { clock }) : new MachineMeter({ clock });
  const collector = new UsageCollector({ cri, pods: () => kubelet.runtimePods, node: meter, clock });
  const status = new StatusServer(
    { host: flags['status-address'], port: flags['status-port'], tls },
    {
      registry,
      readiness: new Map([['syncing', () => kubelet.checkReady()]]),
      pages: statsPages({ nodeName, rootDir: flags['root-dir'] }, { collector, cri, clock, logger }),
      guard: isOpen
        ? undefined
        : new DelegatedAccess({ ca: tls?.ca ?? Buffer.alloc(0), wanted }, { client, clock }).guard,
    },
  );
  lifecycle.onStop('status server', () => status.close());
  const statusPort = await status.listen();
  await kubelet.start({ statusPort: tls && statusPort });
  if (tls === undefined && !isOpen)
    logger.warn('no --tls-cert-file: logs, exec and port-forward are refused, as nobody can show who they are');
  logger.info({ port: kubelet.port, node: nodeName }, 'kubelet started');
});
