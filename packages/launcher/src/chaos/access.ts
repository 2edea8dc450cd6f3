import { join } from 'node:path';
import { ApiClient, RestTransport } from '@keelson/client';
import { etcd } from '@keelson/protocol';
import { type Clock, connect, loadIdentity, type TlsIdentity } from '@keelson/service';
import { adminFiles, storeAdminFiles } from '../pki/certificates.js';
import { type ClusterRecord, type ComponentRecord, readCluster } from '../supervisor/cluster-file.js';

/** A running cluster as its administrator reaches it. */
export class ClusterAccess {
  readonly dataDir: string;
  readonly #clock: Clock;
  readonly #tls: TlsIdentity;
  readonly #storeTls: TlsIdentity;

  constructor(dataDir: string, clock: Clock) {
    const pki = join(dataDir, 'pki');
    this.dataDir = dataDir;
    this.#clock = clock;
    this.#tls = loadIdentity(adminFiles(pki), clock.now());
    this.#storeTls = loadIdentity(storeAdminFiles(pki), clock.now());
  }

  /** What runs now, by the supervisor's own record. */
  cluster(): ClusterRecord {
    const cluster = readCluster(this.dataDir);
    if (cluster === undefined) throw new Error(`no cluster in ${this.dataDir}: start one with 'keelson up --detach'`);
    return cluster;
  }

  component(name: string): ComponentRecord {
    const found = this.cluster().components.find((it) => it.name === name);
    if (found === undefined) throw new Error(`the cluster has no component ${name}`);
    return found;
  }

  ofRole(role: string): ComponentRecord[] {
    return this.cluster().components.filter((it) => it.role === role);
  }

  /** A client over REST that tries each API server in turn. */
  client(): ApiClient {
    const server = this.ofRole('apiserver')[0]?.restUrl;
    if (server === undefined) throw new Error('the cluster has no API server');
    return new ApiClient(new RestTransport({ server, tls: this.#tls, timeoutMs: 5_000 }, { clock: this.#clock }));
  }

  /** The name of the store that leads, as the stores themselves say; undefined while there is none. */
  async storeLeader(): Promise<string | undefined> {
    for (const store of this.ofRole('store')) {
      const address = (store.clientUrl ?? '').replace(/^https?:\/\//, '');
      const connection = connect(address, { clock: this.#clock, tls: this.#storeTls });
      try {
        const answer = await connection.service(etcd.MaintenanceService).status({}, { timeout: 1_000 });
        if (answer.leader !== 0n && answer.leader === answer.header?.memberId) return store.name;
      } catch {
        // This one does not answer: another may.
      } finally {
        connection.close();
      }
    }
    return undefined;
  }
}
