import { join } from 'node:path';
import { ApiClient, RestTransport, resources } from '@keelson/client';
import { type Clock, HttpCaller, loadIdentity, type TlsIdentity } from '@keelson/service';
import { connectTcp } from '@keelson/service/sockets';
import { adminFiles } from '../pki/certificates.js';
import type { ClusterRecord, ComponentRecord } from './cluster-file.js';

/** How far a cluster has come. */
export interface Readiness {
  readonly stores: { readonly ready: number; readonly wanted: number };
  readonly apiservers: { readonly ready: number; readonly wanted: number };
  readonly nodes: { readonly ready: number; readonly wanted: number };
}

export function isReady({ stores, apiservers, nodes }: Readiness): boolean {
  return [stores, apiservers, nodes].every((it) => it.ready >= it.wanted);
}

const ANSWER_MS = 2_000;

/** Looks at a cluster's parts from outside, as its users see them. */
export class ReadinessProbe {
  readonly #clock: Clock;
  readonly #dataDir: string;
  readonly #callers = new Map<string, HttpCaller>();
  #client: { server: string; client: ApiClient } | undefined;

  constructor(dataDir: string, dependencies: { clock: Clock }) {
    this.#dataDir = dataDir;
    this.#clock = dependencies.clock;
  }

  async look(cluster: ClusterRecord): Promise<Readiness> {
    const of = (role: string) => cluster.components.filter((it) => it.role === role);
    const [stores, apiservers, nodes] = await Promise.all([
      count(of('store'), (it) => listens(it.clientUrl)),
      count(of('apiserver'), (it) => this.#serves(it.restUrl)),
      this.#nodesReady(of('apiserver')[0]),
    ]);
    return {
      stores: { ready: stores, wanted: of('store').length },
      apiservers: { ready: nodes === undefined ? 0 : apiservers, wanted: of('apiserver').length },
      nodes: { ready: nodes ?? 0, wanted: of('kubelet').length },
    };
  }

  close(): void {
    this.#client?.client.close();
    for (const caller of this.#callers.values()) caller.close();
  }

  /** Whether an API server has everything that it is to have from its first moment. */
  async #serves(url: string | undefined): Promise<boolean> {
    if (url === undefined || !(await listens(url))) return false;
    const { host } = new URL(url);
    const known = this.#callers.get(host);
    const caller = known ?? new HttpCaller(host, { clock: this.#clock, tls: this.#identity() });
    this.#callers.set(host, caller);
    return await new Promise((resolve) => {
      const giveUp = caller.send(
        { method: 'GET', path: '/readyz' },
        {
          data: () => {},
          ended: (status) => {
            timer.cancel();
            resolve(status === 200);
          },
        },
      );
      const timer = this.#clock.after(ANSWER_MS, giveUp);
    });
  }

  /** Undefined while the API server does not answer. */
  async #nodesReady(api: ComponentRecord | undefined): Promise<number | undefined> {
    if (api?.restUrl === undefined) return undefined;
    try {
      const { items } = await this.#connect(api.restUrl).list(resources.nodes);
      return items.filter((it) => it.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')).length;
    } catch {
      return undefined;
    }
  }

  #identity(): TlsIdentity {
    return loadIdentity(adminFiles(join(this.#dataDir, 'pki')), this.#clock.now());
  }

  #connect(server: string): ApiClient {
    if (this.#client?.server === server) return this.#client.client;
    const tls = this.#identity();
    const client = new ApiClient(new RestTransport({ server, tls, timeoutMs: 2_000 }, { clock: this.#clock }));
    this.#client = { server, client };
    return client;
  }
}

async function count<T>(items: readonly T[], check: (item: T) => Promise<boolean>): Promise<number> {
  return (await Promise.all(items.map(check))).filter(Boolean).length;
}

function listens(url: string | undefined): Promise<boolean> {
  if (url === undefined) return Promise.resolve(false);
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connectTcp({ host: hostname, port: Number(port), timeout: 1_000 });
    const done = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}
