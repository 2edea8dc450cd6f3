import type { NodeStatus } from '@keelson/api';
import { cri } from '@keelson/protocol';
import type { Clock, Logger } from '@keelson/service';
import type { CgroupDriver } from '../pods/config/pod-cgroups.js';
import type { CriClient } from './cri-client.js';

const CALL_MS = 10_000;
const RETRY_MS = 500;
const TELL_EVERY_TRIES = 20;

/** Waits for the runtime, without which there is nothing to say about the node, and asks who it is. */
export async function waitForRuntime(
  client: CriClient,
  { clock, logger, signal }: { clock: Clock; logger: Logger; signal: AbortSignal },
): Promise<{ name: string; text: string }> {
  for (let tries = 0; ; tries++) {
    try {
      const { runtimeName, runtimeVersion } = await client.runtime.version({}, { timeout: CALL_MS });
      return { name: runtimeName, text: `${runtimeName}://${runtimeVersion}` };
    } catch (error) {
      const message = 'waiting for the container runtime';
      if (tries % TELL_EVERY_TRIES === 0) logger.warn({ err: (error as Error).message }, message);
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

/** How the runtime makes control groups; older ones do not tell, and most of them use the file system. */
export async function cgroupDriver(client: CriClient): Promise<CgroupDriver> {
  try {
    const { linux } = await client.runtime.runtimeConfig({}, { timeout: CALL_MS });
    return linux?.cgroupDriver === cri.CgroupDriver.SYSTEMD ? 'systemd' : 'cgroupfs';
  } catch {
    return 'cgroupfs';
  }
}

/** Upstream reports no more than this many images. */
const IMAGES_MAX = 50;

export async function imageList(client: CriClient): Promise<NodeStatus['images']> {
  const { images } = await client.images.listImages({}, { timeout: CALL_MS });
  return images
    .map(({ repoTags, repoDigests, size }) => ({ names: [...repoDigests, ...repoTags], sizeBytes: size }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes || ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1))
    .slice(0, IMAGES_MAX);
}
