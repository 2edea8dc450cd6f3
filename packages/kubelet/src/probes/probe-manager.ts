import type { Container, Pod, Probe } from '@keelson/api';
import type { Clock, Logger, Random } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { currentSandbox, latestOf, type RuntimeContainer, type RuntimePod } from '../cri/runtime-pod.js';
import type { ProbeFindings } from '../pods/pod-actions.js';
import type { PodEvents } from '../pods/pod-events.js';
import { allContainersOf, nameOf, podUid } from '../pods/pod-facts.js';
import { type ProbeKind, ProbeWorker } from './probe-worker.js';
import { probeOnce } from './prober.js';

const KINDS: readonly ProbeKind[] = ['startup', 'liveness', 'readiness'];
const TITLES: Record<ProbeKind, string> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };

export interface ProbeManagerOptions {
  hostIP: string;
  /** Take every probe as passed: simulated containers cannot answer. */
  assumeSuccess: boolean;
}

export interface ProbeManagerDependencies {
  cri: CriClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  events: PodEvents;
  onChange: (podUid: string) => void;
}

/** The probes of every running container of the node. */
export class ProbeManager implements ProbeFindings {
  /** container id → its probes */
  readonly #workers = new Map<string, Map<ProbeKind, ProbeWorker>>();
  readonly #containersOfPod = new Map<string, Set<string>>();
  readonly #options: ProbeManagerOptions;
  readonly #deps: ProbeManagerDependencies;

  constructor(options: ProbeManagerOptions, dependencies: ProbeManagerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Probes the pod's running containers, and no others. */
  sync(pod: Pod, runtime: RuntimePod | undefined): void {
    const uid = podUid(pod);
    const running = new Set<string>();
    for (const container of allContainersOf(pod)) {
      const latest = latestOf(runtime, nameOf(container));
      if (latest?.state !== 'running') continue;
      running.add(latest.id);
      if (!this.#workers.has(latest.id)) this.#begin(pod, container, latest, currentSandbox(runtime)?.ip ?? '');
    }
    for (const id of this.#containersOfPod.get(uid) ?? []) if (!running.has(id)) this.#end(id);
    this.#containersOfPod.set(uid, running);
  }

  forget(uid: string): void {
    for (const id of this.#containersOfPod.get(uid) ?? []) this.#end(id);
    this.#containersOfPod.delete(uid);
  }

  stop(): void {
    for (const uid of [...this.#containersOfPod.keys()]) this.forget(uid);
  }

  mustRestart(containerId: string): 'liveness' | 'startup' | undefined {
    const workers = this.#workers.get(containerId);
    if (workers?.get('startup')?.verdict === false) return 'startup';
    return workers?.get('liveness')?.verdict === false ? 'liveness' : undefined;
  }

  /** What was `reported` of the container, before this process knew of it, holds until a probe says otherwise. */
  hasStarted(containerId: string, container: Container, reported = false): boolean {
    if (container.startupProbe === undefined || this.#options.assumeSuccess) return true;
    return this.#workers.get(containerId)?.get('startup')?.verdict ?? reported;
  }

  isReady(container: Container, running: RuntimeContainer, reported = false): boolean {
    if (container.readinessProbe === undefined || this.#options.assumeSuccess) return true;
    return this.#workers.get(running.id)?.get('readiness')?.verdict ?? reported;
  }

  #begin(pod: Pod, container: Container, running: RuntimeContainer, ip: string): void {
    const workers = new Map<ProbeKind, ProbeWorker>();
    this.#workers.set(running.id, workers);
    if (this.#options.assumeSuccess) return;
    for (const kind of KINDS) {
      const probe = container[`${kind}Probe`];
      if (probe === undefined) continue;
      const worker = this.#worker(pod, container, running, kind, probe, ip);
      workers.set(kind, worker);
      worker.start();
    }
  }

  #worker(
    pod: Pod,
    container: Container,
    running: RuntimeContainer,
    kind: ProbeKind,
    probe: Probe,
    ip: string,
  ): ProbeWorker {
    const { cri, clock, random, logger, events, onChange } = this.#deps;
    const podIP = pod.spec?.hostNetwork ? this.#options.hostIP : ip;
    return new ProbeWorker(
      { kind, probe, container, containerId: running.id, startedAt: running.startedAt },
      {
        clock,
        random,
        ask: () => probeOnce(probe, { container, containerId: running.id, podIP }, { cri, clock }),
        isDue: () => kind === 'startup' || this.hasStarted(running.id, container),
        onResult: (ok) => {
          logger.info({ pod: pod.metadata.name, container: container.name, probe: kind, ok }, 'probe status changed');
          onChange(podUid(pod));
        },
        onFailure: (output) =>
          events.container(pod, container, 'Warning', 'Unhealthy', `${TITLES[kind]} probe failed: ${output}`),
        onWarning: (output) =>
          events.container(pod, container, 'Warning', 'ProbeWarning', `${TITLES[kind]} probe warning: ${output}`),
        onError: ({ message }) =>
          events.container(
            pod,
            container,
            'Warning',
            'Unhealthy',
            `${TITLES[kind]} probe errored and resulted in unknown state: ${message}`,
          ),
      },
    );
  }

  #end(containerId: string): void {
    for (const worker of this.#workers.get(containerId)?.values() ?? []) worker.stop();
    this.#workers.delete(containerId);
  }
}
