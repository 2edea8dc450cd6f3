import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '../backend/open.js';
import { initialCluster } from '../cluster/bootstrap.js';
import { Membership } from '../cluster/membership.js';
import { TUNING } from '../config.js';
import { StoreError } from '../errors.js';
import { Meta } from '../mvcc/meta.js';
import { databaseName } from '../replica/snapshot-files.js';
import { realDisk } from '../wal/disk.js';
import { Wal } from '../wal/wal.js';
import { BoltReader } from './bolt-reader.js';
import { verifyChecksum } from './checksum.js';
import { type ImportOptions, importDatabase } from './import.js';

export interface RestoreOptions extends ImportOptions {
  readonly file: string;
  readonly dataDirectory: string;
  readonly name: string;
  readonly initialCluster: string;
  readonly initialClusterToken: string;
  readonly advertisePeerUrls: readonly string[];
  /** Also takes a database without a checksum, as one copied from a data directory. */
  readonly skipHashCheck: boolean;
}

export interface Restored {
  readonly revision: number;
  readonly member: bigint;
  readonly cluster: bigint;
}

/**
 * The new cluster's log begins after an entry that stands for the backup: whoever joins later without the data is sent
 * all of it, and not the log alone.
 */
const BEGINNING = { index: 1, term: 1 };

/** Makes the data directory of one member of a new cluster that begins with what a backup holds. @throws StoreError */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { file, dataDirectory, name, initialClusterToken: token, advertisePeerUrls } = options;
  const named = { name, initialCluster: options.initialCluster, token, advertisePeerUrls };
  const { cluster, self } = initialCluster(named);
  await verifyChecksum(file, options.skipHashCheck);
  await requireEmpty(dataDirectory);
  const directory = join(dataDirectory, 'member');
  const reader = new BoltReader(file);
  try {
    await realDisk.makeDirectory(directory);
    const revision = await writeDatabase(reader, join(directory, databaseName(BEGINNING.index)), options, (meta) => {
      new Membership(meta, cluster);
    });
    await beginLog(join(directory, 'wal'), cluster.clusterId, self.id);
    return { revision, member: self.id, cluster: cluster.clusterId };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  } finally {
    reader.close();
  }
}

async function requireEmpty(dataDirectory: string): Promise<void> {
  const found = await readdir(dataDirectory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new StoreError(`cannot look into ${dataDirectory}: ${error.code}`, { cause: error });
  });
  if (found.length > 0) {
    throw new StoreError(`the data directory ${dataDirectory} is not empty: choose another --data-dir, or remove it`);
  }
}

async function writeDatabase(
  reader: BoltReader,
  file: string,
  options: ImportOptions,
  finish: (meta: Meta) => void,
): Promise<number> {
  const backend = openDatabase(file);
  try {
    const revision = await importDatabase(reader, backend, options);
    const meta = new Meta(backend);
    finish(meta);
    meta.writeNumber('applied', BEGINNING.index);
    meta.writeNumber('appliedTerm', BEGINNING.term);
    await backend.commit();
    return revision;
  } finally {
    await backend.close();
  }
}

async function beginLog(directory: string, clusterId: bigint, memberId: bigint): Promise<void> {
  const options = { directory, clusterId, memberId, segmentBytes: TUNING.walSegmentBytes };
  const { wal } = await Wal.open(options, realDisk);
  const { index: commit, term } = BEGINNING;
  await wal.append({ snapshot: BEGINNING, entries: [], hardState: { term, vote: '', commit } });
  await wal.close();
}
