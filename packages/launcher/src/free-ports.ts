import { listen, tcpServer } from '@keelson/service/sockets';

/** Ports of the loopback address that nobody uses at the moment; from `first` on in a row. Rejects if one is used. */
export async function freePorts(count: number, first?: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => tcpServer({}, (socket) => void socket.destroy()));
  const listening = await Promise.allSettled(
    servers.map((server, at) => listen(server, { host: '127.0.0.1', port: first === undefined ? 0 : first + at })),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return listening.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
