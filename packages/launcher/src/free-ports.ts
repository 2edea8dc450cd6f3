import { listen, tcpServer } from '@keelson/service/sockets';

/** Ports of the loopback address that nobody uses at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => tcpServer({}, (socket) => void socket.destroy()));
  const ports = await Promise.all(servers.map((server) => listen(server, { host: '127.0.0.1', port: 0 })));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
