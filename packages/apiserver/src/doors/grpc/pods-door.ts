import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { apiErrors, type ResourcePath } from '@keelson/api';
import type { Handlers, Init, keelson } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import type { OpenConnection } from '../../admission/connections.js';
import type { Asked } from '../../registry/attributes.js';
import type { ObjectCollection } from '../../registry/collection.js';
import type { RequestContext } from '../../registry/context.js';
import type { ApiHandler } from '../../registry/handler.js';
import type { Kubelets } from '../../streams/kubelets.js';
import { kubeletError, podHost, podTarget } from '../../streams/pod-target.js';
import { grpcStatus } from './errors.js';
import type { GrpcDoor } from './grpc-door.js';

type ExecCall = ServerDuplexStream<keelson.ExecRequest, Init<keelson.ExecResponse>>;
type PodCall = Parameters<GrpcDoor['serving']>[0];

/** keelson.v1.Pods: authorizes, then passes the stream on to the pod's kubelet. */
export function podsDoor(dependencies: {
  door: GrpcDoor;
  handler: ApiHandler;
  pods: ObjectCollection;
  kubelets: Kubelets;
  open: OpenConnection;
}): Handlers<typeof keelson.PodsService> {
  const { door, handler, pods, kubelets, open } = dependencies;
  const path = (namespace: string, name: string, subresource: string): ResourcePath => ({
    group: '',
    version: 'v1',
    resource: 'pods',
    namespace,
    name,
    subresource,
  });

  /** What is asked of a pod, by whoever may; the answer begins with the first thing that is sent. */
  const authorized = (
    call: PodCall,
    asked: Asked,
    run: (context: RequestContext, started: () => void) => Promise<void>,
  ): Promise<void> =>
    door.serving(call, asked, async (context, { record, sendHead }) => {
      await handler.authorize(asked, context);
      const started = () => {
        sendHead();
        record?.started(200);
      };
      try {
        await run(context, started);
      } catch (error) {
        throw kubeletError(error);
      }
    });

  const logs = async (call: ServerWritableStream<keelson.LogsRequest, Init<keelson.LogsResponse>>): Promise<void> => {
    const { namespace, pod: name, container } = call.request;
    await authorized(call, { verb: 'get', path: path(namespace, name, 'log') }, async ({ signal }, started) => {
      const target = await podTarget(pods, kubelets, { namespace, name, container });
      const stream = target.kubelet.logs({ ...call.request, container: target.container }, { signal });
      started();
      for await (const message of stream as AsyncIterable<keelson.LogsResponse>) await writeTo(call, message);
    });
    call.end();
  };

  const exec = async (verb: 'exec' | 'attach', call: ExecCall): Promise<void> => {
    const requests = call[Symbol.asyncIterator]() as AsyncIterator<keelson.ExecRequest>;
    const start = ((await requests.next()).value as keelson.ExecRequest | undefined)?.start;
    if (start === undefined) throw apiErrors.badRequest('the first message must be the start');
    const { namespace, pod: name } = start;
    await authorized(call, { verb: 'create', path: path(namespace, name, verb) }, async (context, started) => {
      const { signal } = context;
      const told = await open(path(namespace, name, verb), commandOptions(verb, start), context);
      const { container = '' } = told;
      const target = await podTarget(pods, kubelets, { namespace, name, container });
      const upstream = target.kubelet[verb]({ signal });
      await writeTo(upstream, { start: { ...NO_OPTIONS, ...told, namespace, pod: name, container: target.container } });
      started();
      passOn(requests, upstream);
      for await (const message of upstream as AsyncIterable<keelson.ExecResponse>) await writeTo(call, message);
    });
    call.end();
  };

  const portForward = async (
    call: ServerDuplexStream<keelson.PortForwardRequest, Init<keelson.PortForwardResponse>>,
  ): Promise<void> => {
    const requests = call[Symbol.asyncIterator]() as AsyncIterator<keelson.PortForwardRequest>;
    const first = (await requests.next()).value as keelson.PortForwardRequest | undefined;
    if (first?.start === undefined) throw apiErrors.badRequest('the first message must be the start');
    const { namespace, pod: name } = first.start;
    const asked: Asked = { verb: 'create', path: path(namespace, name, 'portforward') };
    await authorized(call, asked, async (context, started) => {
      const { signal } = context;
      await open(asked.path, {}, context);
      const host = await podHost(pods, kubelets, { namespace, name });
      const upstream = host.kubelet.portForward({ signal });
      await writeTo(upstream, first);
      started();
      passOn(requests, upstream);
      for await (const message of upstream as AsyncIterable<keelson.PortForwardResponse>) await writeTo(call, message);
    });
    call.end();
  };

  const guarded = <C extends { emit(event: string, error: unknown): unknown; destroyed: boolean }>(
    run: (call: C) => Promise<void>,
  ) => {
    return (call: C): void => {
      run(call).catch((error: unknown) => {
        if (!call.destroyed) call.emit('error', grpcStatus(kubeletError(error)));
      });
    };
  };
  return {
    logs: guarded(logs),
    exec: guarded((call: ExecCall) => exec('exec', call)),
    attach: guarded((call: ExecCall) => exec('attach', call)),
    portForward: guarded(portForward),
  };
}

const NO_OPTIONS = { command: [], stdin: false, stdout: false, stderr: false, tty: false };

/** The same that REST has in its query. */
function commandOptions(verb: 'exec' | 'attach', start: keelson.ExecStart): Init<keelson.ExecStart> {
  const flags = (['stdin', 'stdout', 'stderr', 'tty'] as const).filter((it) => start[it]);
  return {
    ...Object.fromEntries(flags.map((it) => [it, true])),
    ...(start.container ? { container: start.container } : {}),
    ...(verb === 'exec' && start.command.length > 0 ? { command: start.command } : {}),
  };
}

/** Gives what a caller sends to the kubelet, until one of the two has enough. */
function passOn<T>(requests: AsyncIterator<T>, upstream: Passed<T>): void {
  void (async () => {
    for (let next = await requests.next(); !next.done; next = await requests.next())
      await writeTo(upstream, next.value);
    upstream.end();
  })().catch(() => upstream.cancel());
}

type Passed<T> = Parameters<typeof writeTo<T>>[0] & { end(): unknown; cancel(): void };
