import { Duplex } from 'node:stream';
import type { keelson } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import type { PodHost } from './pod-target.js';

/**
 * A connection to a port of a pod through the kubelet that runs it: a pod's address says nothing outside of its node.
 * Fails with what the kubelet says.
 */
export class PortStream extends Duplex {
  readonly #call: ReturnType<PodHost['kubelet']['portForward']>;

  constructor({ pod, kubelet }: PodHost, port: number) {
    super();
    this.#call = kubelet.portForward();
    const { namespace = '', name = '' } = pod.metadata;
    this.#call.write({ start: { namespace, pod: name, port } });
    this.#call.on('data', ({ data }: keelson.PortForwardResponse) => {
      if (data.length > 0 && !this.push(data)) this.#call.pause();
    });
    this.#call.on('end', () => this.push(null));
    this.#call.on('error', (error: Error) => this.destroy(error));
  }

  override _read(): void {
    this.#call.resume();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    writeTo(this.#call, { data }).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.#call.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#call.cancel();
    done(error);
  }
}
