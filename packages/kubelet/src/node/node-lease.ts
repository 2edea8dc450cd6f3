import { isApiError, type Lease, type Node } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import { type Clock, type Logger, rfc3339Micro } from '@keelson/service';

export interface NodeLeaseOptions {
  nodeName: string;
  durationSeconds: number;
  renewMs: number;
}

const NAMESPACE = 'kube-node-lease';
const RETRY_MS = 1_000;

/** The node's heartbeat: a Lease that is renewed as long as the kubelet lives. */
export class NodeLease {
  #lease: Lease | undefined;
  readonly #options: NodeLeaseOptions;
  readonly #client: Pick<ApiClient, 'get' | 'create' | 'update'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #node: () => Node;

  constructor(
    options: NodeLeaseOptions,
    dependencies: {
      client: Pick<ApiClient, 'get' | 'create' | 'update'>;
      clock: Clock;
      logger: Logger;
      node: () => Node;
    },
  ) {
    this.#options = options;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#node = dependencies.node;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let waitMs = this.#options.renewMs;
      try {
        await this.renew();
      } catch (error) {
        // A conflict or a lease that is gone: read it again at once; anything else waits a little.
        this.#lease = undefined;
        waitMs = Math.min(RETRY_MS, waitMs);
        if (!signal.aborted) this.#logger.info({ err: (error as Error).message }, 'lease not renewed yet');
      }
      await this.#clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  async renew(): Promise<void> {
    const name = this.#options.nodeName;
    this.#lease ??= await this.#find();
    const spec = {
      ...this.#lease?.spec,
      holderIdentity: name,
      leaseDurationSeconds: this.#options.durationSeconds,
      renewTime: rfc3339Micro(this.#clock.now()),
    };
    const { uid } = this.#node().metadata;
    const ownerReferences =
      uid === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] };
    if (this.#lease === undefined) {
      const metadata = { name, namespace: NAMESPACE, ...ownerReferences };
      this.#lease = await this.#client.create(resources.leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata,
        spec,
      });
    } else {
      const metadata = { ...this.#lease.metadata, ...ownerReferences };
      this.#lease = await this.#client.update(resources.leases, { ...this.#lease, metadata, spec });
    }
  }

  async #find(): Promise<Lease | undefined> {
    try {
      return await this.#client.get(resources.leases, { namespace: NAMESPACE, name: this.#options.nodeName });
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
