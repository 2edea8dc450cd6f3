import { ApiClient, type Discovered, discover, GrpcTransport, PodsClient } from '@keelson/client';
import { type Clock, connect } from '@keelson/service';
import type { Target } from '../kubeconfig/target.js';
import { ResourceMapper } from './mapper.js';

/** A connection to a cluster and what it serves. */
export interface Cluster {
  readonly client: ApiClient;
  readonly pods: PodsClient;
  readonly mapper: ResourceMapper;
  readonly discovered: Discovered;
  readonly target: Target;
  /** Asks again what the cluster serves. */
  rediscover(): Promise<void>;
  close(): void;
}

export async function connectCluster(
  target: Target,
  options: { timeoutMs: number },
  dependencies: { clock: Clock; onWarning: (text: string) => void },
): Promise<Cluster> {
  const connection = connect(target.address, { clock: dependencies.clock, tls: target.tls, token: target.token });
  const { onWarning } = dependencies;
  try {
    let discovered = await discover(connection, options);
    let mapper = new ResourceMapper(discovered);
    return {
      client: new ApiClient(new GrpcTransport(connection, options), { onWarning }),
      pods: new PodsClient(connection),
      get mapper() {
        return mapper;
      },
      get discovered() {
        return discovered;
      },
      target,
      async rediscover() {
        discovered = await discover(connection, options);
        mapper = new ResourceMapper(discovered);
      },
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}
