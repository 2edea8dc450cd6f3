import type { Server as SocketServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { parseAddress } from './net.js';
import { listen, tlsServer } from './sockets/servers.js';
import type { ServingTls } from './tls.js';

/**
 * Makes connections for a grpc-js server that may show a certificate, of whomever. grpc-js itself shows a service only
 * those that the CA signed: to it a stranger's certificate and none look the same.
 */
export class RequestingListener {
  readonly #address: string;
  readonly #server: SocketServer;

  constructor(address: string, tls: ServingTls, server: Server) {
    this.#address = address;
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const options = { ...tls, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    this.#server = tlsServer(options, (socket: TLSSocket) => {
      socket.setNoDelay(true);
      // Or else the service would not see what was shown.
      socket.authorized = socket.getPeerCertificate().raw !== undefined;
      injector.injectConnection(socket);
    });
  }

  /** Resolves to the bound port. */
  async listen(): Promise<number> {
    return await listen(this.#server, parseAddress(this.#address));
  }

  /** Takes no more connections; those that there are belong to the server. */
  close(): void {
    this.#server.close();
  }
}
