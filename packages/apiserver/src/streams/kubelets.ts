import { ApiError, type Node } from '@keelson/api';
import { type Connection, keelson, type ServiceClient } from '@keelson/protocol';
import { type Clock, connect, type TlsIdentity } from '@keelson/service';
import type { ObjectCollection } from '../registry/collection.js';

export type KubeletClient = ServiceClient<typeof keelson.PodsService>;

/** Connections to kubelets, one a node, made when first needed. */
export class Kubelets {
  readonly #nodes: ObjectCollection;
  readonly #clock: Clock;
  readonly #tls: TlsIdentity | undefined;
  readonly #connections = new Map<string, { address: string; connection: Connection }>();

  constructor(dependencies: { nodes: ObjectCollection; clock: Clock; tls: TlsIdentity | undefined }) {
    this.#nodes = dependencies.nodes;
    this.#clock = dependencies.clock;
    this.#tls = dependencies.tls;
  }

  /** The Pods service of a node's kubelet. Throws when the node is unknown or does not say where its kubelet is. */
  of(nodeName: string): KubeletClient {
    const node = this.#nodes.cache.get(nodeName)?.object as Node | undefined;
    if (node === undefined) throw unreachable(`node ${JSON.stringify(nodeName)} not found`);
    const address = addressOf(node);
    const known = this.#connections.get(nodeName);
    if (known?.address === address) return known.connection.service(keelson.PodsService);
    known?.connection.close();
    // Its certificate must carry the node's name: addresses are shared, and what a node says of itself.
    const named = { 'grpc.ssl_target_name_override': nodeName };
    const connection = connect(address, { clock: this.#clock, tls: this.#tls }, named);
    this.#connections.set(nodeName, { address, connection });
    return connection.service(keelson.PodsService);
  }

  close(): void {
    for (const { connection } of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}

export function addressOf({ metadata, status }: Node): string {
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port;
  const address = ['InternalIP', 'ExternalIP', 'Hostname']
    .map((type) => status?.addresses?.find((it) => it.type === type)?.address)
    .find((it) => it !== undefined);
  if (port === undefined || address === undefined) {
    throw unreachable(`node ${JSON.stringify(metadata.name)} does not say where its kubelet is reached`);
  }
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function unreachable(text: string): ApiError {
  return new ApiError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${text}` });
}
