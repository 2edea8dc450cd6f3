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
  serviceClusterIpRange: '127.96.0.0/16',
  clusterCidr: '127.64.0.0/12',
} as const;

export type Role = 'store' | 'apiserver' | 'scheduler' | 'controller-manager' | 'kubelet' | 'runtime';
