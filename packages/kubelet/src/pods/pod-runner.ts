import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Container, Pod, Service } from '@keelson/api';
import type { Clock, Logger } from '@keelson/service';
import { CRI_TIMEOUT_MS, type CriClient } from '../cri/cri-client.js';
import type { PodCache } from '../cri/pod-cache.js';
import { currentSandbox, latestExited, latestOf, type RuntimePod, type RuntimeSandbox } from '../cri/runtime-pod.js';
import type { PayloadSources } from '../volumes/payload.js';
import type { VolumeManager } from '../volumes/volume-manager.js';
import { untilAborted } from './abort.js';
import type { NodeConfig } from './config/node-config.js';
import { sandboxConfig } from './config/sandbox-config.js';
import { type ContainerConfigInput, containerConfig, logDirectory, terminationFile } from './container-config.js';
import type { Waiting } from './container-status.js';
import { ContainerConfigError, containerEnv, type EnvFacts } from './env.js';
import { runHandler } from './hooks.js';
import { ImageError, type ImagePuller } from './image-puller.js';
import type { ContainerStart, PodActions } from './pod-actions.js';
import type { PodEvents } from './pod-events.js';
import { containerHash, nameOf, podText, podUid } from './pod-facts.js';
import type { PodKiller } from './pod-killer.js';
import type { ReferencedObjects } from './referenced-objects.js';
import { goDuration, type RestartBackoff } from './restart-backoff.js';
import { verifyRunAsNonRoot } from './run-as.js';

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
  node: NodeConfig;
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

/** What the starts of one round have in common. */
interface Round {
  pod: Pod;
  /** Before the round. */
  runtime: RuntimePod | undefined;
  sandbox: Sandbox;
  volumes: ReadonlyMap<string, string>;
  signal: AbortSignal;
}

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

  /** Rejects as soon as the signal aborts, except while the runtime makes or starts something. */
  async perform(
    pod: Pod,
    runtime: RuntimePod | undefined,
    actions: PodActions,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const outcome: RunOutcome = { waiting: new Map(), retryMs: undefined };
    if (actions.killPod && runtime !== undefined) {
      if (actions.createSandbox) {
        const message = 'Pod sandbox changed, it will be killed and re-created.';
        this.#deps.events.pod(pod, 'Normal', 'SandboxChanged', message);
      }
      await this.#deps.killer.killPod(pod, runtime, { signal });
      if (!actions.createSandbox) return outcome;
    }
    for (const kill of actions.kills) await this.#deps.killer.killContainer(pod, kill, { signal });
    const running = currentSandbox(runtime);
    if (actions.starts.length === 0) {
      if (running !== undefined) await this.#setUpVolumes(pod, running.ip, signal);
      return outcome;
    }
    const ready = actions.starts.filter((start) => !this.#inBackoff(pod, start, runtime, outcome));
    if (ready.length === 0 && !actions.createSandbox) return outcome;
    const volumes = await this.#setUpVolumes(pod, running?.ip ?? '', signal);
    const sandbox = actions.createSandbox ? await this.#createSandbox(pod, actions.attempt) : (running as Sandbox);
    for (const start of ready) {
      const round: Round = { pod, runtime, sandbox, volumes, signal };
      await this.#tryStart(round, start, outcome);
    }
    return outcome;
  }

  async #setUpVolumes(pod: Pod, ip: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    return await untilAborted(signal, this.#deps.volumes.setUp(pod, this.payloadSources(pod, ip), signal));
  }

  payloadSources(pod: Pod, podIP: string): PayloadSources {
    const { objects, token } = this.#deps;
    return { pod, objects, facts: this.#facts(podIP), token: (audience, seconds) => token(pod, audience, seconds) };
  }

  /** Whatever ended the newest container that has ended, its end counts. */
  #inBackoff(pod: Pod, { container }: ContainerStart, runtime: RuntimePod | undefined, outcome: RunOutcome): boolean {
    const ended = latestExited(runtime, nameOf(container));
    if (ended === undefined) return false;
    const waiting = this.#deps.backoff.waiting(backoffKey(pod, container), ended.finishedAt, this.#deps.clock.now());
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
      const config = sandboxConfig(pod, attempt, this.#deps.node);
      const { podSandboxId: id } = await cri.runtime.runPodSandbox({ config }, { timeout: CRI_TIMEOUT_MS });
      const runtime = await cache.refresh(podUid(pod));
      return { id, attempt, ip: runtime?.sandboxes.find((sandbox) => sandbox.id === id)?.ip ?? '' };
    } catch (error) {
      const message = `Failed to create pod sandbox: ${(error as Error).message}`;
      events.pod(pod, 'Warning', 'FailedCreatePodSandBox', message);
      throw error;
    }
  }

  async #tryStart(round: Round, start: ContainerStart, outcome: RunOutcome): Promise<void> {
    const { events } = this.#deps;
    try {
      await this.#start(round, start);
    } catch (error) {
      round.signal.throwIfAborted();
      const waiting = reasonOf(error);
      outcome.waiting.set(nameOf(start.container), waiting);
      outcome.retryMs = Math.min(outcome.retryMs ?? Number.POSITIVE_INFINITY, RETRY_MS);
      if (!(error instanceof ImageError)) {
        events.container(round.pod, start.container, 'Warning', 'Failed', `Error: ${waiting.message}`);
      } else if (waiting.reason === 'ImagePullBackOff') {
        events.container(round.pod, start.container, 'Warning', 'Failed', `Error: ${waiting.reason}`);
      }
    }
  }

  async #start(round: Round, { container, attempt, previous, target }: ContainerStart): Promise<void> {
    const { cri, events, clock, backoff, images, node } = this.#deps;
    const { pod, runtime, sandbox, signal } = round;
    const imageRef = await images.ensure(pod, container, signal);
    const image = await images.find(imageRef, signal);
    verifyRunAsNonRoot(pod, container, image);
    const targetId = targetOf(runtime, target);
    const more = { imageRef, imageUser: image, targetId };
    const config = await untilAborted(signal, this.#config(round, container, attempt, more));
    signal.throwIfAborted();
    if (previous?.state === 'created') await cri.runtime.removeContainer({ containerId: previous.id });
    const settings = { timeout: CRI_TIMEOUT_MS };
    const { containerId } = await cri.runtime
      .createContainer(
        { podSandboxId: sandbox.id, config, sandboxConfig: sandboxConfig(pod, sandbox.attempt, node) },
        settings,
      )
      .catch((error: unknown) => {
        throw new StepError('CreateContainerError', error);
      });
    events.container(pod, container, 'Normal', 'Created', 'Container created');
    const ended = latestExited(runtime, nameOf(container));
    if (ended !== undefined) backoff.started(backoffKey(pod, container), ended.finishedAt, clock.now());
    signal.throwIfAborted();
    await cri.runtime.startContainer({ containerId }, settings).catch((error: unknown) => {
      throw new StepError('RunContainerError', error);
    });
    events.container(pod, container, 'Normal', 'Started', 'Container started');
    await this.#postStart(round, container, containerId);
  }

  async #config(
    { pod, sandbox, volumes }: Round,
    container: Container,
    attempt: number,
    more: Pick<ContainerConfigInput, 'imageRef' | 'imageUser' | 'targetId'>,
  ): Promise<ReturnType<typeof containerConfig>> {
    try {
      const { objects, node } = this.#deps;
      const podIP = this.#podIP(pod, sandbox.ip);
      const env = await containerEnv(pod, container, objects, this.#facts(podIP));
      const podDirectory = this.#deps.volumes.podDirectory(podUid(pod));
      return containerConfig({ pod, container, attempt, ...more, env, volumes, podDirectory, podIP, node });
    } catch (error) {
      throw error instanceof ContainerConfigError ? error : new StepError('CreateContainerConfigError', error);
    }
  }

  async #postStart({ pod, sandbox, signal }: Round, container: Container, containerId: string): Promise<void> {
    const { cri, clock, events, killer } = this.#deps;
    const handler = container.lifecycle?.postStart;
    if (handler === undefined) return;
    try {
      const target = { containerId, container, podIP: this.#podIP(pod, sandbox.ip) };
      await runHandler(handler, target, POST_START_TIMEOUT_MS, { cri, clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      events.container(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
      await killer.killContainer(pod, { id: containerId, container, message: 'FailedPostStartHook' }, { signal });
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

/** The container whose processes another one is to see; it may have ended. */
function targetOf(runtime: RuntimePod | undefined, name: string | undefined): string | undefined {
  if (name === undefined || name === '') return undefined;
  const found = latestOf(runtime, name);
  if (found === undefined) throw new ContainerConfigError(`unable to find target container ${name}`);
  return found.id;
}

/** A changed container begins anew. */
function backoffKey(pod: Pod, container: Container): string {
  return `${podUid(pod)}/${nameOf(container)}/${containerHash(container)}`;
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
