import type { Container, Pod } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { currentSandbox, type RuntimeContainer, type RuntimePod } from '../cri/runtime-pod.js';
import { runHandler } from './hooks.js';
import type { PodEvents } from './pod-events.js';
import { allContainersOf, initContainersOf, isSidecar, nameOf } from './pod-facts.js';

/** Even an impatient stop gives a program this long to end by itself. */
export const GRACE_MIN_MS = 2_000;
const STOP_MARGIN_MS = 30_000;

/** Ends containers as upstream does: preStop hook, stop signal, and SIGKILL when the grace is used up. */
export class PodKiller {
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: PodEvents;

  constructor(dependencies: { cri: CriClient; clock: Clock; logger: Logger; events: PodEvents }) {
    this.#cri = dependencies.cri;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#events = dependencies.events;
  }

  /** The main containers first, then the sidecars in reverse order, then the sandbox. All share one grace. */
  async killPod(pod: Pod | undefined, runtime: RuntimePod, graceMs: number | undefined): Promise<void> {
    const until = this.#clock.monotonic() + (graceMs ?? graceOf(pod));
    const rest = () => Math.max(0, until - this.#clock.monotonic());
    const alive = runtime.containers.filter(({ state }) => state !== 'exited');
    const sidecars = (pod === undefined ? [] : initContainersOf(pod)).filter(isSidecar).map(nameOf).reverse();
    const ip = currentSandbox(runtime)?.ip ?? '';
    await Promise.all(alive.filter(({ name }) => !sidecars.includes(name)).map((it) => this.#end(pod, it, rest(), ip)));
    for (const name of sidecars) {
      for (const it of alive.filter((container) => container.name === name)) await this.#end(pod, it, rest(), ip);
    }
    for (const { id } of runtime.sandboxes) {
      await this.#cri.runtime.stopPodSandbox({ podSandboxId: id }, { timeout: STOP_MARGIN_MS });
    }
  }

  async killContainer(
    pod: Pod | undefined,
    containerId: string,
    container: Container | undefined,
    message: string,
    graceMs: number | undefined,
    podIP = pod?.status?.podIP ?? '',
  ): Promise<void> {
    if (pod !== undefined && container !== undefined)
      this.#events.container(pod, container, 'Normal', 'Killing', message);
    let grace = graceMs ?? graceOf(pod);
    const preStop = container?.lifecycle?.preStop;
    if (pod !== undefined && container !== undefined && preStop !== undefined && grace > 0) {
      const startedAt = this.#clock.monotonic();
      const target = { containerId, container, podIP };
      await runHandler(preStop, target, grace, { cri: this.#cri, clock: this.#clock }).catch((error: unknown) => {
        this.#logger.debug({ err: error, container: container.name }, 'preStop hook failed');
        this.#events.container(pod, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
      });
      grace -= this.#clock.monotonic() - startedAt;
    }
    const seconds = Math.ceil(Math.max(grace, graceMs === 0 ? 0 : GRACE_MIN_MS) / 1000);
    await this.#cri.runtime.stopContainer(
      { containerId, timeout: seconds },
      { timeout: seconds * 1000 + STOP_MARGIN_MS },
    );
  }

  /** Nothing is given any more time. */
  async killNow(runtime: RuntimePod): Promise<void> {
    for (const { id, state } of runtime.containers) {
      if (state !== 'exited') await this.#cri.runtime.stopContainer({ containerId: id, timeout: 0 });
    }
  }

  async #end(pod: Pod | undefined, it: RuntimeContainer, graceMs: number, podIP: string): Promise<void> {
    if (it.state === 'created') return;
    const container = pod && allContainersOf(pod).find((candidate) => nameOf(candidate) === it.name);
    await this.killContainer(pod, it.id, container, `Stopping container ${it.name}`, graceMs, podIP);
  }
}

/** The time that a pod's containers get to end: what the deletion says, else what the pod says. */
export function graceOf(pod: Pod | undefined): number {
  const seconds = pod?.metadata.deletionGracePeriodSeconds ?? pod?.spec?.terminationGracePeriodSeconds ?? 30;
  return Math.max(0, Number(seconds)) * 1000;
}
