import type { Connection } from '@keelson/protocol';
import { type Clock, connect, LeanConnection } from '@keelson/service';

/** What drives the servers: our lean client costs least, grpc-js is what many programs use. */
export const BENCH_CLIENTS = ['lean', 'grpc-js'] as const;
export type BenchClient = (typeof BENCH_CLIENTS)[number];

type Unary = (request: Buffer) => Promise<Buffer>;

interface RawStream {
  write(request: Buffer): boolean;
  on(event: 'data', run: (response: Buffer) => void): unknown;
  on(event: 'error' | 'end', run: () => void): unknown;
}

/** Calls with requests that are encoded already, so that the load costs little beside what is measured. */
export class RawCaller {
  readonly #connection: Connection;
  readonly #unary = new Map<string, Unary>();

  constructor(address: string, clock: Clock, client: BenchClient = 'lean') {
    this.#connection = client === 'lean' ? new LeanConnection(address, { clock }) : connect(address, { clock });
  }

  /** @throws a gRPC status, through the promise */
  unary(path: string, request: Buffer): Promise<Buffer> {
    let call = this.#unary.get(path);
    if (!call) {
      call = this.#call(path, false) as Unary;
      this.#unary.set(path, call);
    }
    return call(request);
  }

  stream(path: string): RawStream {
    return (this.#call(path, true) as () => RawStream)();
  }

  #call(path: string, streams: boolean): unknown {
    const same = (bytes: Buffer) => bytes;
    const method = { path, requestStream: streams, responseStream: streams };
    const client = this.#connection.service({
      call: { ...method, requestSerialize: same, responseDeserialize: same } as typeof method,
    });
    return client.call;
  }

  close(): void {
    this.#connection.close();
  }
}
