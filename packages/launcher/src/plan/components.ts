import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type CertificatePlan,
  clusterCertificates,
  nodeCertificate,
  storePeer,
  storeServer,
} from '../pki/certificates.js';
import { ENCRYPTION_FILE } from '../pki/encryption.js';
import type { ClusterOptions, Role } from './options.js';

/** One process of a cluster: how it is started and where it is reached. */
export interface ComponentSpec {
  readonly role: Role;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly clientUrl?: string;
  readonly peerUrl?: string;
  readonly restUrl?: string;
  readonly grpcUrl?: string;
  /** Unix socket, for runtimes. */
  readonly socket?: string;
}

const HOST = '127.0.0.1';
const require = createRequire(import.meta.url);

/** The program of one of our packages; `start.js` runs it as one file. */
function programOf(packageName: string, file: 'main.js' | 'start.js' = 'start.js'): string {
  return join(dirname(require.resolve(packageName)), file);
}

/** Every port of a cluster, from its first one. */
export function portsOf(base: number) {
  return {
    rest: (index: number) => base + 2 * index,
    grpc: (index: number) => base + 1 + 2 * index,
    storeClient: (index: number) => base + 20 + 2 * index,
    storePeer: (index: number) => base + 21 + 2 * index,
    scheduler: base + 40,
    controllerManager: base + 41,
    metricsServer: base + 42,
    kubelet: (index: number) => base + 50 + index,
  };
}

function storeName(index: number): string {
  return `store-${index}`;
}

export function nodeName(index: number): string {
  return `node-${index}`;
}

export function certificatePlan(options: ClusterOptions): CertificatePlan {
  const places = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => ({ name: name(index), hosts: [] }));
  const service = `${options.serviceClusterIpRange.split('/')[0]!.replace(/\.\d+$/, '')}.1`;
  return clusterCertificates({
    stores: places(options.stores, storeName),
    apiservers: [{ name: 'apiserver', hosts: [service] }],
    nodes: places(options.nodes, nodeName),
  });
}

/** The processes of a cluster, in the order in which they are started. */
export function planComponents(options: ClusterOptions): ComponentSpec[] {
  const pki = (name: string) => join(options.dataDir, 'pki', name);
  const ports = portsOf(options.portBase);
  const level = ['--log-level', options.logLevel];
  const enabled = (role: string) => !options.disable.includes(role);
  const apiTargets = Array.from({ length: options.apiservers }, (_, index) => `${HOST}:${ports.grpc(index)}`).join(',');
  const clientTls = (name: string) => [
    '--tls-ca-file',
    pki('ca.crt'),
    '--tls-cert-file',
    pki(`${name}.crt`),
    '--tls-private-key-file',
    pki(`${name}.key`),
  ];
  return [
    ...Array.from({ length: options.stores }, (_, index) => storeSpec(options, index, level)),
    ...Array.from({ length: options.apiservers }, (_, index) => apiserverSpec(options, index, level)),
    ...(enabled('controller-manager')
      ? [
          {
            role: 'controller-manager' as const,
            name: 'controller-manager',
            program: programOf('@keelson/controller-manager'),
            args: [
              '--apiserver',
              apiTargets,
              ...clientTls('controller-manager'),
              '--status-port',
              String(ports.controllerManager),
              '--root-ca-file',
              pki('ca.crt'),
              ...localVolumes(options),
              '--cluster-signing-cert-file',
              pki('ca.crt'),
              '--cluster-signing-key-file',
              pki('ca.key'),
              '--allocate-node-cidrs',
              '--cluster-cidr',
              options.clusterCidr,
              '--node-cidr-mask-size',
              String(NODE_MASK),
              '--service-cluster-ip-range',
              options.serviceClusterIpRange,
              ...level,
            ],
          },
        ]
      : []),
    ...(enabled('scheduler')
      ? [
          {
            role: 'scheduler' as const,
            name: 'scheduler',
            program: programOf('@keelson/scheduler'),
            args: [
              '--apiserver',
              apiTargets,
              ...clientTls('scheduler'),
              '--status-port',
              String(ports.scheduler),
              ...level,
            ],
          },
        ]
      : []),
    // Without nodes there is nobody to ask.
    ...(enabled('metrics-server') && options.nodes > 0
      ? [
          {
            role: 'metrics-server' as const,
            name: 'metrics-server',
            program: programOf('@keelson/metrics-server'),
            args: [
              '--apiserver',
              apiTargets,
              ...clientTls('metrics-server'),
              '--bind-address',
              HOST,
              '--secure-port',
              String(ports.metricsServer),
              '--advertise-address',
              HOST,
              ...level,
            ],
            restUrl: `https://${HOST}:${ports.metricsServer}`,
          },
        ]
      : []),
    ...Array.from({ length: options.nodes }, (_, index) => nodeSpecs(options, index, apiTargets, level)).flat(),
  ];
}

/** Where volumes are directories; without nodes there is nobody to use any. */
function localVolumes({ nodes, dataDir }: ClusterOptions): string[] {
  return nodes === 0 ? [] : ['--local-volume-dir', join(dataDir, 'volumes')];
}

function storeSpec(options: ClusterOptions, index: number, level: readonly string[]): ComponentSpec {
  const name = storeName(index);
  const ports = portsOf(options.portBase);
  const pki = (file: string) => join(options.dataDir, 'pki', file);
  const clientUrl = `https://${HOST}:${ports.storeClient(index)}`;
  const peerUrl = `https://${HOST}:${ports.storePeer(index)}`;
  const members = Array.from(
    { length: options.stores },
    (_, it) => `${storeName(it)}=https://${HOST}:${ports.storePeer(it)}`,
  );
  const tls = (prefix: string, certificate: string, authority: string) => [
    `--${prefix}cert-file`,
    pki(`${certificate}.crt`),
    `--${prefix}key-file`,
    pki(`${certificate}.key`),
    `--${prefix}trusted-ca-file`,
    pki(`${authority}.crt`),
    `--${prefix}client-cert-auth`,
  ];
  return {
    role: 'store',
    name,
    program: programOf('@keelson/store', 'main.js'),
    args: [
      '--name',
      name,
      '--data-dir',
      join(options.dataDir, 'data', name),
      '--listen-client-urls',
      clientUrl,
      '--advertise-client-urls',
      clientUrl,
      '--listen-peer-urls',
      peerUrl,
      '--initial-advertise-peer-urls',
      peerUrl,
      '--initial-cluster',
      members.join(','),
      ...tls('', storeServer(name), 'etcd/ca'),
      ...tls('peer-', storePeer(name), 'etcd/peer-ca'),
      ...level,
    ],
    clientUrl,
    peerUrl,
  };
}

function apiserverSpec(options: ClusterOptions, index: number, level: readonly string[]): ComponentSpec {
  const ports = portsOf(options.portBase);
  const pki = (file: string) => join(options.dataDir, 'pki', file);
  const stores = Array.from({ length: options.stores }, (_, it) => `https://${HOST}:${ports.storeClient(it)}`).join(
    ',',
  );
  return {
    role: 'apiserver',
    name: options.apiservers === 1 ? 'apiserver' : `apiserver-${index}`,
    program: programOf('@keelson/apiserver'),
    args: [
      '--etcd-servers',
      stores,
      '--etcd-cafile',
      pki('etcd/ca.crt'),
      '--etcd-certfile',
      pki('apiserver-etcd-client.crt'),
      '--etcd-keyfile',
      pki('apiserver-etcd-client.key'),
      '--bind-address',
      HOST,
      '--secure-port',
      String(ports.rest(index)),
      '--grpc-port',
      String(ports.grpc(index)),
      '--tls-cert-file',
      pki('apiserver.crt'),
      '--tls-private-key-file',
      pki('apiserver.key'),
      '--enable-bootstrap-token-auth',
      '--encryption-provider-config',
      pki(ENCRYPTION_FILE),
      '--client-ca-file',
      pki('ca.crt'),
      '--requestheader-client-ca-file',
      pki('front-proxy-ca.crt'),
      '--requestheader-allowed-names',
      'front-proxy-client',
      '--proxy-client-cert-file',
      pki('front-proxy-client.crt'),
      '--proxy-client-key-file',
      pki('front-proxy-client.key'),
      '--kubelet-client-certificate',
      pki('apiserver-kubelet-client.crt'),
      '--kubelet-client-key',
      pki('apiserver-kubelet-client.key'),
      '--service-cluster-ip-range',
      options.serviceClusterIpRange,
      ...level,
    ],
    restUrl: `https://${HOST}:${ports.rest(index)}`,
    grpcUrl: `${HOST}:${ports.grpc(index)}`,
  };
}

function nodeSpecs(
  options: ClusterOptions,
  index: number,
  apiTargets: string,
  level: readonly string[],
): ComponentSpec[] {
  const name = nodeName(index);
  const ports = portsOf(options.portBase);
  const pki = (file: string) => join(options.dataDir, 'pki', file);
  const root = join(options.dataDir, 'data', name);
  const socket = `unix://${join(root, 'runtime.sock')}`;
  const grpcPort = ports.kubelet(index);
  return [
    {
      role: 'runtime',
      name: `runtime-${name}`,
      program: programOf('@keelson/runtime', 'main.js'),
      args: [
        '--listen',
        socket,
        '--root-dir',
        join(root, 'runtime'),
        '--pod-cidr',
        podCidr(options.clusterCidr, index),
        ...level,
      ],
      socket,
    },
    {
      role: 'kubelet',
      name: `kubelet-${name}`,
      program: programOf('@keelson/kubelet'),
      args: [
        '--node-name',
        name,
        '--apiserver',
        apiTargets,
        '--tls-ca-file',
        pki('ca.crt'),
        '--tls-cert-file',
        pki(`${nodeCertificate(name)}.crt`),
        '--tls-private-key-file',
        pki(`${nodeCertificate(name)}.key`),
        '--container-runtime-endpoint',
        socket,
        '--root-dir',
        join(root, 'kubelet'),
        '--pod-cidr',
        podCidr(options.clusterCidr, index),
        '--node-ip',
        HOST,
        '--address',
        HOST,
        '--port',
        String(grpcPort),
        ...level,
      ],
      grpcUrl: `${HOST}:${grpcPort}`,
    },
  ];
}

/** Bits of the mask of a node's range. */
const NODE_MASK = 24;

/** The node's /24 of the cluster's range; the first of them stays unused, as it holds the network's own address. */
export function podCidr(clusterCidr: string, index: number): string {
  const [address = '', bits = '8'] = clusterCidr.split('/');
  const [a = 0, b = 0, c = 0] = address.split('.').map(Number);
  const first = (a << 16) + (b << 8) + c + index + 1;
  if (index + 1 >= 2 ** (24 - Number(bits)))
    throw new Error(`--cluster-cidr ${clusterCidr} has no room for ${index + 1} nodes`);
  return `${(first >> 16) & 255}.${(first >> 8) & 255}.${first & 255}.0/${NODE_MASK}`;
}
