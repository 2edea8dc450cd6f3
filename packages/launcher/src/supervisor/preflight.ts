import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listen, tcpServer } from '@keelson/service/sockets';
import { planComponents } from '../plan/components.js';
import type { ClusterOptions } from '../plan/options.js';

/** Of the data directory's layout; written when it is made. */
const LAYOUT_VERSION = '2';
const FREE_BYTES_MIN = 512 * 1024 * 1024;

/** Everything that would keep a cluster from starting, found before anything is started. Throws the first. */
export async function preflight(options: ClusterOptions): Promise<void> {
  checkDataDir(options.dataDir);
  const urls = planComponents(options).flatMap((it) => [it.clientUrl, it.peerUrl, it.restUrl, it.grpcUrl]);
  for (const url of urls) {
    if (url !== undefined) await checkPort(url.replace(/^https?:\/\//, ''), options);
  }
}

function checkDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
  } catch (error) {
    throw new Error(`cannot write to --data-dir ${dataDir}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
  const marker = join(dataDir, 'version');
  if (!existsSync(marker)) {
    if (existsSync(join(dataDir, 'data')))
      throw new Error(`--data-dir ${dataDir} holds data but no version file: it is not Keelson's, choose another`);
    writeFileSync(marker, `${LAYOUT_VERSION}\n`);
  } else if (readFileSync(marker, 'utf8').trim() !== LAYOUT_VERSION) {
    throw new Error(
      `--data-dir ${dataDir} was made by another version of Keelson: choose another --data-dir, or run that version`,
    );
  }
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  if (free < FREE_BYTES_MIN) {
    throw new Error(
      `--data-dir ${dataDir} has ${Math.floor(free / 2 ** 20)} MiB free: at least ${FREE_BYTES_MIN / 2 ** 20} MiB are needed`,
    );
  }
}

async function checkPort(address: string, { portBase }: ClusterOptions): Promise<void> {
  const [host = '127.0.0.1', port] = address.split(':');
  const server = tcpServer({}, (socket) => void socket.destroy());
  try {
    await listen(server, { host, port: Number(port) });
  } catch (error) {
    throw new Error(`${(error as Error).message} (--port-base is ${portBase})`);
  }
  await new Promise((resolve) => server.close(resolve));
}
