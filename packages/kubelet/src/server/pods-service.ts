import { type ServerDuplexStream, type ServerWritableStream, type ServiceError, status } from '@grpc/grpc-js';
import type { Pod } from '@keelson/api';
import type { Handlers, Init, keelson } from '@keelson/protocol';
import { type Clock, type Identity, type Logger, peerIdentity, writeTo } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { currentSandbox, type RuntimeContainer, type RuntimePod } from '../cri/runtime-pod.js';
import { allContainersOf, containersOf, nameOf, podUid } from '../pods/pod-facts.js';
import { bridgeCommand, bridgePort } from './bridges.js';

import { readLog } from './log-reader.js';
import { containerOfLog, noLogReason } from './log-source.js';
import { bridgeSpdyCommand, bridgeSpdyPort } from './spdy-bridges.js';

class PodsServiceError extends Error {
  override name = 'PodsServiceError';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

const NO_START = 'the first message must be start';

export interface PodsServiceDependencies {
  cri: CriClient;
  clock: Clock;
  logger: Logger;
  /** Certificates of these users, and of the masters group, may use this port; undefined where there is no TLS. */
  allowedUsers: readonly string[] | undefined;
  findPod: (namespace: string, name: string) => Pod | undefined;
  /** The pod with what this kubelet last found out about it. */
  withLatestStatus: (pod: Pod) => Pod;
  runtimePod: (uid: string) => RuntimePod | undefined;
  refresh: (uid: string) => Promise<RuntimePod | undefined>;
}

/** keelson.v1 Pods on the kubelet: logs, exec, attach and port-forward of this node's pods, for the API server. */
export function podsService(deps: PodsServiceDependencies): Handlers<typeof keelson.PodsService> {
  return {
    logs: (call) => run(call, deps, () => logs(call, deps)),
    exec: (call) => onStart(call, deps, (start) => command(call, start, deps, 'exec')),
    attach: (call) => onStart(call, deps, (start) => command(call, start, deps, 'attach')),
    portForward: (call) =>
      onFirst(call, deps, async (first) => {
        const { namespace, pod, port } = required(first.start, NO_START);
        const runtime = await runtimeOf(deps, namespace, pod);
        const sandbox = currentSandbox(runtime);
        if (sandbox === undefined) throw new PodsServiceError(status.FAILED_PRECONDITION, `pod ${pod} is not running`);
        const { url } = await deps.cri.runtime.portForward({ podSandboxId: sandbox.id, port: [port] });
        if (await speaksWebSocket(deps.cri)) await bridgePort(call, url, port);
        else await bridgeSpdyPort(call, url, port);
      }),
  };
}

export function toStatus(error: unknown): Partial<ServiceError> {
  if (error instanceof PodsServiceError) return { code: error.code, details: error.message };
  const known = error as Partial<ServiceError>;
  if (typeof known.code === 'number') return { code: known.code, details: known.details ?? known.message ?? '' };
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}

type Call = Pick<ServerWritableStream<unknown, unknown>, 'emit' | 'getAuthContext'>;

function run(call: Call, deps: PodsServiceDependencies, act: () => Promise<void>): void {
  const serve = async () => {
    authorize(peerIdentity(call), deps);
    await act();
  };
  serve().catch((error: unknown) => {
    deps.logger.debug({ err: error }, 'stream failed');
    call.emit('error', toStatus(error));
  });
}

function authorize(identity: Identity | undefined, { allowedUsers }: PodsServiceDependencies): void {
  if (allowedUsers === undefined) return;
  const known =
    identity !== undefined && (allowedUsers.includes(identity.user) || identity.groups.includes('system:masters'));
  if (!known) {
    throw new PodsServiceError(
      status.PERMISSION_DENIED,
      `"${identity?.user ?? 'anonymous'}" may not reach into pods: only the API server may`,
    );
  }
}

function onStart(
  call: ServerDuplexStream<keelson.ExecRequest, Init<keelson.ExecResponse>>,
  deps: PodsServiceDependencies,
  act: (start: keelson.ExecStart) => Promise<void>,
): void {
  onFirst(call, deps, (first) => act(required(first.start, NO_START)));
}

function onFirst<Q, R>(
  call: ServerDuplexStream<Q, R>,
  deps: PodsServiceDependencies,
  act: (first: Q) => Promise<void>,
): void {
  const ended = () => run(call, deps, () => Promise.reject(new PodsServiceError(status.INVALID_ARGUMENT, NO_START)));
  call.once('end', ended);
  call.once('data', (first: Q) => {
    call.off('end', ended);
    call.pause();
    run(call, deps, () => act(first));
  });
}

function required<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new PodsServiceError(status.INVALID_ARGUMENT, message);
  return value;
}

async function logs(
  call: ServerWritableStream<keelson.LogsRequest, Init<keelson.LogsResponse>>,
  deps: PodsServiceDependencies,
): Promise<void> {
  const { namespace, pod: podName, previous, follow, timestamps, tailLines, limitBytes } = call.request;
  const pod = podOf(deps, namespace, podName);
  const name = containerName(pod, call.request.container);
  const runtime = await deps.refresh(podUid(pod));
  const reported = deps.withLatestStatus(pod);
  const container = containerOfLog(reported, runtime, name, previous);
  if (container === undefined) {
    const code = previous ? status.NOT_FOUND : status.FAILED_PRECONDITION;
    throw new PodsServiceError(code, noLogReason(reported, name, previous));
  }
  const stop = new AbortController();
  call.on('cancelled', () => stop.abort());
  const lines = readLog(
    container.logPath,
    { tailLines, limitBytes, timestamps, follow, since: sinceOf(call.request, deps.clock) },
    { clock: deps.clock, signal: stop.signal, isRunning: () => isRunning(deps, podUid(pod), container) },
  );
  for await (const data of lines) await writeTo(call, { data });
  call.end();
}

function sinceOf({ sinceSeconds, sinceTime }: keelson.LogsRequest, clock: Clock): number | undefined {
  if (sinceTime !== '') return Date.parse(sinceTime);
  return sinceSeconds === undefined ? undefined : clock.now() - sinceSeconds * 1000;
}

function isRunning(deps: PodsServiceDependencies, uid: string, container: RuntimeContainer): boolean {
  return deps.runtimePod(uid)?.containers.some(({ id, state }) => id === container.id && state === 'running') ?? false;
}

async function command(
  call: ServerDuplexStream<keelson.ExecRequest, Init<keelson.ExecResponse>>,
  start: keelson.ExecStart,
  { ...deps }: PodsServiceDependencies,
  kind: 'exec' | 'attach',
): Promise<void> {
  const pod = podOf(deps, start.namespace, start.pod);
  const name = containerName(pod, start.container);
  const runtime = await deps.refresh(podUid(pod));
  const container = runtime?.containers.find((it) => it.name === name && it.state === 'running');
  if (container === undefined) {
    throw new PodsServiceError(status.FAILED_PRECONDITION, `container not running (${name})`);
  }
  const streams = { stdin: start.stdin, stdout: start.stdout, stderr: start.stderr && !start.tty, tty: start.tty };
  const request = { containerId: container.id, ...streams };
  const { url } =
    kind === 'exec'
      ? await deps.cri.runtime.exec({ ...request, cmd: start.command })
      : await deps.cri.runtime.attach(request);
  if (await speaksWebSocket(deps.cri)) await bridgeCommand(call, url);
  else await bridgeSpdyCommand(call, url, streams);
}

/**
 * Our own runtime streams by WebSocket in the version that can close stdin. Others have older ones, which cannot; all of
 * them speak SPDY, as upstream's kubelet does.
 */
async function speaksWebSocket({ runtime }: CriClient): Promise<boolean> {
  return (await runtime.version({})).runtimeName === 'keelson';
}

function podOf(deps: PodsServiceDependencies, namespace: string, name: string): Pod {
  const pod = deps.findPod(namespace, name);
  if (pod === undefined) throw new PodsServiceError(status.NOT_FOUND, `pods "${name}" not found`);
  return pod;
}

async function runtimeOf(
  deps: PodsServiceDependencies,
  namespace: string,
  name: string,
): Promise<RuntimePod | undefined> {
  return await deps.refresh(podUid(podOf(deps, namespace, name)));
}

function containerName(pod: Pod, wanted: string): string {
  if (wanted !== '') {
    if (allContainersOf(pod).some((container) => nameOf(container) === wanted)) return wanted;
    throw new PodsServiceError(
      status.INVALID_ARGUMENT,
      `container ${wanted} is not valid for pod ${pod.metadata.name}`,
    );
  }
  const [only, ...more] = containersOf(pod);
  if (more.length > 0) {
    const names = containersOf(pod).map(nameOf).join(' ');
    throw new PodsServiceError(
      status.INVALID_ARGUMENT,
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names}]`,
    );
  }
  return only === undefined ? '' : nameOf(only);
}
