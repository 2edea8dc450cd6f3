import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@keelson/service';
import { StateMachine } from '../apply/state-machine.js';
import { openDatabase } from '../backend/open.js';
import { TUNING } from '../config.js';
import { DataLock } from '../data-lock.js';
import { StoreError } from '../errors.js';
import { SnapshotFiles } from '../replica/snapshot-files.js';
import { realDisk } from '../wal/disk.js';
import { Wal, type WalContent } from '../wal/wal.js';
import { appendChecksum } from './checksum.js';
import { exportDatabase } from './export.js';

/**
 * Writes a backup of a member that does not run: its database, and what its log has after that and is known to be
 * committed. @throws StoreError
 */
export async function backUpDirectory(dataDirectory: string, file: string, clock: Clock): Promise<void> {
  const directory = join(dataDirectory, 'member');
  if (!(await stat(directory).catch(() => undefined))) {
    throw new StoreError(`${dataDirectory} is no member's data directory: there is no "member" in it`);
  }
  const lock = await DataLock.take(directory);
  const [copy, part] = [`${file}.db.part`, `${file}.part`];
  try {
    const content = await readLog(join(directory, 'wal'));
    await copyDatabase(await SnapshotFiles.current(directory, content.snapshot.index), copy);
    await exportCaughtUp(copy, content, part, clock);
    await appendChecksum(part);
    await rename(part, file);
  } finally {
    for (const each of [copy, `${copy}-lock`, part]) await rm(each, { force: true });
    await lock.release();
  }
}

async function readLog(directory: string): Promise<WalContent> {
  const identity = await Wal.identity(directory, realDisk);
  if (!identity) throw new StoreError(`there is no write-ahead log in ${directory}: the member never started`);
  const { wal, content } = await Wal.open({ directory, ...identity, segmentBytes: TUNING.walSegmentBytes }, realDisk);
  await wal.close();
  return content;
}

async function copyDatabase(from: string, to: string): Promise<void> {
  if (!(await stat(from).catch(() => undefined))) throw new StoreError(`there is no database ${from}`);
  const database = openDatabase(from);
  await rm(to, { force: true });
  await database.copyTo(to).finally(() => database.close());
}

async function exportCaughtUp(database: string, content: WalContent, to: string, clock: Clock): Promise<void> {
  const backend = openDatabase(database);
  try {
    const machine = new StateMachine({ ttlMin: 0 }, { backend, clock, tokens: NO_TOKENS }, NO_CLUSTER, NO_EVENTS);
    // A member that is alone has committed whatever it wrote.
    const alone = machine.membership.members.length === 1;
    const committed = alone ? Infinity : content.hardState.commit;
    for (const entry of content.entries) {
      if (entry.index > machine.applied && entry.index <= committed) machine.apply(entry);
    }
    await machine.commit();
    await rm(to, { force: true });
    await exportDatabase(backend, to);
  } finally {
    await backend.close();
  }
}

const NO_TOKENS = { add: () => undefined, revokeUser: () => undefined, revokeAll: () => undefined };
const NO_CLUSTER = { clusterId: 0n, members: [] };
const NO_EVENTS = {
  applied: () => undefined,
  changed: () => undefined,
  compacted: () => undefined,
  membersChanged: () => undefined,
};
