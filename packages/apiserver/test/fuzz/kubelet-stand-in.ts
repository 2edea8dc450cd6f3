import { keelson } from '@keelson/protocol';
import { GrpcServer, writeTo } from '@keelson/service';
import type { ServerUnderTest } from '../server-under-test.js';

export const STREAM_NODE = 'stream-node';

/** A kubelet whose containers say back what they are told, and whose ports do as well. */
export class KubeletStandIn {
  readonly #server: GrpcServer;
  port = 0;

  constructor(world: ServerUnderTest) {
    const [ca, cert, key] = ['ca.crt', `${STREAM_NODE}.crt`, `${STREAM_NODE}.key`].map((name) => world.read(name));
    const tls = { ca: ca!, cert: cert!, key: key! };
    this.#server = new GrpcServer({ address: '127.0.0.1:0', tls, protoFiles: ['keelson/v1/pods.proto'] });
    const exec: Handlers['exec'] = (call) => {
      void (async () => {
        for await (const { stdin, stdinClosed } of call as AsyncIterable<keelson.ExecRequest>) {
          if (stdin !== undefined) await writeTo(call, { stdout: stdin });
          if (stdinClosed !== true) continue;
          await writeTo(call, { status: Buffer.from('{"status":"Success"}') });
          call.end();
        }
      })().catch(() => {});
    };
    const portForward: Handlers['portForward'] = (call) => {
      void (async () => {
        for await (const { data } of call as AsyncIterable<keelson.PortForwardRequest>)
          if (data !== undefined) await writeTo(call, { data });
        call.end();
      })().catch(() => {});
    };
    this.#server.add(keelson.PodsService, { exec, attach: exec, portForward, logs: (call) => void call.end() });
  }

  async listen(): Promise<void> {
    this.port = await this.#server.listen();
  }

  async close(): Promise<void> {
    await this.#server.close(() => Promise.resolve());
  }
}

type Handlers = Parameters<typeof GrpcServer.prototype.add<typeof keelson.PodsService>>[1];
