import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostPathVolumeSource, Pod, Volume } from '@keelson/api';
import { podUid } from '../pods/pod-facts.js';
import { writePayload } from './atomic-writer.js';
import { claimedVolume, claimOf, hostSource } from './claimed-volume.js';
import {
  configMapPayload,
  downwardPayload,
  MountError,
  type Payload,
  type PayloadSources,
  projectedPayload,
  secretPayload,
} from './payload.js';

/** The pods' volumes below the kubelet's root directory, where upstream has them. */
export class VolumeManager {
  readonly #rootDir: string;
  /** What is behind the claims of pods, by pod and volume: what a pod has it keeps, whatever becomes of the claim. */
  readonly #claimed = new Map<string, Map<string, HostPathVolumeSource>>();

  constructor(rootDir: string) {
    this.#rootDir = rootDir;
  }

  podDirectory(uid: string): string {
    return join(this.#rootDir, 'pods', uid);
  }

  /**
   * Sets up every volume of the pod, or brings it up to date; answers the host's path of each. Throws MountError with
   * the name of the volume that cannot be had.
   */
  async setUp(pod: Pod, sources: PayloadSources, signal: AbortSignal): Promise<Map<string, string>> {
    const volumes = pod.spec?.volumes ?? [];
    const paths = new Map<string, string>();
    const found = await Promise.allSettled(volumes.map((volume) => this.#prepare(pod, volume, sources)));
    for (const [index, result] of found.entries()) {
      const name = volumes[index]?.name ?? '';
      // A pod may have many volumes, and what is in them is a megabyte each: other things come in between.
      await new Promise(setImmediate);
      // The pod may be gone meanwhile, and its directory removed.
      signal.throwIfAborted();
      try {
        if (result.status === 'rejected') throw result.reason;
        paths.set(name, result.value());
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new MountError(`MountVolume.SetUp failed for volume "${name}" : ${message}`, { cause: error });
      }
    }
    return paths;
  }

  /** Removes what the pod had on disk. */
  async tearDown(uid: string): Promise<void> {
    this.#claimed.delete(uid);
    await rm(this.podDirectory(uid), { recursive: true, force: true });
  }

  /** Gets what goes into the volume; what is returned puts it there. */
  async #prepare(pod: Pod, volume: Volume, sources: PayloadSources): Promise<() => string> {
    const group = pod.spec?.securityContext?.fsGroup;
    const { configMap, secret, downwardAPI, projected } = volume;
    const writer = (plugin: string, payload: Payload) => () => {
      const path = this.#path(pod, plugin, volume);
      writePayload(path, payload, group);
      return path;
    };
    if (volume.hostPath !== undefined) {
      const source = volume.hostPath;
      return () => hostPath(source);
    }
    if (claimOf(pod, volume) !== undefined) {
      const source = await this.#claimedSource(pod, volume, sources);
      return () => hostPath(source);
    }
    if (configMap !== undefined) return writer('configmap', await configMapPayload(configMap, sources));
    if (secret !== undefined) {
      const { secretName, ...rest } = secret;
      return writer('secret', await secretPayload({ ...rest, name: secretName }, sources));
    }
    if (downwardAPI !== undefined) return writer('downward-api', downwardPayload(downwardAPI, sources));
    if (projected !== undefined) {
      const { sources: projections = [], defaultMode = 0o644 } = projected;
      return writer('projected', await projectedPayload(projections, defaultMode, sources));
    }
    const kind = Object.keys(volume).find((key) => key !== 'name' && volume[key as keyof Volume] !== undefined);
    if (kind === undefined || kind === 'emptyDir') return () => this.#emptyDir(pod, volume, group);
    throw new MountError(`this node has no plugin for volumes of type ${kind}`);
  }

  async #claimedSource(pod: Pod, volume: Volume, { objects }: PayloadSources): Promise<HostPathVolumeSource> {
    const uid = podUid(pod);
    const name = volume.name ?? '';
    const known = this.#claimed.get(uid)?.get(name);
    if (known !== undefined) return known;
    const source = hostSource(await claimedVolume(pod, volume, objects));
    const ofPod = this.#claimed.get(uid) ?? new Map<string, HostPathVolumeSource>();
    this.#claimed.set(uid, ofPod.set(name, source));
    return source;
  }

  #emptyDir(pod: Pod, volume: Volume, group: number | undefined): string {
    const path = this.#path(pod, 'empty-dir', volume);
    if (existsSync(path)) return path;
    // It appears with its mode and group, or not at all: programs may change them later.
    const next = `${path}.new`;
    mkdirSync(next, { recursive: true });
    if (group !== undefined && process.getuid?.() === 0) chownSync(next, -1, group);
    chmodSync(next, group === undefined ? 0o777 : 0o2777);
    renameSync(next, path);
    return path;
  }

  #path(pod: Pod, plugin: string, volume: Volume): string {
    return join(this.podDirectory(podUid(pod)), 'volumes', `kubernetes.io~${plugin}`, volume.name ?? '');
  }
}

/** Whether the kubelet writes what is in the volume; pods only read it. */
export function isPayload({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}

function hostPath({ path = '', type = '' }: HostPathVolumeSource): string {
  if (type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true });
  else if (type === 'FileOrCreate' && !existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  if (type === '') return path;
  const kinds: Record<string, (stat: ReturnType<typeof statSync>) => boolean | undefined> = {
    Directory: (stat) => stat?.isDirectory(),
    DirectoryOrCreate: (stat) => stat?.isDirectory(),
    File: (stat) => stat?.isFile(),
    FileOrCreate: (stat) => stat?.isFile(),
    Socket: (stat) => stat?.isSocket(),
    CharDevice: (stat) => stat?.isCharacterDevice(),
    BlockDevice: (stat) => stat?.isBlockDevice(),
  };
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || kinds[type]?.(stat) !== true)
    throw new MountError(`hostPath type check failed: ${path} is not a ${type}`);
  return path;
}
