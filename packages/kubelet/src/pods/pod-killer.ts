import type { Container, Pod } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { currentSandbox, type RuntimeContainer, type RuntimePod } from '../cri/runtime-pod.js';
import type { ProbeKind } from '../probes/probe-worker.js';
import { runHandler } from './hooks.js';
import type { PodEvents } from './pod-events.js';
import { allContainersOf, nameOf } from './pod-facts.js';
import { TerminationOrder } from './termination-order.js';

/** However little grace is left, a program gets its stop signal and this long to end by itself. */
export const GRACE_MIN_MS = 2_000;
const STOP_MARGIN_MS = 30_000;
const NOT_FOUND = 5;

export interface KillOptions {
  /** Instead of what the pod says. */
  graceMs?: number | undefined;
  /** Ends the waiting, for hooks and for programs; what was asked of the runtime goes on. */
  signal?: AbortSignal | undefined;
}

export interface ContainerToKill {
  id: string;
  container: Container | undefined;
  /** For the event. */
  message: string;
  podIP?: string | undefined;
  /** The probe that failed, if that is why. */
  probe?: ProbeKind | undefined;
}

/** Ends containers as upstream does: preStop hook, stop signal, and SIGKILL when the grace is used up. */
export class PodKiller {
  readonly #cri: CriClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #events: PodEvents;
  /** Containers that are being ended and whose hook was run or interrupted: a second try must not run it again. */
  readonly #hooked = new Set<string>();

  constructor(dependencies: { cri: CriClient; clock: Clock; logger: Logger; events: PodEvents }) {
    this.#cri = dependencies.cri;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#events = dependencies.events;
  }

  /** All containers share one grace; sidecars wait for their turn in it. Then the sandbox goes. */
  async killPod(pod: Pod | undefined, runtime: RuntimePod, options: KillOptions = {}): Promise<void> {
    const alive = runtime.containers.filter(({ state }) => state === 'running' || state === 'unknown');
    const order = new TerminationOrder(pod, new Set(alive.map(({ name }) => name)));
    const podIP = currentSandbox(runtime)?.ip ?? '';
    const ended = await Promise.allSettled(alive.map((it) => this.#killOne(pod, it, podIP, order, options)));
    const failed = ended.find((it) => it.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    for (const { id } of runtime.sandboxes) {
      await this.#cri.runtime.stopPodSandbox({ podSandboxId: id }, { timeout: STOP_MARGIN_MS });
    }
  }

  async killContainer(
    pod: Pod | undefined,
    target: ContainerToKill,
    { graceMs, signal }: KillOptions = {},
    turn?: () => Promise<void>,
  ): Promise<void> {
    const { id, container, message } = target;
    if (pod !== undefined && container !== undefined)
      this.#events.container(pod, container, 'Normal', 'Killing', message);
    const until = this.#clock.monotonic() + (graceMs ?? graceOf(pod, container, target.probe));
    const rest = () => until - this.#clock.monotonic();
    if (rest() > 0) await this.#preStop(pod, target, rest(), signal);
    if (turn !== undefined && rest() > 0) await this.#waitFor(turn, rest(), signal);
    const seconds = Math.ceil(Math.max(rest(), GRACE_MIN_MS) / 1000);
    const settings = { timeout: seconds * 1000 + STOP_MARGIN_MS, signal };
    await this.#cri.runtime.stopContainer({ containerId: id, timeout: seconds }, settings).catch((error: unknown) => {
      if ((error as { code?: number }).code !== NOT_FOUND) throw error;
    });
    this.#hooked.delete(id);
  }

  /** Nothing more is asked of the pod's containers. */
  forget(runtime: RuntimePod): void {
    for (const { id } of runtime.containers) this.#hooked.delete(id);
  }

  async #killOne(
    pod: Pod | undefined,
    it: RuntimeContainer,
    podIP: string,
    order: TerminationOrder,
    options: KillOptions,
  ): Promise<void> {
    const container = pod && allContainersOf(pod).find((candidate) => nameOf(candidate) === it.name);
    const target = { id: it.id, container, message: `Stopping container ${it.name}`, podIP };
    const turn = order.hasToWait(it.name) ? () => order.turnOf(it.name) : undefined;
    try {
      await this.killContainer(pod, target, options, turn);
      order.ended(it.name);
    } catch (error) {
      order.failed(it.name, error);
      throw error;
    }
  }

  async #preStop(
    pod: Pod | undefined,
    { id, container, podIP = pod?.status?.podIP ?? '' }: ContainerToKill,
    graceMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const preStop = container?.lifecycle?.preStop;
    if (pod === undefined || container === undefined || preStop === undefined || this.#hooked.has(id)) return;
    this.#hooked.add(id);
    try {
      const target = { containerId: id, container, podIP };
      await runHandler(preStop, target, graceMs, { cri: this.#cri, clock: this.#clock, signal });
    } catch (error) {
      signal?.throwIfAborted();
      this.#hooked.delete(id);
      this.#logger.debug({ err: error, container: container.name }, 'preStop hook failed');
      this.#events.container(pod, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    }
  }

  /** Until it is the container's turn, or the time is over. */
  async #waitFor(turn: () => Promise<void>, restMs: number, signal: AbortSignal | undefined): Promise<void> {
    const done = new AbortController();
    const either = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
    try {
      await Promise.race([turn(), this.#clock.sleep(restMs, either)]);
    } finally {
      done.abort();
    }
    signal?.throwIfAborted();
  }
}

/**
 * The time that a pod's containers get to end: what the deletion says, else what the probe that failed says, else what
 * the pod says.
 */
export function graceOf(pod: Pod | undefined, container?: Container, probe?: ProbeKind): number {
  const ofProbe = probe && container?.[`${probe}Probe`]?.terminationGracePeriodSeconds;
  const ofPod = pod?.spec?.terminationGracePeriodSeconds ?? 30;
  return Math.max(0, Number(pod?.metadata.deletionGracePeriodSeconds ?? ofProbe ?? ofPod)) * 1000;
}
