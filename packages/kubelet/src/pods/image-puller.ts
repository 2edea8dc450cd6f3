import type { Container, Pod } from '@keelson/api';
import type { cri } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import type { PodEvents } from './pod-events.js';
import { nameOf, podUid } from './pod-facts.js';
import { goDuration, RestartBackoff } from './restart-backoff.js';

/** An image is not to be had; `reason` is the waiting reason that users know. */
export class ImageError extends Error {
  override name = 'ImageError';
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';

  constructor(reason: ImageError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const PULL_TIMEOUT_MS = 600_000;

/** Has the runtime fetch images by the container's policy, with back-off. */
export class ImagePuller {
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #events: PodEvents;
  readonly #backoff = new RestartBackoff();
  readonly #failedAt = new Map<string, number>();

  constructor(dependencies: { cri: CriClient; clock: Clock; events: PodEvents }) {
    this.#cri = dependencies.cri;
    this.#clock = dependencies.clock;
    this.#events = dependencies.events;
  }

  /** The reference under which the runtime has the image. */
  async ensure(pod: Pod, container: Container, signal: AbortSignal): Promise<string> {
    const image = container.image ?? '';
    const present = await this.find(image, signal);
    const policy = container.imagePullPolicy ?? (/:latest$|^[^:@]+$/.test(image) ? 'Always' : 'IfNotPresent');
    if (present !== undefined && policy !== 'Always') {
      this.#events.container(
        pod,
        container,
        'Normal',
        'Pulled',
        `Container image "${image}" already present on machine`,
      );
      return present.id;
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      this.#events.container(pod, container, 'Warning', 'ErrImageNeverPull', message);
      throw new ImageError('ErrImageNeverPull', message);
    }
    return await this.#pull(pod, container, image, signal);
  }

  /** What the runtime says of an image that it has. */
  async find(image: string, signal: AbortSignal): Promise<cri.Image | undefined> {
    return (await this.#cri.images.imageStatus({ image: { image } }, { signal })).image;
  }

  forget(uid: string): void {
    this.#backoff.forget(`${uid}/`);
    for (const key of this.#failedAt.keys()) if (key.startsWith(`${uid}/`)) this.#failedAt.delete(key);
  }

  async #pull(pod: Pod, container: Container, image: string, signal: AbortSignal): Promise<string> {
    const key = `${podUid(pod)}/${nameOf(container)}/${image}`;
    const failedAt = this.#failedAt.get(key);
    if (failedAt !== undefined && this.#backoff.waiting(key, failedAt, this.#clock.now()) !== undefined) {
      const message = `Back-off pulling image "${image}"`;
      this.#events.container(pod, container, 'Normal', 'BackOff', message);
      throw new ImageError('ImagePullBackOff', message);
    }
    this.#events.container(pod, container, 'Normal', 'Pulling', `Pulling image "${image}"`);
    const startedAt = this.#clock.monotonic();
    try {
      const settings = { timeout: PULL_TIMEOUT_MS, signal };
      const { imageRef } = await this.#cri.images.pullImage({ image: { image } }, settings);
      const took = duration(this.#clock.monotonic() - startedAt);
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting)`;
      this.#events.container(pod, container, 'Normal', 'Pulled', message);
      this.#failedAt.delete(key);
      return imageRef;
    } catch (error) {
      signal.throwIfAborted();
      const now = this.#clock.now();
      this.#backoff.started(key, failedAt ?? now, now);
      this.#failedAt.set(key, now);
      const message = `Failed to pull image "${image}": ${(error as Error).message}`;
      this.#events.container(pod, container, 'Warning', 'Failed', message);
      this.#events.container(pod, container, 'Warning', 'Failed', 'Error: ErrImagePull');
      throw new ImageError('ErrImagePull', (error as Error).message, { cause: error });
    }
  }
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)}ms` : goDuration(milliseconds);
}
