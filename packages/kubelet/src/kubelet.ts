import { setMaxListeners } from 'node:events';
import { mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Pod } from '@keelson/api';
import { type ApiClient, EventRecorder, Informer, resources } from '@keelson/client';
import { keelson } from '@keelson/protocol';
import { type Clock, GrpcServer, type Logger, type Random, type Registry, type TlsIdentity } from '@keelson/service';
import type { CriClient } from './cri/cri-client.js';
import { PodCache } from './cri/pod-cache.js';
import { cgroupDriver, imageList, waitForRuntime } from './cri/runtime-facts.js';
import type { RuntimePod } from './cri/runtime-pod.js';
import { registerMetrics } from './metrics.js';
import { NodeLease } from './node/node-lease.js';
import { NodeReporter } from './node/node-reporter.js';
import type { NodeResourceOptions } from './node/node-status.js';
import { RuntimeHealth } from './node/runtime-health.js';
import type { NodeConfig } from './pods/config/node-config.js';
import { type CgroupDriver, PodCgroups } from './pods/config/pod-cgroups.js';
import { Housekeeping } from './pods/housekeeping.js';
import { ImagePuller } from './pods/image-puller.js';
import { LogRotator } from './pods/log-rotator.js';
import { drainNode } from './pods/node-drain.js';
import { PodCleaner } from './pods/pod-cleaner.js';
import { PodEvents } from './pods/pod-events.js';
import { PodKiller } from './pods/pod-killer.js';
import { PodRunner } from './pods/pod-runner.js';
import { PodWorkers } from './pods/pod-workers.js';
import { ReferencedObjects } from './pods/referenced-objects.js';
import { RestartBackoff } from './pods/restart-backoff.js';
import { ServiceAccountTokens } from './pods/service-account-tokens.js';
import { StatusManager } from './pods/status-manager.js';
import { TerminationMessages } from './pods/termination-messages.js';
import { ProbeManager } from './probes/probe-manager.js';
import { podsService, toStatus } from './server/pods-service.js';
import { VolumeManager } from './volumes/volume-manager.js';

export interface KubeletOptions {
  nodeName: string;
  hostname: string;
  hostIP: string;
  rootDir: string;
  labels: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
  resources: NodeResourceOptions;
  /** From which the node's pods have their addresses, if the runtime knows; undefined: the control plane says. */
  podCidr?: string | undefined;
  /** host:port of this kubelet's own gRPC server; port 0 takes a free one. */
  address: string;
  tls?: TlsIdentity | undefined;
  /** Users whose certificates may use that server; undefined: everybody may. */
  allowedUsers: readonly string[] | undefined;
  nodeStatusUpdateMs: number;
  nodeStatusReportMs: number;
  leaseDurationSeconds: number;
  relistMs: number;
  podResyncMs: number;
  /** How old a ConfigMap or Secret may be that goes into a pod. */
  referencedTtlMs: number;
  containerLogMaxBytes: number;
  containerLogMaxFiles: number;
  restartBackoff: { baseMs: number; capMs: number };
  /** The runtime runs nothing: probes cannot be answered and count as passed. */
  simulate: boolean;
  version: string;
  /** Containers are put into control groups by pod and quality of service; true unless said otherwise. */
  cgroupsPerQos?: boolean | undefined;
  /** The one that the runtime uses; asked of the runtime where it tells. */
  cgroupDriver?: CgroupDriver | undefined;
  seccompDefault?: boolean | undefined;
}

export interface KubeletDependencies {
  client: ApiClient;
  cri: CriClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  registry: Registry;
}

const HOUSEKEEPING_MS = 2_000;
const REFERENCED_MAX = 10_000;
const LOG_ROTATION_MS = 10_000;
const LEASE_RENEWALS_IN_DURATION = 4;

/** The node agent: makes the runtime have what the API server asks of this node, and reports. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #deps: KubeletDependencies;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #server: GrpcServer | undefined;
  #workers: PodWorkers | undefined;
  #probes: ProbeManager | undefined;
  #cache: PodCache | undefined;
  #recorder: EventRecorder | undefined;
  #port = 0;
  #synced = false;
  #drained = false;
  #drain: (() => void) | undefined;

  constructor(options: KubeletOptions, dependencies: KubeletDependencies) {
    this.#options = { ...options, rootDir: resolve(options.rootDir) };
    this.#deps = dependencies;
    // Every pod whose status cannot be written now waits on it.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** The port that its gRPC server listens on. */
  get port(): number {
    return this.#port;
  }

  /** Throws while the API server and the runtime have not both been heard of. */
  checkReady(): void {
    if (!this.#synced) throw new Error('the API server or the runtime has not been heard of yet');
  }

  /** What the runtime is known to have. */
  get runtimePods(): RuntimePod[] {
    return this.#cache?.list() ?? [];
  }

  /** Resolves when it serves; what it needs of the API server and the runtime it waits for in the background. */
  /** `statusPort` is where this process speaks HTTP over TLS, if it does. */
  async start({ statusPort }: { statusPort?: number | undefined } = {}): Promise<void> {
    const options = this.#options;
    const { client, cri, clock, random, logger } = this.#deps;
    const signal = this.#stopping.signal;
    const logsDir = join(options.rootDir, 'logs');
    for (const folder of ['pods', 'logs']) mkdirSync(join(options.rootDir, folder), { recursive: true });

    const pods = new Informer(
      resources.pods,
      { fieldSelector: `spec.nodeName=${options.nodeName}` },
      { client, clock, random, logger },
    );
    const services = new Informer(resources.services, {}, { client, clock, random, logger });
    this.#recorder = new EventRecorder(
      { component: 'kubelet', host: options.nodeName },
      { client, clock, random, logger },
    );
    const events = new PodEvents(this.#recorder);
    const nudge = (uid: string) => workers.nudge(uid);
    const cache = new PodCache({ relistMs: options.relistMs }, { cri, clock, logger, onChange: nudge });
    this.#cache = cache;
    registerMetrics(this.#deps.registry, cache);
    const volumes = new VolumeManager(options.rootDir);
    const objects = new ReferencedObjects(
      { ttlMs: options.referencedTtlMs, entriesMax: REFERENCED_MAX },
      { client, clock },
    );
    const tokens = new ServiceAccountTokens({ client, clock });
    const backoff = new RestartBackoff(options.restartBackoff);
    const killer = new PodKiller({ cri, clock, logger, events });
    const images = new ImagePuller({ cri, clock, events });
    const statuses = new StatusManager({ client, clock, random, logger, signal });
    const probes = new ProbeManager(
      { hostIP: options.hostIP, assumeSuccess: options.simulate },
      { cri, clock, random, logger, events, onChange: nudge },
    );
    this.#probes = probes;

    this.#server = await this.#serve(pods, cache, statuses);
    const runtimeVersion = await waitForRuntime(cri, { clock, logger, signal });
    const health = new RuntimeHealth({
      runtime: cri.runtime,
      clock,
      logger,
      lastRelistAt: () => cache.lastRelistAt,
    });
    const reporter = this.#nodeReporter(health, () => runtimeVersion.text, statusPort);
    const cgroups =
      options.cgroupsPerQos === false
        ? undefined
        : new PodCgroups({ driver: options.cgroupDriver ?? (await cgroupDriver(cri)) }, { clock });
    const node: NodeConfig = {
      logsDir,
      seccompDir: join(options.rootDir, 'seccomp'),
      seccompDefault: options.seccompDefault ?? false,
      memoryBytes: totalmem(),
      cgroups,
    };
    const runner = new PodRunner(
      { logsDir, hostIP: options.hostIP, nodeName: options.nodeName },
      {
        cri,
        cache,
        clock,
        logger,
        events,
        volumes,
        objects,
        images,
        backoff,
        killer,
        node,
        services: () => services.list(),
        allocatable: () => reporter.node.status?.allocatable ?? {},
        token: (pod, audience, seconds) => tokens.get(pod, audience, seconds),
      },
    );
    const messages = new TerminationMessages((uid) => volumes.podDirectory(uid));
    const cleaner = new PodCleaner({ logsDir }, { cri, cache, killer, volumes, images, backoff, messages });
    const workers: PodWorkers = new PodWorkers(
      { hostIP: options.hostIP, runtimeName: runtimeVersion.name, resyncMs: options.podResyncMs },
      {
        client,
        cache,
        clock,
        logger,
        events,
        runner,
        killer,
        cleaner,
        statuses,
        probes,
        messages,
        node: () => reporter.node,
        latestNode: () => reporter.latest(),
      },
    );
    this.#workers = workers;
    this.#drain = () => {
      const parts = { workers, cache, killer, clock, logger };
      this.#loops.push(drainNode(parts, signal).catch((error: unknown) => logger.debug({ err: error }, 'drain ended')));
    };
    if (this.#drained) this.#drain();
    const housekeeping = new Housekeeping(
      { podsDir: join(options.rootDir, 'pods'), logsDir },
      { cache, killer, cleaner, logger, isKnown: (uid) => workers.knows(uid) },
    );
    const lease = new NodeLease(
      {
        nodeName: options.nodeName,
        durationSeconds: options.leaseDurationSeconds,
        renewMs: (options.leaseDurationSeconds * 1000) / LEASE_RENEWALS_IN_DURATION,
      },
      { client, clock, logger, node: () => reporter.node },
    );
    const rotator = new LogRotator(
      {
        maxBytes: options.containerLogMaxBytes,
        maxFiles: options.containerLogMaxFiles,
        periodMs: LOG_ROTATION_MS,
      },
      { cri, clock, logger, pods: () => cache.list() },
    );
    services.start(signal);
    pods.start(signal);
    this.#loops.push(health.run(signal), reporter.run(signal), lease.run(signal), rotator.run(signal));
    this.#loops.push(this.#runPods(pods, services, cache, workers, housekeeping, tokens, cgroups));
  }

  /**
   * Ends all pods of the node within their own grace, preStop hooks included, for a node that is shut down. Nothing is
   * started any more until the next kubelet.
   */
  drain(): void {
    if (this.#drained) return;
    this.#drained = true;
    this.#deps.logger.info('draining the node');
    this.#drain?.();
  }

  /** Pods run on; another kubelet finds them. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the kubelet stops'));
    this.#probes?.stop();
    await this.#workers?.stop();
    await this.#server?.close((ms) => this.#deps.clock.sleep(ms), 500);
    await Promise.all(this.#loops);
  }

  /** Nothing is started or ended before both sides are known: what the API server wants, and what the runtime has. */
  async #runPods(
    pods: Informer<Pod>,
    services: Informer<NonNullable<(typeof resources.services)['object']>>,
    cache: PodCache,
    workers: PodWorkers,
    housekeeping: Housekeeping,
    tokens: ServiceAccountTokens,
    cgroups: PodCgroups | undefined,
  ): Promise<void> {
    const { clock, logger } = this.#deps;
    const signal = this.#stopping.signal;
    const relisting = cache.run(signal);
    try {
      await Promise.all([pods.synced(signal), services.synced(signal)]);
      while (cache.lastRelistAt === undefined) await clock.sleep(50, signal);
      pods.addHandler({
        onAdd: (pod) => workers.update(pod),
        onUpdate: (pod) => workers.update(pod),
        onDelete: (pod) => {
          tokens.forget(pod.metadata.uid ?? '');
          workers.remove(pod);
        },
      });
      this.#synced = true;
      this.#server?.setServing(true);
      logger.info({ node: this.#options.nodeName, pods: pods.list().length }, 'running pods');
      while (!signal.aborted) {
        await housekeeping.sweep();
        await cgroups?.sweep((uid) => workers.knows(uid));
        await clock.sleep(HOUSEKEEPING_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    await relisting;
  }

  async #serve(pods: Informer<Pod>, cache: PodCache, statuses: StatusManager): Promise<GrpcServer> {
    const { address, tls, allowedUsers } = this.#options;
    const { cri, clock, logger } = this.#deps;
    const server = new GrpcServer({ address, tls, protoFiles: ['keelson/v1/pods.proto'] });
    server.add(
      keelson.PodsService,
      podsService({
        cri,
        clock,
        logger,
        allowedUsers,
        findPod: (namespace, name) => pods.get(namespace, name),
        withLatestStatus: (pod) => ({ ...pod, status: statuses.latest(pod) }),
        runtimePod: (uid) => cache.get(uid),
        refresh: (uid) => cache.refresh(uid),
      }),
      toStatus,
    );
    this.#port = await server.listen();
    return server;
  }

  #nodeReporter(health: RuntimeHealth, runtimeVersion: () => string, statusPort: number | undefined): NodeReporter {
    const options = this.#options;
    const { client, cri, clock, logger } = this.#deps;
    return new NodeReporter(
      {
        name: options.nodeName,
        labels: options.labels,
        taints: options.taints,
        addresses: { hostIP: options.hostIP, hostname: options.hostname },
        port: this.#port,
        podCidr: options.podCidr,
        statusPort,
        rootDir: options.rootDir,
        resources: options.resources,
        updateMs: options.nodeStatusUpdateMs,
        reportMs: options.nodeStatusReportMs,
        kubeletVersion: options.version,
      },
      {
        client,
        clock,
        logger,
        runtimeVersion,
        images: async () => imageList(cri),
        unready: () => health.problem(),
      },
    );
  }
}
