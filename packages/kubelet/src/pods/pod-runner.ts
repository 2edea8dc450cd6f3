import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Container, Pod, Service } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import { CRI_TIMEOUT_MS, type CriClient } from '../cri/cri-client.js';
import type { PodCache } from '../cri/pod-cache.js';
import { currentSandbox, latestOf, type RuntimePod, type RuntimeSandbox } from '../cri/runtime-pod.js';
import type { PayloadSources } from '../volumes/payload.js';
import type { VolumeManager } from '../volumes/volume-manager.js';
import { containerConfig, logDirectory, sandboxConfig, terminationFile } from './container-config.js';
import type { Waiting } from './container-status.js';
import { ContainerConfigError, containerEnv, type EnvFacts } from './env.js';
import { runHandler } from './hooks.js';
import { ImageError, type ImagePuller } from './image-puller.js';
import type { ContainerStart, PodActions } from './pod-actions.js';
import type { PodEvents } from './pod-events.js';
import { nameOf, podText, podUid } from './pod-facts.js';
import type { PodKiller } from './pod-killer.js';
import type { ReferencedObjects } from './referenced-objects.js';
import { goDuration, type RestartBackoff } from './restart-backoff.js';

export interface PodRunnerOptions {
  logsDir: string;
  hostIP: string;
  nodeName: string;
}

export interface PodRunnerDependencies {
  cri: CriClient;
  cache: PodCache;
  clock: Clock;
  logger: Logger;
  events: PodEvents;
  volumes: VolumeManager;
  objects: ReferencedObjects;
  images: ImagePuller;
  backoff: RestartBackoff;
  killer: PodKiller;
  services: () => readonly Service[];
  allocatable: () => Record<string, string>;
  token: (pod: Pod, audience: string | undefined, seconds: number | undefined) => Promise<string | undefined>;
}

/** How a round of actions went: what keeps containers from running, and when to look again. */
export interface RunOutcome {
  waiting: Map<string, Waiting>;
  retryMs: number | undefined;
}

type Sandbox = Pick<RuntimeSandbox, 'id' | 'ip' | 'attempt'>;

const POST_START_TIMEOUT_MS = 600_000;
const RETRY_MS = 5_000;

/** Performs what {@link computePodActions} decided, through CRI. */
export class PodRunner {
  readonly #options: PodRunnerOptions;
  readonly #deps: PodRunnerDependencies;

  constructor(options: PodRunnerOptions, dependencies: PodRunnerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  async perform(pod: Pod, runtime: RuntimePod | undefined, actions: PodActions): Promise<RunOutcome> {
    const outcome: RunOutcome = { waiting: new Map(), retryMs: undefined };
    if (actions.killPod && runtime !== undefined) {
      if (actions.createSandbox) {
        const message = 'Pod sandbox changed, it will be killed and re-created.';
        this.#deps.events.pod(pod, 'Normal', 'SandboxChanged', message);
      }
      await this.#deps.killer.killPod(pod, runtime, undefined);
      if (!actions.createSandbox) return outcome;
    }
    for (const { id, container, message } of actions.kills) {
      await this.#deps.killer.killContainer(pod, id, container, message, undefined);
    }
    const running = currentSandbox(runtime);
    if (actions.starts.length === 0) {
      if (running !== undefined) await this.#deps.volumes.setUp(pod, this.payloadSources(pod, running.ip));
      return outcome;
    }
    const ready = actions.starts.filter((start) => !this.#inBackoff(pod, start, outcome));
    if (ready.length === 0 && !actions.createSandbox) return outcome;
    const volumes = await this.#deps.volumes.setUp(pod, this.payloadSources(pod, running?.ip ?? ''));
    const sandbox = actions.createSandbox ? await this.#createSandbox(pod, actions.attempt) : (running as Sandbox);
    for (const start of ready) await this.#tryStart(pod, start, sandbox, volumes, outcome);
    return outcome;
  }

  payloadSources(pod: Pod, podIP: string): PayloadSources {
    const { objects, token } = this.#deps;
    return { pod, objects, facts: this.#facts(podIP), token: (audience, seconds) => token(pod, audience, seconds) };
  }

  #inBackoff(pod: Pod, { container, previous }: ContainerStart, outcome: RunOutcome): boolean {
    if (previous === undefined || previous.state === 'created') return false;
    const key = `${podUid(pod)}/${nameOf(container)}`;
    const waiting = this.#deps.backoff.waiting(key, previous.finishedAt, this.#deps.clock.now());
    if (waiting === undefined) return false;
    const message = `back-off ${goDuration(waiting.delayMs)} restarting failed container=${nameOf(container)} pod=${podText(pod)}`;
    outcome.waiting.set(nameOf(container), { reason: 'CrashLoopBackOff', message });
    outcome.retryMs = Math.min(outcome.retryMs ?? Number.POSITIVE_INFINITY, waiting.restMs);
    this.#deps.events.container(
      pod,
      container,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${nameOf(container)} in pod ${podText(pod)}`,
    );
    return true;
  }

  async #createSandbox(pod: Pod, attempt: number): Promise<Sandbox> {
    const { cri, cache, events } = this.#deps;
    try {
      mkdirSync(logDirectory(this.#options.logsDir, pod), { recursive: true });
      const config = sandboxConfig(pod, attempt, this.#options.logsDir);
      const { podSandboxId: id } = await cri.runtime.runPodSandbox({ config }, { timeout: CRI_TIMEOUT_MS });
      const runtime = await cache.refresh(podUid(pod));
      return { id, attempt, ip: runtime?.sandboxes.find((sandbox) => sandbox.id === id)?.ip ?? '' };
    } catch (error) {
      const message = `Failed to create pod sandbox: ${(error as Error).message}`;
      events.pod(pod, 'Warning', 'FailedCreatePodSandBox', message);
      throw error;
    }
  }

  async #tryStart(
    pod: Pod,
    start: ContainerStart,
    sandbox: Sandbox,
    volumes: ReadonlyMap<string, string>,
    outcome: RunOutcome,
  ): Promise<void> {
    const { events } = this.#deps;
    try {
      await this.#start(pod, start, sandbox, volumes);
    } catch (error) {
      const waiting = reasonOf(error);
      outcome.waiting.set(nameOf(start.container), waiting);
      outcome.retryMs = Math.min(outcome.retryMs ?? Number.POSITIVE_INFINITY, RETRY_MS);
      if (!(error instanceof ImageError)) {
        events.container(pod, start.container, 'Warning', 'Failed', `Error: ${waiting.message}`);
      } else if (waiting.reason === 'ImagePullBackOff') {
        events.container(pod, start.container, 'Warning', 'Failed', `Error: ${waiting.reason}`);
      }
    }
  }

  async #start(
    pod: Pod,
    { container, attempt, previous }: ContainerStart,
    sandbox: Sandbox,
    volumes: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { cri, events, clock, backoff } = this.#deps;
    const imageRef = await this.#deps.images.ensure(pod, container);
    const config = await this.#config(pod, container, attempt, imageRef, sandbox, volumes);
    if (previous?.state === 'created') await cri.runtime.removeContainer({ containerId: previous.id });
    const settings = { timeout: CRI_TIMEOUT_MS };
    const { containerId } = await cri.runtime
      .createContainer(
        { podSandboxId: sandbox.id, config, sandboxConfig: sandboxConfig(pod, sandbox.attempt, this.#options.logsDir) },
        settings,
      )
      .catch((error: unknown) => {
        throw new StepError('CreateContainerError', error);
      });
    events.container(pod, container, 'Normal', 'Created', 'Container created');
    if (previous !== undefined && previous.state !== 'created') {
      backoff.started(`${podUid(pod)}/${nameOf(container)}`, previous.finishedAt, clock.now());
    }
    await cri.runtime.startContainer({ containerId }, settings).catch((error: unknown) => {
      throw new StepError('RunContainerError', error);
    });
    events.container(pod, container, 'Normal', 'Started', 'Container started');
    await this.#postStart(pod, container, containerId, sandbox.ip);
  }

  async #config(
    pod: Pod,
    container: Container,
    attempt: number,
    imageRef: string,
    sandbox: { ip: string },
    volumes: ReadonlyMap<string, string>,
  ) {
    try {
      const env = await containerEnv(pod, container, this.#deps.objects, this.#facts(this.#podIP(pod, sandbox.ip)));
      const podDirectory = this.#deps.volumes.podDirectory(podUid(pod));
      return containerConfig({ pod, container, attempt, imageRef, env, volumes, podDirectory });
    } catch (error) {
      throw error instanceof ContainerConfigError ? error : new StepError('CreateContainerConfigError', error);
    }
  }

  async #postStart(pod: Pod, container: Container, containerId: string, ip: string): Promise<void> {
    const handler = container.lifecycle?.postStart;
    if (handler === undefined) return;
    try {
      const target = { containerId, container, podIP: this.#podIP(pod, ip) };
      await runHandler(handler, target, POST_START_TIMEOUT_MS, this.#deps);
    } catch (error) {
      this.#deps.events.container(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
      await this.#deps.killer.killContainer(pod, containerId, container, 'FailedPostStartHook', undefined);
      throw new StepError('PostStartHookError', error);
    }
  }

  /** Keeps the newest dead container of each name for its log and exit code, and removes older ones. */
  async collectGarbage(pod: Pod, runtime: RuntimePod): Promise<void> {
    for (const dead of runtime.containers.filter(({ state }) => state === 'exited' || state === 'unknown')) {
      const newer = runtime.containers.filter(({ name, attempt }) => name === dead.name && attempt > dead.attempt);
      const isLast = latestOf(runtime, dead.name)?.id === dead.id;
      if (isLast || newer.length <= 1) continue;
      await this.#deps.cri.runtime.removeContainer({ containerId: dead.id });
      removeLogs(dead.logPath);
      rmSync(terminationFile(this.#deps.volumes.podDirectory(podUid(pod)), dead.name, dead.attempt), { force: true });
      this.#deps.logger.debug(
        { pod: pod.metadata.name, container: dead.name, attempt: dead.attempt },
        'removed a dead container',
      );
    }
    const current = runtime.sandboxes[0]?.id;
    for (const sandbox of runtime.sandboxes.filter(({ id, ready }) => !ready && id !== current)) {
      const holdsKept = runtime.containers.some(({ sandboxId }) => sandboxId === sandbox.id);
      if (!holdsKept) await this.#deps.cri.runtime.removePodSandbox({ podSandboxId: sandbox.id });
    }
  }

  #facts(podIP: string): EnvFacts {
    const { hostIP, nodeName } = this.#options;
    return { podIP, hostIP, nodeName, nodeAllocatable: this.#deps.allocatable(), services: this.#deps.services() };
  }

  #podIP(pod: Pod, ip: string): string {
    return pod.spec?.hostNetwork ? this.#options.hostIP : ip;
  }
}

/** A container's log and what was rotated from it. */
function removeLogs(path: string): void {
  if (path === '' || !existsSync(dirname(path))) return;
  for (const name of readdirSync(dirname(path))) {
    if (name === basename(path) || name.startsWith(`${basename(path)}.`))
      rmSync(join(dirname(path), name), { force: true });
  }
}

/** A step towards a running container that failed; `reason` is the waiting reason. */
class StepError extends Error {
  readonly reason: string;

  constructor(reason: string, cause: unknown) {
    super(cause instanceof Error ? ((cause as { details?: string }).details ?? cause.message) : String(cause), {
      cause,
    });
    this.reason = reason;
  }
}

function reasonOf(error: unknown): Waiting {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ImageError || error instanceof StepError) return { reason: error.reason, message };
  return {
    reason: error instanceof ContainerConfigError ? 'CreateContainerConfigError' : 'CreateContainerError',
    message,
  };
}
