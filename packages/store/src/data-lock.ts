import { createHash } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTcp, tcpServer } from '@keelson/service/sockets';
import { StoreError } from './errors.js';

/**
 * Keeps a second process out of a data directory. A listening local socket is held: unlike a file with a process id
 * in it, the system lets go of it whatever way the process ends.
 */
export class DataLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws StoreError if another process uses the directory */
  static async take(directory: string): Promise<DataLock> {
    const path = socketPath(await realpath(directory));
    let server = await listen(path);
    if (!server && (await isStale(path))) server = await listen(path);
    if (!server) {
      throw new StoreError(
        `the data directory ${directory} is in use by another process: stop it, or choose another --data-dir`,
      );
    }
    server.unref();
    return new DataLock(server);
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Linux has names for sockets without files; elsewhere a file may stay behind and is looked into. */
function socketPath(directory: string): string {
  const name = `keelson-store-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = tcpServer({}, (socket) => void socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve(server));
  });
}

async function isStale(path: string): Promise<boolean> {
  if (path.startsWith('\0')) return false;
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connectTcp({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (!answered) await rm(path, { force: true });
  return !answered;
}
