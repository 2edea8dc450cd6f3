import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, list, loadIdentity, type Random } from '@keelson/service';
import { adminFiles, clusterCertificates, type Place } from '../pki/certificates.js';
import { ensurePki } from '../pki/cluster-pki.js';
import { ensureEncryption } from '../pki/encryption.js';
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

/** `keelson certs`: the authorities, every certificate and the keys of a cluster whose processes something else starts. */
export async function certs(options: CertsOptions, dependencies: { clock: Clock; random: Random }): Promise<void> {
  const [stores, apiservers, nodes] = [options.stores, options.apiservers, options.nodes].map((it) => it.map(parse));
  const plan = clusterCertificates({
    stores: stores!,
    apiservers: apiservers!.map(({ name, hosts }) => ({ name, hosts: [name, ...hosts] })),
    nodes: nodes!,
  });
  await ensurePki(options.out, plan, dependencies);
  ensureEncryption(options.out, dependencies.random);
  const identity = loadIdentity(adminFiles(options.out), dependencies.clock.now());
  const text = kubeconfig({ server: options.server, grpcServer: options.grpcServer, ...identity });
  writeFileSync(join(options.out, 'kubeconfig'), text, { mode: 0o600 });
  process.stdout.write(`Certificates and kubeconfig are in ${options.out}.\n`);
}

function parse(text: string): Place {
  const [name = '', hosts = ''] = text.split('=');
  if (!/^[a-z0-9-]+$/.test(name)) throw new Error(`"${text}" is not of the form name=host[,host…]`);
  return { name, hosts: list(hosts) };
}
