/** What a user asks of a cluster. */
export interface ClusterOptions {
  readonly dataDir: string;
  readonly stores: number;
  readonly apiservers: number;
  readonly nodes: number;
  readonly portBase: number;
  /** Components that are not started. */
  readonly disable: readonly string[];
  readonly serviceClusterIpRange: string;
  readonly clusterCidr: string;
  readonly logLevel: string;
}

export const DEFAULTS = {
  stores: 3,
  apiservers: 1,
  nodes: 2,
  portBase: 6443,
  serviceClusterIpRange: '127.240.0.0/16',
} as const;

export type Role =
  | 'store'
  | 'apiserver'
  | 'scheduler'
  | 'controller-manager'
  | 'metrics-server'
  | 'kubelet'
  | 'runtime';

/** Ports that a cluster spans, rounded up; clusters whose ports do not meet get addresses that do not meet either. */
const PORTS_OF_A_CLUSTER = 128;
const SLICES = 256;

/**
 * The pod addresses of a cluster that names none: one of 256 slices (/18, room for 62 nodes) of 127.64.0.0/10, chosen
 * by its ports. Pods share the machine's loopback, so clusters side by side must not share addresses.
 */
export function defaultClusterCidr(portBase: number): string {
  const slice = Math.floor(portBase / PORTS_OF_A_CLUSTER) % SLICES;
  return `127.${64 + (slice >> 2)}.${(slice & 3) * 64}.0/18`;
}
