import { join } from 'node:path';
import type { TlsFiles } from '@keelson/service';
import type { CertificateRequest } from './authority.js';

/** The authorities of a cluster by their files below `pki`, as kubeadm has them, and one more for the store's members. */
export const AUTHORITIES = {
  ca: 'keelson-ca',
  'etcd/ca': 'keelson-etcd-ca',
  'etcd/peer-ca': 'keelson-etcd-peer-ca',
  'front-proxy-ca': 'keelson-front-proxy-ca',
} as const;

export type AuthorityName = keyof typeof AUTHORITIES;

export interface PlannedCertificate extends CertificateRequest {
  readonly authority: AuthorityName;
}

/** The certificates of a cluster by file name below `pki`, without ending. */
export type CertificatePlan = ReadonlyMap<string, PlannedCertificate>;

/** Something with a name and the further names and addresses that it is reached at. */
export interface Place {
  readonly name: string;
  readonly hosts: readonly string[];
}

const MASTERS = ['system:masters'];
const LOCAL = ['localhost', '127.0.0.1'];
const KUBERNETES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

const METRICS_HOST = 'keelson-metrics-server.kube-system.svc';

/** Every certificate that a cluster's processes show each other: each opens the doors of one authority only. */
export function clusterCertificates(cluster: {
  readonly stores: readonly Place[];
  readonly apiservers: readonly Place[];
  readonly nodes: readonly Place[];
}): CertificatePlan {
  const plan = new Map<string, PlannedCertificate>();
  for (const { name, hosts } of cluster.stores) {
    const all = [name, ...LOCAL, ...hosts];
    plan.set(storeServer(name), { authority: 'etcd/ca', commonName: name, hosts: all });
    plan.set(storePeer(name), { authority: 'etcd/peer-ca', commonName: name, hosts: all });
  }
  plan.set(STORE_ADMIN, { authority: 'etcd/ca', commonName: 'kube-etcd-healthcheck-client' });
  plan.set('apiserver-etcd-client', { authority: 'etcd/ca', commonName: 'kube-apiserver-etcd-client' });
  for (const { name, hosts } of cluster.apiservers) {
    const all = [...LOCAL, ...hosts, ...KUBERNETES];
    plan.set(name, { authority: 'ca', commonName: 'kube-apiserver', hosts: all, client: false });
  }
  // Kubelets know it by its name: it needs no rights at the API server.
  plan.set('apiserver-kubelet-client', { authority: 'ca', commonName: 'kube-apiserver-kubelet-client' });
  plan.set('front-proxy-client', { authority: 'front-proxy-ca', commonName: 'front-proxy-client' });
  plan.set('admin', { authority: 'ca', commonName: 'kubernetes-admin', organizations: MASTERS });
  // Their names alone: whoever takes such a key must not pass for an API server on the same machine.
  for (const it of ['scheduler', 'controller-manager'])
    plan.set(it, {
      authority: 'ca',
      commonName: `system:kube-${it}`,
      // Its rights are this group's: its name has upstream's, which are fewer.
      ...(it === 'controller-manager' ? { organizations: ['keelson:controllers'] } : {}),
      hosts: [`kube-${it}`],
    });
  // API servers know it by the name of its Service, and it comes to them as a client.
  const metrics = { commonName: 'system:keelson-metrics-server', hosts: [METRICS_HOST] };
  plan.set('metrics-server', { authority: 'ca', ...metrics });
  for (const { name, hosts } of cluster.nodes) {
    const node = { commonName: `system:node:${name}`, organizations: ['system:nodes'], hosts: [name, ...hosts] };
    plan.set(nodeCertificate(name), { authority: 'ca', ...node });
  }
  return plan;
}

const STORE_ADMIN = 'etcd/healthcheck-client';

export const storeServer = (name: string): string => `etcd/server-${name}`;
export const storePeer = (name: string): string => `etcd/peer-${name}`;
export const nodeCertificate = (name: string): string => `kubelet-${name}`;

/** What the cluster's administrator shows to the API server. */
export function adminFiles(pki: string): TlsFiles {
  return { ca: join(pki, 'ca.crt'), cert: join(pki, 'admin.crt'), key: join(pki, 'admin.key') };
}

/** What whoever looks after the store shows to it. */
export function storeAdminFiles(pki: string): TlsFiles {
  return { ca: join(pki, 'etcd/ca.crt'), cert: join(pki, `${STORE_ADMIN}.crt`), key: join(pki, `${STORE_ADMIN}.key`) };
}
