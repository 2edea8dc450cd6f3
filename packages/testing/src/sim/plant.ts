import type { Core, Databases, Disk } from '@keelson/store/internal';
import type { Io } from './io.js';
import type { Life } from './life.js';

/** A bug put into members from outside, to see that it is caught. */
export interface Plant {
  /** What it is, with its number in etcd's tracker. */
  readonly name: string;
  readonly disk?: (disk: Disk, io: Io) => Disk;
  readonly databases?: (databases: Databases, io: Io) => Databases;
  readonly core?: (core: Core, life: Life) => void;
}
