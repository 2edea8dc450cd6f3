import { isIP, type Socket } from 'node:net';
import { checkServerIdentity, type TLSSocket } from 'node:tls';
import type { Clock } from '@keelson/service';
import { connectTcp, connectTls } from '@keelson/service/sockets';
import type { ClientCertificate } from './client-certificate.js';
import { connectThrough, happened, hostOf, portOf } from './proxy.js';

/** Where a server is and how to know that it is the right one. */
export interface Destination {
  /** Of scheme http or https. */
  readonly server: URL;
  /** PEM certificates of who vouches for the server, read anew for each connection; those of the system if absent. */
  readonly authorities?: (() => Buffer | undefined) | undefined;
  /** The name that the server's certificate must have, if not that of its address. */
  readonly serverName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly proxy?: URL | undefined;
}

export interface Dialed {
  readonly socket: Socket;
  readonly protocol: 'h2' | 'http/1.1';
}

const DIAL_MAX_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;

/** Connects to a server. Whether it speaks HTTP/2 is what it says when the connection is secured: it decides. */
export async function dial(
  destination: Destination,
  certificate: ClientCertificate | undefined,
  clock: Clock,
): Promise<Dialed> {
  const { server } = destination;
  const made: Socket[] = [];
  let isLate = false;
  const timer = clock.after(DIAL_MAX_MS, () => {
    isLate = true;
    for (const it of made) it.destroy();
  });
  try {
    const socket = await connected(destination, (it) => made.push(it));
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    if (server.protocol === 'http:') return { socket, protocol: 'http/1.1' };
    const secure = secured(socket, destination, certificate);
    made.push(secure);
    await happened(secure, 'secureConnect');
    return { socket: secure, protocol: secure.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' };
  } catch (error) {
    for (const it of made) it.destroy();
    throw isLate ? new Error(`no connection within ${DIAL_MAX_MS / 1000} s`, { cause: error }) : error;
  } finally {
    timer.cancel();
  }
}

async function connected(destination: Destination, made: (socket: Socket) => void): Promise<Socket> {
  const { server, proxy } = destination;
  if (proxy !== undefined) return await connectThrough(proxy, destination, made);
  const socket = connectTcp({ host: hostOf(server), port: portOf(server) });
  made(socket);
  await happened(socket, 'connect');
  return socket;
}

function secured(
  socket: Socket,
  { server, authorities, serverName, insecureSkipTlsVerify }: Destination,
  certificate: ClientCertificate | undefined,
): TLSSocket {
  const name = serverName || hostOf(server);
  const ca = authorities?.();
  return connectTls({
    socket,
    // An address is no name to ask for.
    servername: isIP(name) ? '' : name,
    checkServerIdentity: (_host, shown) => checkServerIdentity(name, shown),
    rejectUnauthorized: insecureSkipTlsVerify !== true,
    ALPNProtocols: ['h2', 'http/1.1'],
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
  });
}
