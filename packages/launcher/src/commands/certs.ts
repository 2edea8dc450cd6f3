import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, loadIdentity, type Random } from '@keelson/service';
import type { CertificateRequest } from '../pki/authority.js';
import { ensurePki } from '../pki/cluster-pki.js';
import { kubeconfig } from '../pki/kubeconfig.js';

export interface CertsOptions {
  readonly out: string;
  /** `name=host[,host…]` of each. */
  readonly stores: readonly string[];
  readonly apiservers: readonly string[];
  readonly nodes: readonly string[];
  /** URLs that the kubeconfig names, of REST and gRPC. */
  readonly server: string;
  readonly grpcServer: string;
}

const LOCAL = ['localhost', '127.0.0.1'];

/** `keelson certs`: a CA and every certificate of a cluster whose processes are started by something else. */
export async function certs(options: CertsOptions, dependencies: { clock: Clock; random: Random }): Promise<void> {
  const plan = new Map<string, CertificateRequest>();
  for (const { name, hosts } of options.stores.map(parse)) plan.set(name, { commonName: name, hosts });
  for (const { name, hosts } of options.apiservers.map(parse)) {
    const kubernetes = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
    plan.set(name, { commonName: 'kube-apiserver', hosts: [...hosts, ...kubernetes] });
  }
  for (const { name, hosts } of options.nodes.map(parse)) {
    plan.set(`kubelet-${name}`, { commonName: `system:node:${name}`, organizations: ['system:nodes'], hosts });
  }
  const masters = ['system:masters'];
  plan.set('apiserver-etcd-client', { commonName: 'kube-apiserver-etcd-client' });
  plan.set('apiserver-kubelet-client', { commonName: 'kube-apiserver-kubelet-client', organizations: masters });
  plan.set('admin', { commonName: 'kubernetes-admin', organizations: masters });
  for (const it of ['scheduler', 'controller-manager']) plan.set(it, { commonName: `system:kube-${it}`, hosts: LOCAL });
  await ensurePki(options.out, plan, dependencies);
  const file = (name: string) => join(options.out, name);
  const files = { ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') };
  const identity = loadIdentity(files, dependencies.clock.now());
  const text = kubeconfig({ server: options.server, grpcServer: options.grpcServer, ...identity });
  writeFileSync(file('kubeconfig'), text, { mode: 0o600 });
  process.stdout.write(`Certificates and kubeconfig are in ${options.out}.\n`);
}

function parse(text: string): { name: string; hosts: string[] } {
  const [name = '', hosts = ''] = text.split('=');
  if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`"${text}" is not of the form name=host[,host…]`);
  return { name, hosts: [...LOCAL, name, ...hosts.split(',').filter((it) => it !== '')] };
}
