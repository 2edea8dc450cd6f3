import type { Clock, Counter, Histogram } from '@keelson/service';
import type { Disk, DiskFile } from '../wal/disk.js';

export interface DiskMeters {
  /** Seconds of each sync. */
  readonly syncs: Pick<Histogram, 'observe'>;
  readonly bytes: Pick<Counter, 'inc'>;
}

/** A disk that tells how long its syncs take and how much is written. */
export function timedDisk(disk: Disk, clock: Pick<Clock, 'monotonic'>, meters: DiskMeters): Disk {
  return { ...disk, open: async (file) => timedFile(await disk.open(file), clock, meters) };
}

function timedFile(file: DiskFile, clock: Pick<Clock, 'monotonic'>, { syncs, bytes }: DiskMeters): DiskFile {
  return {
    write(chunks, offset) {
      bytes.inc(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      return file.write(chunks, offset);
    },
    async sync() {
      const begun = clock.monotonic();
      await file.sync();
      syncs.observe((clock.monotonic() - begun) / 1000);
    },
    close: () => file.close(),
  };
}
