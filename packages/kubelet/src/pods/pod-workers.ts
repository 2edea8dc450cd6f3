import { isApiError, type Node, type Pod } from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import type { Clock, Logger, Timer } from '@keelson/service';
import type { PodCache } from '../cri/pod-cache.js';
import { isRunningAnything, type RuntimePod } from '../cri/runtime-pod.js';
import type { ProbeManager } from '../probes/probe-manager.js';
import { MountError } from '../volumes/payload.js';
import { untilAborted } from './abort.js';
import { admit } from './admission.js';
import type { Waiting } from './container-status.js';
import { computePodActions } from './pod-actions.js';
import type { PodCleaner } from './pod-cleaner.js';
import type { PodEvents } from './pod-events.js';
import { isDeleted, isTerminal, podUid } from './pod-facts.js';
import { GRACE_MIN_MS, graceOf, type PodKiller } from './pod-killer.js';
import type { PodRunner } from './pod-runner.js';
import { type PodFailure, podStatus } from './pod-status.js';
import type { StatusManager } from './status-manager.js';
import type { TerminationMessages } from './termination-messages.js';

export interface PodWorkersOptions {
  hostIP: string;
  runtimeName: string;
  /** Each pod is looked at again after this long, for changed ConfigMaps and Secrets above all. */
  resyncMs: number;
}

export interface PodWorkersDependencies {
  client: Pick<ApiClient, 'delete'>;
  cache: PodCache;
  clock: Clock;
  logger: Logger;
  events: PodEvents;
  runner: PodRunner;
  killer: PodKiller;
  statuses: StatusManager;
  probes: ProbeManager;
  cleaner: Pick<PodCleaner, 'cleanUp'>;
  messages: TerminationMessages;
  node: () => Node;
  /** The node as the API server has it now. */
  latestNode: () => Promise<Node>;
}

/** One pod's worker: its newest known state, and at most one round of work at a time. */
interface Worker {
  pod: Pod;
  /** The API server no longer has the pod: nothing is left to be gentle for. */
  removed: boolean;
  admitted: boolean;
  failure: PodFailure | undefined;
  waiting: Map<string, Waiting>;
  /** Its containers have ended for good: it takes nothing of the node. */
  stopped: boolean;
  /** Everything of it is gone from this node. */
  finished: boolean;
  ending: boolean;
  running: Promise<void> | undefined;
  /** Ends the round that runs, when what it works towards is no longer wanted. */
  interrupt: (why: string) => void;
  again: boolean;
  timer: Timer | undefined;
  failures: number;
}

const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 60_000;

/** Drives every pod of the node towards what the API server says of it. */
export class PodWorkers {
  readonly #workers = new Map<string, Worker>();
  readonly #options: PodWorkersOptions;
  readonly #deps: PodWorkersDependencies;
  #stopped = false;
  #drained = false;

  constructor(options: PodWorkersOptions, dependencies: PodWorkersDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** The pods of the node, as last heard of. */
  pods(): Pod[] {
    return [...this.#workers.values()].filter(({ finished }) => !finished).map(({ pod }) => pod);
  }

  /** The newest state of a pod that the API server has. */
  update(pod: Pod): void {
    const uid = podUid(pod);
    const worker = this.#workers.get(uid) ?? this.#newWorker(uid, pod);
    const before = worker.pod;
    worker.pod = pod;
    const isEnding = isDeleted(pod) && !isDeleted(before);
    if (isEnding || (isDeleted(pod) && graceOf(pod) < graceOf(before))) worker.interrupt('the pod is to end');
    this.nudge(uid);
  }

  /** The API server no longer has the pod. */
  remove(pod: Pod): void {
    const uid = podUid(pod);
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    worker.removed = true;
    if (worker.finished) this.#workers.delete(uid);
    else {
      worker.interrupt('the pod is gone');
      this.nudge(uid);
    }
  }

  /** Looks at the pod again soon. */
  nudge(uid: string): void {
    const worker = this.#workers.get(uid);
    if (worker === undefined || worker.finished || this.#stopped) return;
    worker.timer?.cancel();
    if (worker.running !== undefined) {
      worker.again = true;
      return;
    }
    worker.running = this.#round(uid, worker).finally(() => {
      worker.running = undefined;
      if (worker.again) {
        worker.again = false;
        this.nudge(uid);
      }
    });
  }

  /** Whether there is a worker for the pod still. */
  knows(uid: string): boolean {
    return this.#workers.has(uid);
  }

  /** Ends every pod within its own grace, as if it were deleted, and starts none any more; what the API server has stays. */
  drain(): void {
    this.#drained = true;
    for (const [uid, worker] of this.#workers) {
      if (!isDeleted(worker.pod)) worker.interrupt('the node is drained');
      this.nudge(uid);
    }
  }

  /** Ends the rounds; pods run on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const workers = [...this.#workers.values()];
    for (const { timer, interrupt } of workers) {
      timer?.cancel();
      interrupt('the kubelet stops');
    }
    await Promise.all(workers.map(({ running }) => running));
  }

  #newWorker(uid: string, pod: Pod): Worker {
    const worker: Worker = {
      pod,
      removed: false,
      admitted: false,
      failure: undefined,
      waiting: new Map(),
      stopped: false,
      finished: false,
      ending: false,
      running: undefined,
      interrupt: () => {},
      again: false,
      timer: undefined,
      failures: 0,
    };
    this.#workers.set(uid, worker);
    return worker;
  }

  async #round(uid: string, worker: Worker): Promise<void> {
    const { cache, clock, logger } = this.#deps;
    const controller = new AbortController();
    const { signal } = controller;
    worker.interrupt = (why) => controller.abort(new Error(`interrupted: ${why}`));
    let retryMs: number | undefined;
    try {
      const isEnding = worker.removed || isDeleted(worker.pod);
      if (isEnding) retryMs = await this.#terminate(uid, worker, signal);
      else if (this.#drained) {
        const runtime = await cache.refresh(uid);
        retryMs = await this.#end(worker, this.#withLatestStatus(worker.pod), runtime, signal);
      } else retryMs = await this.#sync(worker, signal);
      worker.failures = 0;
    } catch (error) {
      if (this.#stopped) return;
      if (signal.aborted) {
        worker.again = true;
        return;
      }
      this.#report(worker, error);
      retryMs = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(worker.failures, 20));
      worker.failures += 1;
      logger.info({ pod: worker.pod.metadata.name, err: (error as Error).message, retryMs }, 'pod not in sync yet');
    } finally {
      worker.interrupt = () => {};
    }
    if (worker.finished || this.#stopped) return;
    worker.timer?.cancel();
    worker.timer = clock.after(retryMs ?? this.#options.resyncMs, () => this.nudge(uid));
  }

  #report(worker: Worker, error: unknown): void {
    if (error instanceof MountError) this.#deps.events.pod(worker.pod, 'Warning', 'FailedMount', error.message);
    this.#setStatus(worker, this.#deps.cache.get(podUid(worker.pod)));
  }

  /** One step towards what the pod asks for; answers when to look again without being told. */
  async #sync(worker: Worker, signal: AbortSignal): Promise<number | undefined> {
    const { cache, probes, runner, clock } = this.#deps;
    const pod = this.#withLatestStatus(worker.pod);
    const uid = podUid(pod);
    // What the runtime has and nobody could read yet must not be taken for nothing: it would be started beside itself.
    let runtime = cache.get(uid) ?? (cache.has(uid) ? await cache.refresh(uid) : undefined);
    const deadline = this.#deadline(pod);
    if (deadline !== undefined && deadline <= clock.now()) {
      worker.failure ??= {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
    }
    if (!worker.admitted && worker.failure === undefined) await untilAborted(signal, this.#admit(worker, pod, runtime));
    if (worker.failure !== undefined || isTerminal(pod)) return await this.#end(worker, pod, runtime, signal);

    this.#setStatus(worker, runtime);
    const actions = computePodActions(pod, runtime, probes);
    const late = () => worker.interrupt('the deadline is exceeded');
    const atDeadline = deadline === undefined ? undefined : clock.after(deadline - clock.now(), late);
    const outcome = await runner.perform(pod, runtime, actions, signal).finally(() => atDeadline?.cancel());
    const acted = actions.killPod || actions.createSandbox || actions.kills.length + actions.starts.length > 0;
    if (acted) runtime = await cache.refresh(uid);
    worker.waiting = outcome.waiting;
    probes.sync(pod, runtime);
    this.#setStatus(worker, runtime);
    if (acted && runtime !== undefined) await runner.collectGarbage(pod, runtime);
    const untilDeadline = deadline === undefined ? Number.POSITIVE_INFINITY : deadline - clock.now();
    const wait = Math.min(outcome.retryMs ?? Number.POSITIVE_INFINITY, untilDeadline, this.#options.resyncMs);
    return Math.max(1, wait);
  }

  /** Before a pod is refused the node is looked at anew: it may have been given what the pod asks for just now. */
  async #admit(worker: Worker, pod: Pod, runtime: RuntimePod | undefined): Promise<void> {
    const { node, latestNode, events, logger } = this.#deps;
    // What runs already was admitted by this kubelet's earlier self.
    const isKnown = runtime !== undefined || pod.status?.startTime !== undefined;
    let failure = isKnown ? undefined : admit(pod, this.#othersThan(worker), node());
    if (failure !== undefined) {
      await latestNode().catch((error: unknown) => logger.debug({ err: error }, 'cannot look at the node anew'));
      failure = admit(pod, this.#othersThan(worker), node());
    }
    worker.admitted = true;
    if (failure === undefined) return;
    worker.failure = failure;
    events.pod(pod, 'Warning', failure.reason, failure.message);
  }

  /** The pods that take something of the node. */
  #othersThan(worker: Worker): Pod[] {
    return [...this.#workers.values()]
      .filter((it) => it !== worker && it.admitted && it.failure === undefined && !it.stopped && !it.finished)
      .map((it) => this.#withLatestStatus(it.pod));
  }

  /** A pod that has ended or is to: its containers stay for their logs, everything else stops. */
  async #end(worker: Worker, pod: Pod, runtime: RuntimePod | undefined, signal: AbortSignal): Promise<undefined> {
    this.#deps.probes.forget(podUid(pod));
    // A round that was interrupted may have started what has not been seen yet.
    let now = isRunningAnything(runtime) ? await this.#deps.cache.refresh(podUid(pod)) : runtime;
    if (now !== undefined && isRunningAnything(now)) {
      await this.#deps.killer.killPod(pod, now, { signal });
      now = await this.#deps.cache.refresh(podUid(pod));
    }
    worker.waiting.clear();
    this.#setStatus(worker, now);
    return undefined;
  }

  /** Deletion: containers end within their grace, the API server hears of it, then nothing is left of the pod here. */
  async #terminate(uid: string, worker: Worker, signal: AbortSignal): Promise<undefined> {
    const { cache, cleaner, killer, probes, statuses } = this.#deps;
    worker.ending = true;
    probes.forget(uid);
    const runtime = await cache.refresh(uid);
    if (runtime !== undefined && isRunningAnything(runtime)) {
      await killer.killPod(worker.pod, runtime, { signal, ...(worker.removed ? { graceMs: GRACE_MIN_MS } : {}) });
    }
    const ended = await cache.refresh(uid);
    if (isRunningAnything(ended)) throw new Error('some containers still run');
    worker.stopped = true;
    worker.waiting.clear();
    if (!worker.removed) {
      this.#setStatus(worker, ended);
      await untilAborted(signal, statuses.flushed(uid));
      await this.#deleteFromApi(worker.pod);
    }
    statuses.forget(uid);
    const { namespace = '', name = '' } = worker.pod.metadata;
    await cleaner.cleanUp({ uid, namespace, name }, ended);
    worker.finished = true;
    if (worker.removed) this.#workers.delete(uid);
    return undefined;
  }

  async #deleteFromApi(pod: Pod): Promise<void> {
    const { namespace, name = '', uid } = pod.metadata;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    try {
      await this.#deps.client.delete(resources.pods, { namespace, name }, options);
    } catch (error) {
      if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
    }
  }

  /** This kubelet's own word about a pod may not have come back yet. */
  #withLatestStatus(pod: Pod): Pod {
    const own = this.#deps.statuses.latest(pod);
    if (own === undefined) return pod;
    const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.has(type ?? ''));
    const conditions = [...(own.conditions ?? []).filter(({ type }) => OWN_CONDITIONS.has(type ?? '')), ...foreign];
    const { qosClass = own.qosClass, nominatedNodeName } = pod.status ?? {};
    return { ...pod, status: { ...own, qosClass, nominatedNodeName, conditions } };
  }

  #setStatus(worker: Worker, runtime: RuntimePod | undefined): void {
    const { probes, clock, messages, statuses } = this.#deps;
    const pod = this.#withLatestStatus(worker.pod);
    const status = podStatus(pod, runtime, {
      now: clock.now(),
      hostIP: this.#options.hostIP,
      runtimeName: this.#options.runtimeName,
      waiting: worker.waiting,
      failure: worker.failure,
      ending: worker.ending,
      isReady: (container, running, before) => !worker.ending && probes.isReady(container, running, before?.ready),
      hasStarted: (container, running, before) => probes.hasStarted(running.id, container, before?.started),
      terminationMessage: (containerId) => messages.read(pod, runtime, containerId),
    });
    statuses.set(worker.pod, status);
  }

  /** The pod's time counts from its first round. */
  #deadline(pod: Pod): number | undefined {
    const seconds = pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined) return undefined;
    const start = pod.status?.startTime;
    return (start === undefined ? this.#deps.clock.now() : Date.parse(start)) + Number(seconds) * 1000;
  }
}

const OWN_CONDITIONS = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']);
