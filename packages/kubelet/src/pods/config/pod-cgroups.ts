import { readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pod, qosClass } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { podUid } from '../pod-facts.js';

export type CgroupDriver = 'cgroupfs' | 'systemd';

const QOS_FOLDERS = { Guaranteed: '', Burstable: 'burstable', BestEffort: 'besteffort' } as const;
/** A group that is younger may be of a container that is being made. */
const AGE_MIN_MS = 120_000;

/** The control groups of pods, by quality of service, under upstream's names. The runtime makes what it is told. */
export class PodCgroups {
  readonly #driver: CgroupDriver;
  readonly #clock: Clock;

  constructor(options: { driver: CgroupDriver }, dependencies: { clock: Clock }) {
    this.#driver = options.driver;
    this.#clock = dependencies.clock;
  }

  parentOf(pod: Pod): string {
    const qos = (pod.status?.qosClass ?? qosClass(pod.spec ?? {})) as keyof typeof QOS_FOLDERS;
    const folder = QOS_FOLDERS[qos] ?? '';
    if (this.#driver === 'cgroupfs') return ['/kubepods', folder, `pod${podUid(pod)}`].filter(Boolean).join('/');
    const name = ['kubepods', folder, `pod${podUid(pod).replaceAll('-', '_')}`].filter(Boolean).join('-');
    return `${name}.slice`;
  }

  /** Removes what runtimes leave of pods that are gone. Only what is empty can be removed; systemd does it by itself. */
  async sweep(isKnown: (uid: string) => boolean): Promise<void> {
    if (this.#driver !== 'cgroupfs') return;
    for (const mount of await cgroupMounts()) {
      for (const folder of Object.values(QOS_FOLDERS)) {
        const parent = join(mount, 'kubepods', folder);
        for (const name of await subdirectories(parent)) {
          const uid = /^pod(.+)$/.exec(name)?.[1];
          if (uid === undefined || isKnown(uid) || !(await this.#isOld(join(parent, name)))) continue;
          await removeTree(join(parent, name));
        }
      }
    }
  }

  async #isOld(directory: string): Promise<boolean> {
    try {
      return this.#clock.now() - (await stat(directory)).ctimeMs > AGE_MIN_MS;
    } catch {
      return false;
    }
  }
}

async function cgroupMounts(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    return /^cgroup2? /.test(right) ? [left.split(' ')[4] ?? ''] : [];
  });
}

/** Groups inside first; one that is not empty stays, and what it is in. */
async function removeTree(directory: string): Promise<void> {
  for (const name of await subdirectories(directory)) await removeTree(join(directory, name));
  await rmdir(directory).catch(() => {});
}

async function subdirectories(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
