import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { PersistentVolume, PersistentVolumeClaim } from '@keelson/api';

/** What a volume is made of, and what has to be done for it to be there. */
export interface Made {
  readonly annotations: Readonly<Record<string, string>>;
  readonly source: NonNullable<PersistentVolume['spec']>;
  make(): Promise<void>;
}

/** Makes volumes itself. */
export interface Provisioner {
  readonly name: string;
  /** @throws Error that says why it cannot */
  provision(volumeName: string, claim: PersistentVolumeClaim): Made;
  /** Removes what is behind a volume; it may be gone already. */
  remove(volume: PersistentVolume): Promise<void>;
}

export interface DirectoryOptions {
  readonly name: string;
  /** Where the directories are; undefined: it makes none. */
  readonly root: string | undefined;
  /** Their mode. */
  readonly mode: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether the directory may be removed. */
  isOwn(path: string): boolean;
  /** Says of a path that is not its own why it is left. */
  refusal(path: string): string;
}

/** Upstream's, for clusters of one machine. */
export function hostPathProvisioner(enabled: boolean): Provisioner {
  return directories({
    name: HOST_PATH,
    root: enabled ? '/tmp/hostpath_pv' : undefined,
    mode: 0o750,
    annotations: { 'kubernetes.io/createdby': 'hostpath-dynamic-provisioner' },
    isOwn: (path) => /^\/tmp\/./.test(path),
    refusal: (path) => `host_path deleter only supports /tmp/.+ but received provided ${path}`,
  });
}

export const HOST_PATH = 'kubernetes.io/host-path';
export const LOCAL = 'keelson.dev/local';

/** Ours, for clusters whose nodes are on the machine of their controller manager. */
export function localProvisioner(root: string): Provisioner {
  const own = normalize(join(root, '/'));
  return directories({
    name: LOCAL,
    root,
    // Whoever runs in a pod, and whichever pod comes next.
    mode: 0o777,
    isOwn: (path) => join(dirname(path), '/') === own,
    refusal: (path) => `only directories in ${root} are removed, and ${path} is none of them`,
  });
}

function directories({ name, root, mode, annotations = {}, isOwn, refusal }: DirectoryOptions): Provisioner {
  return {
    name,
    provision(volumeName, { spec }) {
      if (root === undefined)
        throw new Error(`Failed to create provisioner: provisioning in volume plugin "${name}" is disabled`);
      if (spec?.volumeMode === 'Block') throw new Error(`${name} does not support block volume provisioning`);
      const path = join(root, volumeName);
      return {
        annotations,
        source: { hostPath: { path, type: '' } },
        async make() {
          await mkdir(path, { recursive: true });
          // Whatever the process's mask is.
          await chmod(path, mode);
        },
      };
    },
    async remove({ spec }) {
      const path = normalize(spec?.hostPath?.path ?? '');
      if (!isOwn(path)) throw new Error(refusal(path));
      await rm(path, { recursive: true, force: true });
    },
  };
}
