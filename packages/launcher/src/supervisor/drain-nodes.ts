import { cri, type ServiceClient } from '@keelson/protocol';
import { type Clock, connect, type Logger } from '@keelson/service';
import type { Role } from '../plan/options.js';
import { isRunning, signal } from './process-table.js';

/** One node, as it is seen from its machine. */
export interface NodeToDrain {
  readonly name: string;
  readonly socket: string;
  /** 0 while no kubelet runs; another one each time that it was started anew. */
  kubeletPid(): number;
}

/** The nodes among a cluster's components; `list` tells how these are at the moment. */
export function nodesOf(list: () => readonly Component[]): NodeToDrain[] {
  return list().flatMap(({ role, name, socket }) => {
    if (role !== 'runtime' || socket === undefined) return [];
    const kubelet = name.replace(/^runtime-/, 'kubelet-');
    return [{ name, socket, kubeletPid: () => list().find((it) => it.name === kubelet)?.pid ?? 0 }];
  });
}

interface Component {
  readonly role: Role;
  readonly name: string;
  readonly pid: number;
  readonly socket?: string;
}

export interface DrainProgress {
  /** Pods that still have a running container. */
  readonly left: number;
  /** Seconds that the most patient of them may still take. */
  readonly seconds: number;
}

export interface DrainDependencies {
  clock: Clock;
  logger: Logger;
  /** Aborts when nobody wants to wait any more. */
  signal: AbortSignal;
  onProgress: (progress: DrainProgress) => void;
}

type RuntimeClient = ServiceClient<typeof cri.RuntimeServiceService>;

const LOOK_EVERY_MS = 250;
const CALL_MS = 10_000;
/** A kubelet that was away for so long is not about to be started again. */
const KUBELET_AWAY_MS = 3_000;
/** A runtime that was away for so long cannot be asked to end its pods. */
const RUNTIME_AWAY_MS = 15_000;
const GRACE_DEFAULT_SECONDS = 30;
const GRACE_ANNOTATION = 'io.kubernetes.pod.terminationGracePeriod';

/** Ends the pods of all nodes, each within its own grace. True when none is left; false when the time was up before. */
export async function drainNodes(
  nodes: readonly NodeToDrain[],
  options: { timeoutMs: number },
  dependencies: DrainDependencies,
): Promise<boolean> {
  const seen = new Map<string, DrainProgress>();
  const report = (name: string, progress: DrainProgress) => {
    seen.set(name, progress);
    const all = [...seen.values()];
    const left = all.reduce((sum, it) => sum + it.left, 0);
    dependencies.onProgress({ left, seconds: Math.max(0, ...all.map((it) => it.seconds)) });
  };
  const ended = await Promise.all(
    nodes.map((node) => drainNode(node, options.timeoutMs, dependencies, (progress) => report(node.name, progress))),
  );
  return ended.every(Boolean);
}

/** The kubelet ends its pods when it is sent SIGUSR2; without one the runtime is asked, which knows no preStop hooks. */
async function drainNode(
  node: NodeToDrain,
  timeoutMs: number,
  { clock, logger, signal: aborted }: DrainDependencies,
  report: (progress: DrainProgress) => void,
): Promise<boolean> {
  const connection = connect(node.socket, { clock });
  const runtime = connection.service(cri.RuntimeServiceService);
  const startedAt = clock.monotonic();
  const asked = new Set<string>();
  let [told, kubeletSeenAt, runtimeSeenAt] = [0, startedAt, startedAt];
  try {
    for (;;) {
      const now = clock.monotonic();
      const pid = node.kubeletPid();
      if (isRunning(pid)) {
        kubeletSeenAt = now;
        if (pid !== told && signal(pid, 'SIGUSR2')) told = pid;
      }
      const running = await listRunning(runtime);
      if (running !== undefined) runtimeSeenAt = now;
      else if (now - runtimeSeenAt > RUNTIME_AWAY_MS) return false;
      if (running !== undefined) {
        report(progressOf(running, (now - startedAt) / 1000));
        if (running.length === 0) return true;
        if (now - kubeletSeenAt > KUBELET_AWAY_MS) endWithout(running, runtime, asked, logger);
      }
      if (aborted.aborted || now - startedAt > timeoutMs) return false;
      await clock.sleep(LOOK_EVERY_MS, aborted).catch(() => {});
    }
  } finally {
    connection.close();
  }
}

async function listRunning(runtime: RuntimeClient): Promise<cri.Container[] | undefined> {
  const filter = { state: { state: cri.ContainerState.CONTAINER_RUNNING } };
  try {
    return (await runtime.listContainers({ filter }, { timeout: CALL_MS })).containers;
  } catch {
    return undefined;
  }
}

function progressOf(running: readonly cri.Container[], elapsedSeconds: number): DrainProgress {
  const grace = Math.max(0, ...running.map(graceOf));
  return {
    left: new Set(running.map(({ podSandboxId }) => podSandboxId)).size,
    seconds: Math.max(0, Math.ceil(grace - elapsedSeconds)),
  };
}

function graceOf({ annotations }: cri.Container): number {
  const seconds = Number(annotations[GRACE_ANNOTATION] ?? GRACE_DEFAULT_SECONDS);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : GRACE_DEFAULT_SECONDS;
}

function endWithout(
  running: readonly cri.Container[],
  runtime: RuntimeClient,
  asked: Set<string>,
  logger: Logger,
): void {
  for (const container of running.filter(({ id }) => !asked.has(id))) {
    asked.add(container.id);
    const timeout = graceOf(container);
    runtime
      .stopContainer({ containerId: container.id, timeout }, { timeout: timeout * 1000 + CALL_MS })
      .catch((error: unknown) => logger.warn({ container: container.id, err: error }, 'container not ended'));
  }
}
