import { status } from '@grpc/grpc-js';
import type { Connection } from '@keelson/protocol';
import { type Clock, LeanConnection, type Logger, type Random, type TlsIdentity } from '@keelson/service';
import { StoreClientError } from './errors.js';

export interface EndpointOptions {
  /** `http://host:port`, `https://host:port` or `host:port` (TLS if an identity is given). */
  readonly endpoints: readonly string[];
  readonly tls: TlsIdentity | undefined;
}

export interface EndpointDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger | undefined;
}

interface Endpoint {
  readonly url: string;
  connection: Connection | undefined;
}

/** The members a client knows. One is in use; a failing one gives way to the next. */
export class Endpoints {
  readonly #options: EndpointOptions;
  readonly #deps: EndpointDependencies;
  readonly #endpoints: Endpoint[];
  #current: number;

  constructor(options: EndpointOptions, dependencies: EndpointDependencies) {
    if (options.endpoints.length === 0) throw new StoreClientError(status.INVALID_ARGUMENT, 'no endpoint is given');
    this.#options = options;
    this.#deps = dependencies;
    this.#endpoints = options.endpoints.map((url) => ({ url, connection: undefined }));
    // Clients that start together spread over the members.
    this.#current = dependencies.random.integer(this.#endpoints.length);
  }

  get count(): number {
    return this.#endpoints.length;
  }

  get current(): string {
    return this.#endpoints[this.#current]!.url;
  }

  /** The connection to a named endpoint, or to the one in use. */
  connection(url: string = this.current): Connection {
    const endpoint = this.#endpoints.find((each) => each.url === url);
    if (!endpoint) throw new StoreClientError(status.INVALID_ARGUMENT, `${url} is not one of this client's endpoints`);
    endpoint.connection ??= this.#open(url);
    return endpoint.connection;
  }

  #open(url: string): Connection {
    const { secure, address } = parseEndpoint(url, this.#options.tls !== undefined);
    return new LeanConnection(address, { clock: this.#deps.clock, tls: secure ? this.#options.tls : undefined });
  }

  /** Gives up on an endpoint, unless another call has done so already. */
  failed(url: string): void {
    if (this.current !== url || this.count === 1) return;
    this.#current = (this.#current + 1) % this.count;
    this.#deps.logger?.debug({ from: url, to: this.current }, 'changing to another member of the store');
  }

  close(): void {
    for (const endpoint of this.#endpoints) endpoint.connection?.close();
  }
}

function parseEndpoint(url: string, secureByDefault: boolean): { secure: boolean; address: string } {
  const match = /^(?:(https?):\/\/)?([^/]+:\d+)\/?$/.exec(url);
  if (!match) {
    throw new StoreClientError(status.INVALID_ARGUMENT, `"${url}" is not of the form http://host:port or host:port`);
  }
  return { secure: match[1] === undefined ? secureByDefault : match[1] === 'https', address: match[2]! };
}
