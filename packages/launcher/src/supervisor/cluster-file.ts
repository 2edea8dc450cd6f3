import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentSpec } from '../plan/components.js';
import type { ClusterOptions, Role } from '../plan/options.js';

/** One line of cluster.json; pid 0 while the process is not running. */
export interface ComponentRecord {
  readonly role: Role;
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  readonly restarts: number;
  readonly clientUrl?: string;
  readonly peerUrl?: string;
  readonly restUrl?: string;
  readonly grpcUrl?: string;
  readonly socket?: string;
}

export interface ClusterRecord {
  /** Of this file's form. */
  readonly version: 1;
  readonly supervisor: { readonly pid: number };
  readonly options: ClusterOptions;
  readonly components: readonly ComponentRecord[];
}

const FILE = 'cluster.json';

export function readCluster(dataDir: string): ClusterRecord | undefined {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) return undefined;
  let record: ClusterRecord;
  try {
    record = JSON.parse(readFileSync(path, 'utf8')) as ClusterRecord;
  } catch (error) {
    throw new Error(`${path} is not readable as JSON: remove it, or choose another --data-dir`, { cause: error });
  }
  if (record.version === 1) return record;
  throw new Error(`${path} was written by another version of Keelson: choose another --data-dir, or run that version`);
}

/** Replaces the file in one step: a reader never sees half of it. */
export function writeCluster(dataDir: string, record: ClusterRecord): void {
  const path = join(dataDir, FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${path}.tmp`, path);
}

export function recordOf(spec: ComponentSpec, pid: number, restarts: number, log: string): ComponentRecord {
  const { role, name, clientUrl, peerUrl, restUrl, grpcUrl, socket } = spec;
  return {
    role,
    name,
    pid,
    log,
    restarts,
    ...(clientUrl === undefined ? {} : { clientUrl }),
    ...(peerUrl === undefined ? {} : { peerUrl }),
    ...(restUrl === undefined ? {} : { restUrl }),
    ...(grpcUrl === undefined ? {} : { grpcUrl }),
    ...(socket === undefined ? {} : { socket }),
  };
}
