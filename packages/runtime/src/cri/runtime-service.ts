import type { ServerWritableStream } from '@grpc/grpc-js';
import { cri, type Handlers, type Init } from '@keelson/protocol';
import { type Clock, writeTo } from '@keelson/service';
import { type Container, type Engine, imageName } from '../engine.js';
import { RuntimeError } from '../errors.js';
import type { EngineEvent } from '../events.js';
import type { ImageStore } from '../image-store.js';
import { ProcessTable } from '../process/marks.js';
import { isHostNetwork } from '../records.js';
import { servePortForward, serveSession } from '../streaming/channels.js';
import type { StreamingServer } from '../streaming/streaming-server.js';
import { execSync } from './exec-sync.js';
import { StatsReader } from './stats.js';
import { containerStatusView, containerView, hasLabels, nanoseconds, sandboxStatusView, sandboxView } from './views.js';

export interface RuntimeServiceDependencies {
  engine: Engine;
  images: ImageStore;
  streaming: StreamingServer;
  clock: Clock;
  version: string;
}

const STREAM_PAGE = 100;
/** Events that a slow listener may be behind before it is cut off; it then lists again, as the kubelet does. */
const EVENT_BACKLOG_MAX = 10_000;

/** CRI's RuntimeService over the engine: translation only. */
export function runtimeService(deps: RuntimeServiceDependencies): Handlers<typeof cri.RuntimeServiceService> {
  const { engine, images, streaming, clock } = deps;
  const stats = new StatsReader(engine, clock);
  const imageId = (container: Container) => images.find(imageName(container.record.config))?.id ?? '';
  const status = (container: Container) => containerStatusView(container, imageId(container));

  const listSandboxes = (filter: cri.PodSandboxFilter | undefined) =>
    [...engine.sandboxes.values()]
      .filter((record) => !filter?.id || record.id === filter.id)
      .filter((record) => hasLabels(record.config.labels, filter?.labelSelector))
      .map(sandboxView)
      .filter((view) => filter?.state === undefined || view.state === filter.state.state);

  const selectContainers = (
    filter: { id: string; podSandboxId: string; labelSelector: Record<string, string> } | undefined,
  ) =>
    [...engine.containers.values()]
      .filter(({ record }) => !filter?.id || record.id === filter.id)
      .filter(({ record }) => !filter?.podSandboxId || record.sandboxId === filter.podSandboxId)
      .filter(({ record }) => hasLabels(record.config.labels, filter?.labelSelector));

  const listContainers = (filter: cri.ContainerFilter | undefined) =>
    selectContainers(filter)
      .map((container) => containerView(container, imageId(container)))
      .filter((view) => filter?.state === undefined || view.state === filter.state.state);

  const listStats = (filter: cri.ContainerStatsFilter | undefined, table = new ProcessTable()) =>
    selectContainers(filter)
      .filter(({ workload }) => workload.status.state === 'running')
      .map((container) => stats.container(container, table));

  const listSandboxStats = (filter: cri.PodSandboxStatsFilter | undefined, table = new ProcessTable()) => {
    const containers = new Map<string, Container[]>();
    for (const container of engine.containers.values()) {
      const { sandboxId } = container.record;
      const known = containers.get(sandboxId);
      if (known === undefined) containers.set(sandboxId, [container]);
      else known.push(container);
    }
    return [...engine.sandboxes.values()]
      .filter((record) => record.ready && (!filter?.id || record.id === filter.id))
      .filter((record) => hasLabels(record.config.labels, filter?.labelSelector))
      .map((record) => stats.sandbox(record, table, containers.get(record.id) ?? []));
  };

  return {
    version: () => ({
      version: '0.1.0',
      runtimeName: 'keelson',
      runtimeVersion: deps.version,
      runtimeApiVersion: 'v1',
    }),
    status: () => ({
      status: {
        conditions: [
          { type: 'RuntimeReady', status: true },
          { type: 'NetworkReady', status: true },
        ],
      },
      runtimeHandlers: [{ name: '' }],
    }),
    runtimeConfig: () => ({ linux: { cgroupDriver: cri.CgroupDriver.CGROUPFS } }),
    updateRuntimeConfig: () => ({}),

    runPodSandbox: async ({ config, runtimeHandler }) => {
      if (config?.metadata === undefined) throw new RuntimeError('invalid', 'the sandbox has no metadata');
      if (runtimeHandler !== '') {
        throw new RuntimeError('invalid', `no runtime for "${runtimeHandler}" is configured: only the default is here`);
      }
      return { podSandboxId: await engine.runSandbox(config, runtimeHandler) };
    },
    stopPodSandbox: async ({ podSandboxId }) => {
      await engine.stopSandbox(podSandboxId);
      return {};
    },
    removePodSandbox: async ({ podSandboxId }) => {
      await engine.removeSandbox(podSandboxId);
      return {};
    },
    podSandboxStatus: ({ podSandboxId, verbose }) => ({
      status: sandboxStatusView(engine.sandbox(podSandboxId)),
      info: verbose ? { config: JSON.stringify(engine.sandbox(podSandboxId).config) } : {},
      containersStatuses: engine.containersOf(podSandboxId).map(status),
      timestamp: nanoseconds(clock.now()),
    }),
    listPodSandbox: ({ filter }) => ({ items: listSandboxes(filter) }),
    streamPodSandboxes: (call) =>
      void streamPages(call, listSandboxes(call.request.filter), (podSandboxes) => ({ podSandboxes })),
    updatePodSandboxResources: ({ podSandboxId }) => {
      engine.sandbox(podSandboxId);
      return {};
    },

    createContainer: async ({ podSandboxId, config }) => {
      if (config?.metadata === undefined) throw new RuntimeError('invalid', 'the container has no metadata');
      return { containerId: await engine.createContainer(podSandboxId, config) };
    },
    startContainer: async ({ containerId }) => {
      await engine.startContainer(containerId);
      return {};
    },
    stopContainer: async ({ containerId, timeout }) => {
      await engine.stopContainer(containerId, timeout * 1000);
      return {};
    },
    removeContainer: async ({ containerId }) => {
      await engine.removeContainer(containerId);
      return {};
    },
    listContainers: ({ filter }) => ({ containers: listContainers(filter) }),
    streamContainers: (call) =>
      void streamPages(call, listContainers(call.request.filter), (containers) => ({ containers })),
    containerStatus: ({ containerId, verbose }) => {
      const container = engine.container(containerId);
      const info = {
        pid: container.workload.status.pid ?? 0,
        argv: container.record.argv,
        directory: container.directory,
      };
      return { status: status(container), info: verbose ? { info: JSON.stringify(info) } : {} };
    },
    updateContainerResources: async ({ containerId, linux }) => {
      if (linux !== undefined) await engine.updateResources(containerId, linux);
      return {};
    },
    reopenContainerLog: async ({ containerId }) => {
      await engine.container(containerId).workload.reopenLog();
      return {};
    },
    checkpointContainer: () => {
      throw new RuntimeError('unimplemented', 'containers cannot be checkpointed');
    },

    execSync: async ({ containerId, cmd, timeout }) => {
      if (cmd.length === 0) throw new RuntimeError('invalid', 'no command was given');
      return await execSync(engine.container(containerId).workload, cmd, timeout, clock);
    },
    exec: ({ containerId, cmd, tty, stdin }) => {
      const { workload } = runningContainer(engine, containerId);
      if (cmd.length === 0) throw new RuntimeError('invalid', 'no command was given');
      return {
        url: streaming.offer('exec', async (socket) =>
          serveSession(socket, await workload.exec({ command: cmd, tty, stdin })),
        ),
      };
    },
    attach: ({ containerId, stdin, stdout, stderr }) => {
      const { workload } = runningContainer(engine, containerId);
      return {
        url: streaming.offer('attach', async (socket) =>
          serveSession(socket, await workload.attach({ stdin, stdout, stderr })),
        ),
      };
    },
    portForward: ({ podSandboxId, port }) => {
      const sandbox = engine.sandbox(podSandboxId);
      if (!sandbox.ready) throw new RuntimeError('failed-precondition', `sandbox ${podSandboxId} is not ready`);
      const host = isHostNetwork(sandbox.config) ? '127.0.0.1' : sandbox.ip;
      return { url: streaming.offer('portforward', (socket) => servePortForward(socket, host, port)) };
    },

    containerStats: ({ containerId }) => ({ stats: stats.container(engine.container(containerId)) }),
    listContainerStats: ({ filter }) => ({ stats: listStats(filter) }),
    streamContainerStats: (call) =>
      void streamPages(call, listStats(call.request.filter), (containerStats) => ({ containerStats })),
    podSandboxStats: ({ podSandboxId }) => ({ stats: stats.sandbox(engine.sandbox(podSandboxId)) }),
    listPodSandboxStats: ({ filter }) => ({ stats: listSandboxStats(filter) }),
    streamPodSandboxStats: (call) =>
      void streamPages(call, listSandboxStats(call.request.filter), (podSandboxStats) => ({ podSandboxStats })),
    listMetricDescriptors: () => ({ descriptors: [] }),
    listPodSandboxMetrics: () => ({ podMetrics: [] }),
    streamPodSandboxMetrics: (call) => void call.end(),

    getContainerEvents: (call) => streamEvents(call, engine, status),
  };
}

function runningContainer(engine: Engine, id: string): Container {
  const container = engine.container(id);
  if (container.workload.status.state !== 'running') {
    throw new RuntimeError('failed-precondition', `container "${id}" is not running`);
  }
  return container;
}

async function streamPages<Item, Page>(
  call: ServerWritableStream<unknown, Page>,
  items: Item[],
  page: (items: Item[]) => Page,
): Promise<void> {
  try {
    for (let at = 0; at < items.length; at += STREAM_PAGE) await writeTo(call, page(items.slice(at, at + STREAM_PAGE)));
    call.end();
  } catch {
    // The caller has gone away; there is nobody to tell.
  }
}

const EVENT_TYPES = {
  created: cri.ContainerEventType.CONTAINER_CREATED_EVENT,
  started: cri.ContainerEventType.CONTAINER_STARTED_EVENT,
  stopped: cri.ContainerEventType.CONTAINER_STOPPED_EVENT,
  deleted: cri.ContainerEventType.CONTAINER_DELETED_EVENT,
} as const;

function streamEvents(
  call: ServerWritableStream<cri.GetEventsRequest, Init<cri.ContainerEventResponse>>,
  engine: Engine,
  status: (container: Container) => Init<cri.ContainerStatus>,
): void {
  let behind = 0;
  const deafen = engine.events.listen((event: EngineEvent) => {
    const sandbox = engine.sandboxes.get(event.sandboxId);
    const message: Init<cri.ContainerEventResponse> = {
      containerId: event.containerId,
      containerEventType: EVENT_TYPES[event.type],
      createdAt: nanoseconds(event.at),
      podSandboxStatus: sandbox && sandboxStatusView(sandbox),
      containersStatuses: sandbox ? engine.containersOf(sandbox.id).map(status) : [],
    };
    if (!call.write(message)) behind += 1;
    if (behind > EVENT_BACKLOG_MAX) call.destroy();
  });
  call.on('drain', () => {
    behind = 0;
  });
  call.on('cancelled', () => call.end());
  call.on('close', deafen);
}
