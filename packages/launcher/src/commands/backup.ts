import { existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { Clock, Random } from '@keelson/service';
import { backUpDirectory, verifyChecksum } from '@keelson/store';
import type { StoreClient } from '@keelson/store-client';
import { type StoreAccess, storeClient } from './store-access.js';

export interface BackupArguments extends StoreAccess {
  readonly file: string;
  /** Of a member that does not run; undefined: a running one is asked. */
  readonly dataDir: string | undefined;
}

/** `keelson backup <file>`: all data of a store, in the form of etcd's snapshots, with a checksum. */
export async function backup(args: BackupArguments, deps: { clock: Clock; random: Random }): Promise<void> {
  const { file, dataDir } = args;
  if (existsSync(file)) throw new Error(`${file} is there already: choose another name, or remove it`);
  if (dataDir !== undefined) await backUpDirectory(dataDir, file, deps.clock);
  else {
    const client = storeClient(args, deps);
    await download(client, file).finally(() => client.close());
  }
  const { size } = await stat(file);
  process.stdout.write(`Saved ${size} bytes to ${file}. 'keelson restore' makes a new cluster of it.\n`);
}

/** The file has its name only once it is whole and durable. */
async function download(client: StoreClient, file: string): Promise<void> {
  const part = `${file}.part`;
  const handle = await open(part, 'w', 0o600);
  try {
    for await (const { blob } of client.snapshot()) await handle.write(blob);
    await handle.sync();
    await handle.close();
    await verifyChecksum(part, false);
    await rename(part, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
