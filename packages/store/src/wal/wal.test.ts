import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Entry } from 'raft-ts';
import type { Disk, DiskFile } from './disk.js';
import { Wal, type WalBatch } from './wal.js';

const SECTOR = 512;

interface Inode {
  data: Buffer;
  synced: Buffer;
}

/** Files in memory. A crash keeps what was synced, and of later writes each sector or not, as `keep` says. */
class MemoryDisk implements Disk {
  readonly files = new Map<string, Inode>();
  fullAfter = Infinity;
  /** While false, `sync` does nothing: as when the power goes before it is done. */
  syncing = true;

  async makeDirectory(): Promise<void> {}
  async list(directory: string): Promise<string[]> {
    return [...this.files.keys()].filter((name) => name.startsWith(directory)).map((name) => name.split('/').at(-1)!);
  }
  async read(file: string): Promise<Buffer> {
    return Buffer.from(this.files.get(file)!.data);
  }
  async preallocate(file: string, bytes: number): Promise<void> {
    this.files.set(file, { data: Buffer.alloc(bytes), synced: Buffer.alloc(bytes) });
  }
  async open(file: string): Promise<DiskFile> {
    const inode = this.files.get(file)!;
    return {
      write: async (chunks, offset) => {
        const written = Buffer.concat(chunks);
        const end = offset + written.length;
        if (end > this.fullAfter) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        inode.data = Buffer.concat([inode.data, Buffer.alloc(Math.max(0, end - inode.data.length))]);
        written.copy(inode.data, offset);
      },
      sync: async () => {
        if (this.syncing) inode.synced = Buffer.from(inode.data);
      },
      close: async () => {},
    };
  }
  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.files.get(from)!);
    this.files.delete(from);
  }
  async remove(file: string): Promise<void> {
    this.files.delete(file);
  }
  async syncDirectory(): Promise<void> {}

  crash(keep: (sector: number) => boolean): void {
    for (const inode of this.files.values()) {
      const after = Buffer.alloc(inode.data.length);
      inode.synced.copy(after);
      for (let at = 0; at < after.length; at += SECTOR) {
        if (keep(at / SECTOR)) inode.data.copy(after, at, at, Math.min(at + SECTOR, after.length));
      }
      inode.data = after;
      inode.synced = Buffer.from(after);
    }
    this.syncing = true;
  }
}

const options = { directory: 'wal', clusterId: 1n, memberId: 2n, segmentBytes: 8_192 };

function batch(index: number, size: number, count: number): WalBatch {
  const entries = Array.from(
    { length: count },
    (_, at): Entry => ({
      index: index + at,
      term: 1,
      type: 'normal',
      data: Buffer.alloc(size, (index + at) % 251 || 1),
    }),
  );
  return { entries, hardState: { term: 1, vote: 'a', commit: index + count - 1 }, snapshot: undefined };
}

describe('Wal', () => {
  test('after a crash at any moment, all that was appended is there, and nothing but whole records after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ size: fc.nat(1_500), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 25 }),
        fc.record({ size: fc.integer({ min: 1, max: 3_000 }), count: fc.integer({ min: 1, max: 4 }) }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        async (done, torn, kept) => {
          const disk = new MemoryDisk();
          const { wal } = await Wal.open(options, disk);
          let next = 1;
          for (const { size, count } of done) {
            await wal.append(batch(next, size, count));
            next += count;
          }
          // The last batch is written and not synced when the power goes.
          // A change of segment is durable step by step: only the batch itself is at stake here.
          if (!wal.atSegmentEnd) disk.syncing = false;
          await wal.append(batch(next, torn.size, torn.count));
          disk.crash((sector) => kept[sector % kept.length]!);
          const { content, wal: reopened } = await Wal.open(options, disk);
          assert.ok(content.entries.length >= next - 1, `${content.entries.length} of ${next - 1} entries`);
          content.entries.forEach((entry, at) => {
            assert.equal(entry.index, at + 1);
            assert.ok(entry.data.every((byte) => byte === (entry.index % 251 || 1)));
          });
          // No entry of the torn batch is there without what came with it, and nothing is known beyond the entries.
          assert.equal(content.hardState.commit, content.entries.length);
          // And the log goes on.
          const after = content.entries.length + 1;
          await reopened.append(batch(after, 10, 1));
          const again = await Wal.open(options, disk);
          assert.equal(again.content.entries.length, after);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('entries that were replaced are not read back', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    await wal.append(batch(1, 10, 5));
    const other: Entry = { index: 3, term: 2, type: 'normal', data: Buffer.from('new') };
    await wal.append({ entries: [other], hardState: undefined, snapshot: undefined });
    const { content } = await Wal.open(options, disk);
    assert.deepEqual(
      content.entries.map((entry) => [entry.index, entry.term]),
      [
        [1, 1],
        [2, 1],
        [3, 2],
      ],
    );
  });

  test('a flipped bit anywhere in what was written is refused', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    for (let index = 1; index <= 5; index += 1) await wal.append(batch(index, 40, 1));
    const [file] = [...disk.files.keys()];
    const inode = disk.files.get(file!)!;
    const original = Buffer.from(inode.data);
    const end = original.findLastIndex((byte) => byte !== 0);
    for (let at = 0; at <= end; at += 7) {
      const damaged = Buffer.from(original);
      damaged[at] = damaged[at]! ^ 0x40;
      inode.data = damaged;
      await assert.rejects(Wal.open(options, disk), /damaged|belongs to/, `bit at ${at}`);
    }
  });

  test('what a torn write left stays until something is written, for whoever finds that the log is not to be used', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    await wal.append(batch(1, 3, 4));
    disk.syncing = false;
    await wal.append(batch(5, 2_000, 2));
    disk.crash((sector) => sector % 2 === 0);
    const file = [...disk.files.keys()].find((name) => name.endsWith('.wal'))!;
    const left = Buffer.from(disk.files.get(file)!.data);
    const { content, wal: reopened } = await Wal.open(options, disk);
    assert.equal(content.torn, true);
    assert.ok(disk.files.get(file)!.data.equals(left));
    await reopened.append(batch(content.entries.length + 1, 3, 1));
    assert.equal((await Wal.open(options, disk)).content.torn, false);
  });

  test('a flipped bit beside zeros is refused too: they are no sign of a torn write', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    const zeros = (index: number): Entry => ({ index, term: 1, type: 'normal', data: Buffer.alloc(1_500) });
    for (const index of [1, 2, 3])
      await wal.append({ entries: [zeros(index)], hardState: undefined, snapshot: undefined });
    const inode = disk.files.get([...disk.files.keys()][0]!)!;
    const original = Buffer.from(inode.data);
    const { content } = await Wal.open(options, disk);
    assert.equal(content.entries.length, 3);
    for (let at = 100; at < 4_500; at += 33) {
      inode.data = Buffer.from(original);
      inode.data[at]! ^= 0x40;
      await assert.rejects(Wal.open(options, disk), /damaged/, `bit at ${at}`);
    }
  });

  test('entries after a mark stay, whose entries went with earlier segments', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    for (let index = 1; index <= 20; index += 1) await wal.append(batch(index, 1_000, 1));
    // Segments that end before the mark go; the first that stays begins after the mark of the one before.
    const first = 17;
    await wal.append({ snapshot: { index: first - 1, term: 1 }, entries: [], hardState: undefined });
    await wal.release(first - 1);
    await wal.append(batch(21, 10, 1));
    const { content } = await Wal.open(options, disk);
    assert.deepEqual([content.snapshot.index, content.entries[0]?.index], [first - 1, first]);
    assert.equal(content.entries.at(-1)?.index, 21);
  });

  test('segments that a compaction makes superfluous go, and what is left can be read', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    for (let index = 1; index <= 60; index += 1) await wal.append(batch(index, 1_000, 1));
    const before = disk.files.size;
    const mark = { index: 50, term: 1 };
    await wal.append({ snapshot: mark, entries: [], hardState: undefined });
    await wal.release(mark.index);
    assert.ok(disk.files.size < before - 3);
    const { content } = await Wal.open(options, disk);
    assert.deepEqual(content.snapshot, mark);
    assert.deepEqual([content.entries[0]?.index, content.entries.at(-1)?.index], [51, 60]);
  });

  test('a segment is gone for good before the next one goes: a crash leaves no gap', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    for (let index = 1; index <= 60; index += 1) await wal.append(batch(index, 1_000, 1));
    const done: string[] = [];
    const [remove, syncDirectory] = [disk.remove.bind(disk), disk.syncDirectory.bind(disk)];
    disk.remove = async (file) => {
      done.push('remove');
      await remove(file);
    };
    disk.syncDirectory = async () => {
      done.push('sync');
      await syncDirectory();
    };
    await wal.release(50);
    assert.ok(done.length > 4);
    assert.deepEqual(
      done,
      done.map((_, at) => (at % 2 === 0 ? 'remove' : 'sync')),
    );
  });

  test('on a full disk a batch fails whole and can be tried again', async () => {
    const disk = new MemoryDisk();
    const { wal } = await Wal.open(options, disk);
    await wal.append(batch(1, 100, 1));
    disk.fullAfter = 300;
    await assert.rejects(wal.append(batch(2, 1_000, 1)), /full/);
    disk.fullAfter = Infinity;
    await wal.append(batch(2, 1_000, 1));
    const { content } = await Wal.open(options, disk);
    assert.equal(content.entries.length, 2);
  });
});
