import type { cri } from '@keelson/protocol';
import type { Clock, Logger } from '@keelson/service';
import type { CriClient } from './cri-client.js';
import { Label, type RuntimePod, runtimeContainer, runtimeSandbox } from './runtime-pod.js';

export interface PodCacheOptions {
  /** How often the runtime is asked for everything it has. */
  relistMs: number;
}

/** Between two relists, however many events there are. */
const GAP_MS = 50;
const RELIST_TIMEOUT_MS = 60_000;

/** The fingerprint of a pod that could not be looked at: no other is the same. */
const UNREADABLE = '';

/**
 * The pod lifecycle event generator: asks the runtime what it has, looks closer at the pods of which something changed,
 * and says which those are. Between relists the runtime's own events, where it has them, bring the next one forward.
 */
export class PodCache {
  readonly #pods = new Map<string, RuntimePod>();
  /** What a pod's list entries looked like when it was last looked at. */
  readonly #fingerprints = new Map<string, string>();
  #listed: ReadonlySet<string> = new Set();
  readonly #options: PodCacheOptions;
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #onChange: (uid: string) => void;
  #lastRelistAt: number | undefined;
  #resume: (() => void) | undefined;
  /** Something happened since the last relist began. */
  #stale = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    options: PodCacheOptions,
    dependencies: { cri: CriClient; clock: Clock; logger: Logger; onChange: (uid: string) => void },
  ) {
    this.#options = options;
    this.#cri = dependencies.cri;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#onChange = dependencies.onChange;
  }

  get(uid: string): RuntimePod | undefined {
    return this.#pods.get(uid);
  }

  /** Whether the runtime's lists have anything of the pod, though it may not have been looked at yet. */
  has(uid: string): boolean {
    return this.#listed.has(uid) || this.#pods.has(uid);
  }

  list(): RuntimePod[] {
    return [...this.#pods.values()];
  }

  /** Monotonic time of the last relist that went through. */
  get lastRelistAt(): number | undefined {
    return this.#lastRelistAt;
  }

  /** Relists until the signal aborts. A runtime that cannot be reached changes nothing: its containers may be well. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#resume?.(), { once: true });
    void this.#listen(signal);
    while (!signal.aborted) {
      this.#stale = false;
      await this.relist().catch((error: unknown) => {
        if (!signal.aborted) this.#logger.warn({ err: (error as Error).message }, 'cannot list what the runtime has');
      });
      await this.#clock.sleep(Math.min(GAP_MS, this.#options.relistMs), signal).catch(() => {});
      if (this.#stale || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(this.#options.relistMs, resolve);
        const finish = () => {
          timer.cancel();
          resolve();
        };
        this.#resume = finish;
      });
    }
  }

  async relist(): Promise<void> {
    await this.#serially(async () => {
      const { runtime } = this.#cri;
      const settings = { timeout: RELIST_TIMEOUT_MS };
      const [{ items }, { containers }] = await Promise.all([
        runtime.listPodSandbox({}, settings),
        runtime.listContainers({}, settings),
      ]);
      const seen = fingerprints(items, containers);
      const changed = [...new Set([...seen.keys(), ...this.#fingerprints.keys()])].filter(
        (uid) => seen.get(uid) !== this.#fingerprints.get(uid),
      );
      this.#listed = new Set(seen.keys());
      for (const uid of changed) {
        // One pod that cannot be read must not hide the others; it is looked at again by the next relist.
        await this.#look(uid, items, containers, seen.get(uid)).catch((error: unknown) => {
          const level = this.#fingerprints.get(uid) === UNREADABLE ? 'debug' : 'warn';
          this.#fingerprints.set(uid, UNREADABLE);
          this.#logger[level]({ err: (error as Error).message, uid }, 'cannot read what the runtime has of a pod');
        });
      }
      this.#lastRelistAt = this.#clock.monotonic();
    });
  }

  /** Looks at one pod now, after something was done to it. */
  async refresh(uid: string): Promise<RuntimePod | undefined> {
    return await this.#serially(async () => {
      const { runtime } = this.#cri;
      const labelSelector = { [Label.podUid]: uid };
      const settings = { timeout: RELIST_TIMEOUT_MS };
      const [{ items }, { containers }] = await Promise.all([
        runtime.listPodSandbox({ filter: { labelSelector } }, settings),
        runtime.listContainers({ filter: { labelSelector } }, settings),
      ]);
      await this.#look(uid, items, containers, fingerprints(items, containers).get(uid), false);
      return this.#pods.get(uid);
    });
  }

  async #look(
    uid: string,
    sandboxes: cri.PodSandbox[],
    containers: cri.Container[],
    fingerprint: string | undefined,
    tell = true,
  ): Promise<void> {
    const pod = fingerprint === undefined ? undefined : await this.#inspect(uid, sandboxes, containers);
    if (pod === undefined) {
      this.#pods.delete(uid);
      this.#fingerprints.delete(uid);
    } else {
      this.#pods.set(uid, pod);
      this.#fingerprints.set(uid, fingerprint ?? '');
    }
    if (tell) this.#onChange(uid);
  }

  async #inspect(
    uid: string,
    sandboxes: cri.PodSandbox[],
    containers: cri.Container[],
  ): Promise<RuntimePod | undefined> {
    const { runtime } = this.#cri;
    const pod: RuntimePod = { uid, name: '', namespace: '', sandboxes: [], containers: [] };
    for (const { id, labels } of sandboxes.filter(({ labels }) => labels[Label.podUid] === uid)) {
      const { status } = await goneIsEmpty(runtime.podSandboxStatus({ podSandboxId: id }));
      if (status !== undefined) pod.sandboxes.push(runtimeSandbox(status));
      pod.name = labels[Label.podName] ?? '';
      pod.namespace = labels[Label.podNamespace] ?? '';
    }
    for (const { id, podSandboxId, labels } of containers.filter(({ labels }) => labels[Label.podUid] === uid)) {
      const { status } = await goneIsEmpty(runtime.containerStatus({ containerId: id }));
      if (status !== undefined) pod.containers.push(runtimeContainer(podSandboxId, status));
      pod.name = labels[Label.podName] ?? pod.name;
      pod.namespace = labels[Label.podNamespace] ?? pod.namespace;
    }
    if (pod.sandboxes.length + pod.containers.length === 0) return undefined;
    pod.sandboxes.sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
    pod.containers.sort((a, b) => b.attempt - a.attempt || b.createdAt - a.createdAt);
    return pod;
  }

  /** Runtimes without events answer UNIMPLEMENTED; relisting alone then does it. */
  async #listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const events = this.#cri.runtime.getContainerEvents({}, { signal });
        for await (const _event of events) {
          this.#stale = true;
          this.#resume?.();
        }
      } catch (error) {
        if ((error as { code?: number }).code === UNIMPLEMENTED) return;
      }
      await this.#clock.sleep(this.#options.relistMs, signal).catch(() => {});
    }
  }

  async #serially<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(act, act);
    this.#tail = mine.catch(() => {});
    return await mine;
  }
}

const UNIMPLEMENTED = 12;
const NOT_FOUND = 5;

/** What went away between the list and the look has no status. */
async function goneIsEmpty<T extends { status: unknown }>(call: Promise<T>): Promise<Partial<T>> {
  try {
    return await call;
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return {};
    throw error;
  }
}

function fingerprints(sandboxes: cri.PodSandbox[], containers: cri.Container[]): Map<string, string> {
  const parts = new Map<string, string[]>();
  for (const { id, state, labels } of [...sandboxes, ...containers]) {
    const uid = labels[Label.podUid];
    if (uid === undefined) continue;
    parts.set(uid, [...(parts.get(uid) ?? []), `${id}=${state}`]);
  }
  return new Map([...parts].map(([uid, states]) => [uid, states.sort().join()]));
}
