import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { listenError, parseAddress } from './net.js';
import type { TlsIdentity } from './tls.js';

/**
 * Makes connections for a grpc-js server that may show a certificate, of whomever. grpc-js itself shows a service only
 * those that the CA signed: to it a stranger's certificate and none look the same.
 */
export class RequestingListener {
  readonly #address: string;
  readonly #server: TlsServer;

  constructor(address: string, { ca, cert, key }: TlsIdentity, server: Server) {
    this.#address = address;
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const options = { ca, cert, key, requestCert: true, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    this.#server = createServer(options, (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      socket.setNoDelay(true);
      // Or else the service would not see what was shown.
      socket.authorized = socket.getPeerCertificate().raw !== undefined;
      injector.injectConnection(socket);
    });
    this.#server.on('tlsClientError', () => undefined);
  }

  /** Resolves to the bound port. */
  async listen(): Promise<number> {
    const { host, port } = parseAddress(this.#address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, this.#address)));
      this.#server.listen(port, host, resolve);
    });
    this.#server.on('error', () => undefined);
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more connections; those that there are belong to the server. */
  close(): void {
    this.#server.close();
  }
}
